"""What lies in the way of a run: absences without end, rows that others hold, days too full."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from api.messages import Window
from orchestration.assignment import referee
from orchestration.assignment.problem import Problem
from orchestration.assignment.solve import Solution, solve
from tests.databases import Databases
from tests.integration.assignment.test_run import open_tickets, run
from tests.world import add_expert, furnish


async def test_an_expert_who_is_away_until_further_notice_is_not_proposed(
    databases: Databases,
) -> None:
    furnish(databases)
    ill = add_expert(databases, "ill")
    well = add_expert(databases, "well", latitude=30.5)
    databases.execute(
        "sysops",
        "INSERT INTO time_off (expert_id, during, reason)"
        " VALUES (%s, tstzrange(now() - interval '1 day', NULL), 'ill')",
        ill,
    )
    await open_tickets(databases, 1)
    outcome = await run(databases)
    assert (outcome.assigned, outcome.skipped) == (1, 0)
    assert databases.rows("sysops", "SELECT expert_id FROM booking") == [(well,)]


async def test_a_ticket_that_somebody_holds_is_left_to_the_next_run_and_holds_up_no_other(
    databases: Databases,
) -> None:
    furnish(databases)
    add_expert(databases)
    held, free = await open_tickets(databases, 2)
    with databases.connect("sysops") as other, other.transaction():
        other.execute("SELECT 1 FROM ticket WHERE id = %s FOR NO KEY UPDATE", [held.ticket_id])
        outcome = await run(databases)
    assert (outcome.assigned, outcome.skipped) == (1, 1)
    assigned = databases.rows("sysops", "SELECT id FROM ticket WHERE status = 'assigned'")
    assert assigned == [(free.ticket_id,)]
    assert (await run(databases)).assigned == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE staff SET active = false",
        "UPDATE expert SET active = false",
        "UPDATE expert SET radius_km = 1, latitude = latitude + 1",
        "UPDATE expert_skill SET level = 1, certified_until = '2020-01-01'",
        "DELETE FROM expert_skill",
        "DELETE FROM shift",
        "INSERT INTO time_off (expert_id, during, reason) SELECT id, '[,]', 'away' FROM expert",
        "INSERT INTO holiday SELECT current_date + n, '', now() FROM generate_series(-1, 9) n",
        "UPDATE required_skill SET level = 5",
    ],
)
async def test_what_changes_while_the_run_thinks_never_makes_a_wrong_expert(
    change: str, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish(databases)
    add_expert(databases)
    await open_tickets(databases, 1)

    def change_and_solve(problem: Problem) -> Solution:
        databases.execute("sysops", change)
        return solve(problem)

    monkeypatch.setattr("orchestration.assignment.run.solve", change_and_solve)
    outcome = await run(databases)
    assert (outcome.assigned, outcome.skipped) == (0, 1)
    reasons = databases.rows("sysops", "SELECT reason FROM assignment_decision")
    assert "While the run was at work" in reasons[0][0]


async def test_the_referee_sees_a_day_that_cannot_be_driven(databases: Databases) -> None:
    furnish(databases)
    add_expert(databases)
    day = datetime.now(UTC).date() + timedelta(days=2)
    zone = ZoneInfo("America/Chicago")
    for hour in (8, 10):
        start = datetime.combine(day, time(hour), zone)
        await open_tickets(databases, 1, Window(start, start + timedelta(hours=2)))
    assert (await run(databases)).assigned == 2
    databases.execute(
        "sysops",
        "UPDATE ticket SET latitude = 35 WHERE id = (SELECT id FROM ticket ORDER BY id LIMIT 1)",
    )
    async with databases.sessions("sysops", "assigner") as sessions, sessions() as session:
        assert (await referee.verify(session))["out_of_reach"] == 1
