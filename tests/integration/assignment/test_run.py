"""The assignment job on a real database, with the role it runs as."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from api.kernel.database import database
from api.messages import TicketCreated, Window
from orchestration.assignment import referee
from orchestration.assignment.evidence import Evidence
from orchestration.assignment.problem import Problem
from orchestration.assignment.run import RUN_LOCK, AlreadyRunning, Outcome, assign
from orchestration.assignment.solve import Solution, solve
from tests.databases import Databases
from tests.messaging import deliver, queued, send
from tests.world import add_expert, furnish, household, tomorrow_at


async def run(databases: Databases, now: datetime | None = None) -> Outcome:
    outcome = await run_alone(databases, now or datetime.now(UTC))
    async with databases.sessions("sysops", "assigner") as sessions, sessions() as session:
        assert not any((await referee.verify(session)).values())
    return outcome


async def run_alone(databases: Databases, now: datetime) -> Outcome:
    """A run that no referee looks at."""
    with TemporaryDirectory() as folder:
        async with databases.sessions("sysops", "assigner") as sessions:
            return await assign(sessions, now, Evidence(Path(folder)))


async def open_tickets(databases: Databases, count: int, *windows: Window) -> list[TicketCreated]:
    home = household()
    tickets = [home.ticket(*windows) for _ in range(count)]
    await send(databases, home.directory(), home.entitlement(), *tickets)
    await deliver(databases, "customer", "sysops")
    return tickets


def decisions(databases: Databases) -> list[tuple[str, str]]:
    return databases.rows(
        "sysops", "SELECT outcome, reason FROM assignment_decision ORDER BY ticket_id"
    )


async def test_an_open_ticket_gets_an_expert_a_booking_and_the_expert_a_message(
    databases: Databases,
) -> None:
    furnish(databases)
    expert = add_expert(databases)
    await open_tickets(databases, 1)
    outcome = await run(databases)
    assert (outcome.tickets, outcome.assigned, outcome.unserved) == (1, 1, 0)
    assert databases.rows("sysops", "SELECT status FROM ticket") == [("assigned",)]
    assert databases.rows("sysops", "SELECT expert_id FROM booking") == [(expert,)]
    assert [channel for channel, _ in queued(databases, "sysops", "sysops")] == [
        "staff_notification"
    ]
    assert decisions(databases)[0][0] == "assigned"


async def test_a_ticket_that_was_open_when_its_plan_was_changed_is_still_served(
    databases: Databases,
) -> None:
    furnish(databases)
    add_expert(databases)
    home = household()
    ended = replace(home.entitlement(2), status="cancelled", replaced_by=uuid4())
    await send(databases, home.directory(), home.entitlement(), home.ticket(), ended)
    await deliver(databases, "customer", "sysops")
    assert databases.rows("sysops", "SELECT status FROM entitlement") == [("cancelled",)]
    outcome = await run(databases)
    assert (outcome.assigned, outcome.not_entitled) == (1, 0)


async def test_a_run_says_how_long_it_took(databases: Databases) -> None:
    furnish(databases)
    await run(databases)
    rows = databases.rows("sysops", "SELECT status, finished_at - started_at FROM assignment_run")
    [(status, took)] = rows
    assert status == "finished"
    assert timedelta(0) < took < timedelta(minutes=1)


async def test_running_again_changes_nothing(databases: Databases) -> None:
    furnish(databases)
    add_expert(databases)
    await open_tickets(databases, 2)
    await run(databases)
    before = databases.rows("sysops", "SELECT id, status FROM assignment ORDER BY id")
    again = await run(databases)
    assert (again.tickets, again.assigned) == (0, 0)
    assert databases.rows("sysops", "SELECT id, status FROM assignment ORDER BY id") == before


async def test_the_wrong_skill_the_wrong_place_and_a_broken_contract_get_nobody_and_say_why(
    databases: Databases,
) -> None:
    furnish(databases)
    add_expert(databases, "tim", skill="tv")
    add_expert(databases, "far", latitude=40.0)
    await open_tickets(databases, 1)
    await open_tickets(databases, 1)
    databases.execute(
        "sysops",
        "UPDATE entitlement SET standing = 'suspended' WHERE contract_id = "
        "(SELECT contract_id FROM ticket LIMIT 1)",
    )
    outcome = await run(databases)
    assert (outcome.unserved, outcome.not_entitled, outcome.assigned) == (1, 1, 0)
    reasons = {reason for _, reason in decisions(databases)}
    assert reasons == {
        "The contract is not in force.",
        "No expert can come: 1 lack the skill or its level; 1 live too far away.",
    }


async def test_a_rejection_brings_the_ticket_to_somebody_else(databases: Databases) -> None:
    furnish(databases)
    near = add_expert(databases, "near")
    far = add_expert(databases, "other", latitude=30.4)
    (ticket,) = await open_tickets(databases, 1)
    await run(databases)
    databases.execute(
        "sysops",
        "INSERT INTO exclusion VALUES (%s, %s, 'rejected', now())",
        ticket.ticket_id,
        near,
    )
    databases.execute("sysops", "DELETE FROM booking")
    databases.execute("sysops", "UPDATE assignment SET status = 'rejected'")
    databases.execute("sysops", "UPDATE ticket SET status = 'open', version = version + 1")
    databases.execute("sysops", "DELETE FROM ticket_event WHERE version > 1")
    await run(databases)
    live = databases.rows("sysops", "SELECT expert_id FROM assignment WHERE status = 'proposed'")
    assert live == [(far,)]


async def test_an_unanswered_proposal_is_taken_back_and_given_to_another(
    databases: Databases,
) -> None:
    furnish(databases)
    first = add_expert(databases, "near")
    second = add_expert(databases, "other", latitude=30.4)
    await open_tickets(databases, 1)
    await run(databases)
    outcome = await run(databases, datetime.now(UTC) + timedelta(hours=2))
    assert (outcome.expired, outcome.assigned) == (1, 1)
    assert databases.rows(
        "sysops", "SELECT expert_id, status FROM assignment ORDER BY proposed_at"
    ) == [(first, "expired"), (second, "proposed")]


async def test_more_tickets_than_windows_leaves_the_rest_open_and_books_nobody_twice(
    databases: Databases,
) -> None:
    furnish(databases)
    add_expert(databases)
    start = tomorrow_at(16)
    local_day = Window(start, start + timedelta(hours=9))
    await open_tickets(databases, 6, local_day)
    outcome = await run(databases)
    booked = databases.rows("sysops", "SELECT count(*) FROM booking")[0][0]
    assert outcome.assigned == booked
    assert outcome.unserved == 6 - booked
    assert 0 < booked < 6


async def test_a_second_run_at_the_same_time_does_nothing(databases: Databases) -> None:
    furnish(databases)
    async with databases.sessions("sysops", "assigner") as sessions, sessions() as other:
        await other.execute(text("SELECT pg_advisory_lock(:key)"), {"key": RUN_LOCK})
        with pytest.raises(AlreadyRunning):
            await run_alone(databases, datetime.now(UTC))


async def test_a_ticket_cancelled_while_the_run_thinks_is_left_alone(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish(databases)
    add_expert(databases)
    await open_tickets(databases, 1)

    def cancel_and_solve(problem: Problem) -> Solution:
        databases.execute("sysops", "UPDATE ticket SET status='cancelled', version=version+1")
        return solve(problem)

    monkeypatch.setattr("orchestration.assignment.run.solve", cancel_and_solve)
    outcome = await run(databases)
    assert (outcome.assigned, outcome.skipped) == (0, 1)
    assert databases.rows("sysops", "SELECT status FROM ticket") == [("cancelled",)]
    assert databases.rows("sysops", "SELECT count(*) FROM assignment") == [(0,)]


async def test_a_run_that_died_is_marked_and_the_next_one_works(databases: Databases) -> None:
    furnish(databases)
    databases.execute(
        "sysops",
        "INSERT INTO assignment_run (started_at, as_of, status, policy)"
        " VALUES (now(), now(), 'running', 'x')",
    )
    await run(databases)
    states = databases.rows("sysops", "SELECT status FROM assignment_run ORDER BY id")
    assert states == [("failed",), ("finished",)]


BREAKAGES = {
    "wrong_skill": "UPDATE expert_skill SET level = 1",
    "out_of_radius": "UPDATE expert SET latitude = 35",
    "inactive_expert": "UPDATE staff SET active = false",
    "excluded_expert": "INSERT INTO exclusion SELECT ticket_id, expert_id, 'x', now() "
    "FROM assignment",
    "outside_shift": "DELETE FROM shift",
    "during_time_off": "INSERT INTO time_off (expert_id, during, reason) "
    "SELECT expert_id, during, 'ill' FROM assignment",
    "outside_preference": "UPDATE ticket SET preferred_windows = "
    '\'[{"start": "2020-01-01T00:00:00Z", "end": "2020-01-01T02:00:00Z"}]\'',
    "without_contract": "UPDATE entitlement SET standing = 'suspended', "
    "out_of_force_since = '2020-01-01'",
    "without_booking": "DELETE FROM booking",
    "booking_of_the_past": "UPDATE assignment SET status = 'rejected'",
    "status_disagrees": "UPDATE ticket SET status = 'open'",
}


async def test_the_referee_sees_each_broken_rule(databases: Databases) -> None:
    furnish(databases)
    add_expert(databases)
    await open_tickets(databases, 1)
    await run(databases)
    seen = {}
    async with database(databases.url("sysops"), name="test") as sessions:
        for rule, breakage in BREAKAGES.items():
            async with sessions() as session:
                await session.execute(text(breakage))
                await session.execute(text("SET LOCAL ROLE assigner"))
                seen[rule] = (await referee.verify(session))[rule]
    assert seen == dict.fromkeys(BREAKAGES, 1)


def test_the_dagster_job_materializes_the_assignment_and_asks_the_referee(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import dagster as dg

    from orchestration.assignment.assets import assign_experts, no_wrong_expert, proven

    furnish(databases)
    add_expert(databases)
    asyncio.run(open_tickets(databases, 1))
    monkeypatch.setenv("SQUAD_SYSOPS_URL", databases.url("sysops", "assigner"))
    monkeypatch.setenv("SQUAD_EVIDENCE_FOLDER", str(tmp_path))
    result = dg.materialize([assign_experts, no_wrong_expert, proven])
    assert result.success
    checks = {it.check_name: it.passed for it in result.get_asset_check_evaluations()}
    assert checks == {"proven": True, "no_wrong_expert": True}
    assert databases.rows("sysops", "SELECT status FROM ticket") == [("assigned",)]


def test_the_dagster_job_leaves_the_work_to_a_run_that_is_at_it(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import dagster as dg

    from orchestration.assignment.assets import assign_experts

    monkeypatch.setenv("SQUAD_SYSOPS_URL", databases.url("sysops", "assigner"))
    monkeypatch.setenv("SQUAD_EVIDENCE_FOLDER", str(tmp_path))
    with databases.connect("sysops") as other:
        other.execute("SELECT pg_advisory_lock(%s)", [RUN_LOCK])
        result = dg.materialize([assign_experts])
    assert result.success
    assert not result.get_asset_materialization_events()
