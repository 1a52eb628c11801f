"""The assignment job takes back visits nobody came to, and sends nobody into the same void."""

from datetime import UTC, datetime, timedelta
from typing import Any

from orchestration.assignment import referee
from tests.databases import Databases
from tests.integration.assignment.test_run import run_alone as run
from tests.messaging import deliver, send
from tests.world import add_expert, furnish, household

ACCEPTED = """
WITH accepted AS (
    UPDATE assignment SET status = 'accepted', decided_at = now() WHERE status = 'proposed'
    RETURNING ticket_id, id
), told AS (
    INSERT INTO ticket_event
        (ticket_id, version, at, actor, from_status, to_status, action, assignment_id)
    SELECT ticket_id, version + 1, now(), 'expert', 'assigned', 'accepted', 'accept', accepted.id
    FROM accepted JOIN ticket ON ticket.id = ticket_id
)
UPDATE ticket SET status = 'accepted', version = version + 1
WHERE id IN (SELECT ticket_id FROM accepted)
"""


async def refereed(databases: Databases) -> dict[str, int]:
    async with databases.sessions("sysops", "assigner") as sessions, sessions() as session:
        return {rule: count for rule, count in (await referee.verify(session)).items() if count}


async def open_ticket(databases: Databases) -> None:
    furnish(databases)
    home = household()
    await send(databases, home.directory(), home.entitlement(), home.ticket())
    await deliver(databases, "customer", "sysops")


def live(databases: Databases) -> list[tuple[Any, ...]]:
    return databases.rows(
        "sysops",
        "SELECT expert_id, lower(during) FROM assignment WHERE status IN ('proposed', 'accepted')",
    )


async def test_a_visit_to_which_nobody_came_goes_to_somebody_else_in_the_same_run(
    databases: Databases,
) -> None:
    await open_ticket(databases)
    near, other = add_expert(databases, "near"), add_expert(databases, "other", latitude=30.4)
    now = datetime.now(UTC)
    await run(databases, now)
    databases.execute("sysops", ACCEPTED)
    ((expert, start),) = live(databases)
    assert expert == near
    quiet = await run(databases, start + timedelta(hours=2, minutes=59))
    assert (quiet.missed, live(databases)) == (0, [(near, start)])
    outcome = await run(databases, start + timedelta(hours=3))
    assert (outcome.missed, outcome.assigned) == (1, 1)
    ((expert, _),) = live(databases)
    assert expert == other
    assert await refereed(databases) == {}
    again = await run(databases, start + timedelta(hours=3))
    assert (again.missed, again.tickets) == (0, 0)


async def test_after_a_visit_for_nothing_no_window_is_proposed_before_its_time(
    databases: Databases,
) -> None:
    await open_ticket(databases)
    add_expert(databases)
    now = datetime.now(UTC)
    databases.execute("sysops", "UPDATE ticket SET earliest_visit_at = %s", now + timedelta(days=2))
    await run(databases, now)
    ((_, start),) = live(databases)
    assert start >= now + timedelta(days=2)
    assert await refereed(databases) == {}
    databases.execute("sysops", "UPDATE ticket SET earliest_visit_at = %s", now + timedelta(days=9))
    assert await refereed(databases) == {"too_soon": 1}


async def test_a_customer_who_has_to_be_called_gets_nobody_until_the_ticket_is_open_again(
    databases: Databases,
) -> None:
    await open_ticket(databases)
    add_expert(databases)
    databases.execute("sysops", "UPDATE ticket SET status = 'escalated', customer_absences = 2")
    now = datetime.now(UTC)
    assert (await run(databases, now)).tickets == 0
    databases.execute("sysops", "UPDATE ticket SET customer_absences = 1")
    assert (await run(databases, now)).assigned == 1
    assert live(databases)
