"""Tickets that nobody comes to: handed to people, with what could be done, and still served."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from api.messages import Window
from api.sysops.tickets import visits
from orchestration.assignment.escalation import escalate
from tests.api.sysops.conftest import add_staff
from tests.databases import Databases
from tests.integration.assignment.test_run import open_tickets, run
from tests.world import add_expert, furnish, tomorrow_at

HOUR = timedelta(hours=1)


@pytest.fixture
def managed(databases: Databases) -> Databases:
    """A platform with a catalogue and one manager."""
    furnish(databases)
    add_staff(databases, "manager")
    return databases


def statuses(databases: Databases) -> list[str]:
    return [row[0] for row in databases.rows("sysops", "SELECT status FROM ticket ORDER BY id")]


def escalations(databases: Databases) -> list[tuple[Any, ...]]:
    """Code, words and actor of every escalation."""
    return databases.rows(
        "sysops",
        "SELECT escalation, reason, actor FROM ticket_event WHERE action = 'escalate' ORDER BY id",
    )


def mails(databases: Databases) -> list[dict[str, Any]]:
    """What managers are told of escalated tickets."""
    query = "SELECT context FROM notification WHERE kind = 'ticket_escalated' ORDER BY id"
    return [row[0] for row in databases.rows("sysops", query)]


async def answer(databases: Databases, *, accept: bool) -> UUID:
    """What the expert of the only proposal says to it; returns who it is."""
    query = "SELECT id, expert_id FROM assignment WHERE status = 'proposed'"
    ((visit, expert),) = databases.rows("sysops", query)
    async with databases.sessions("sysops", "sysops_api") as sessions, sessions.begin() as session:
        reason = None if accept else "I cannot."
        now = datetime.now(UTC)
        await visits.answer(session, visit, expert, now, accept=accept, reason=reason)
    return UUID(str(expert))


async def test_a_ticket_that_nobody_is_skilled_for_is_escalated_after_its_time_and_then_served(
    managed: Databases,
) -> None:
    add_expert(managed, "tim", skill="tv")
    await open_tickets(managed, 1)
    now = datetime.now(UTC)
    await run(managed, now + 7 * HOUR)
    assert (statuses(managed), escalations(managed)) == (["open"], [])
    await run(managed, now + 9 * HOUR)
    assert statuses(managed) == ["escalated"]
    words = "No expert was found within 8 hour(s)."
    assert escalations(managed) == [("no_expert", words, "system")]
    (told,) = mails(managed)
    assert (told["why"], told["removed"]) == (words, ["1 without the skill or its level"])
    assert told["changes"] == [
        "Nobody holds 'laptop' at level 2: the nearest to it are Tim (no 'laptop')."
    ]
    await run(managed, now + 10 * HOUR)
    assert (len(escalations(managed)), len(mails(managed))) == (1, 1)
    add_expert(managed)
    await run(managed)
    await answer(managed, accept=True)
    assert statuses(managed) == ["accepted"]


async def test_three_who_could_not_escalate_a_ticket_and_a_fourth_is_asked_all_the_same(
    managed: Databases,
) -> None:
    experts = {add_expert(managed, name) for name in ("ann", "ben", "cat", "dan")}
    await open_tickets(managed, 1)
    refused = set()
    for _ in range(3):
        await run(managed)
        refused.add(await answer(managed, accept=False))
    assert (statuses(managed), escalations(managed)) == (["open"], [])
    await run(managed)
    assert escalations(managed) == [
        ("refused", "3 experts were asked and could not take the visit.", "system")
    ]
    assert [len(it["can_come"]) for it in mails(managed)] == [1]
    assert statuses(managed) == ["assigned"]
    assert {await answer(managed, accept=False)} == experts - refused
    await run(managed)
    assert (statuses(managed), len(mails(managed))) == (["escalated"], 2)
    assert [it.split()[1] for it in mails(managed)[1]["changes"]] == ["rejected"] * 3


async def test_when_all_are_busy_the_mail_says_so_and_what_would_help(managed: Databases) -> None:
    add_expert(managed, "busy")
    start = tomorrow_at(16)
    wish = Window(start, start + 3 * HOUR)
    await open_tickets(managed, 2, wish)
    now = datetime.now(UTC)
    await run(managed, now)
    await answer(managed, accept=True)
    assert sorted(statuses(managed)) == ["accepted", "open"]
    # Looked for since two hours, and urgent.
    managed.execute("sysops", "UPDATE ticket SET priority = 'urgent'")
    managed.execute("sysops", "UPDATE ticket_event SET at = at - interval '2 hours'")
    await run(managed, now + HOUR / 6)
    assert sorted(statuses(managed)) == ["accepted", "escalated"]
    (told,) = mails(managed)
    assert told["can_come"] == []
    assert told["changes"][0].endswith("outside of the customer's windows: ask the customer.")


async def test_a_due_time_that_breaks_is_told_unless_somebody_comes_or_the_contract_is_not_in_force(
    managed: Databases,
) -> None:
    await open_tickets(managed, 2)
    managed.execute(
        "sysops",
        "UPDATE entitlement SET standing = 'suspended'"
        " WHERE contract_id = (SELECT contract_id FROM ticket LIMIT 1)",
    )
    await open_tickets(managed, 1)
    managed.execute("sysops", "UPDATE ticket SET sla_due_at = now() + '3 hours'")
    await run(managed)
    assert sorted(statuses(managed)) == ["escalated", "open", "open"]
    ((code, words, _),) = escalations(managed)
    assert (code, words) == (
        "sla_at_risk",
        "The time by which a visit is due ends soon, and nobody is coming.",
    )
    managed.execute("sysops", "UPDATE entitlement SET standing = 'good'")
    managed.execute("sysops", "UPDATE ticket SET status = 'open', version = version + 1"
                    " WHERE status = 'escalated'")  # fmt: skip
    managed.execute("sysops", "DELETE FROM ticket_event WHERE action = 'escalate'")
    add_expert(managed)
    await run(managed)
    assert set(statuses(managed)) == {"assigned"}


async def test_escalating_twice_at_once_or_what_somebody_holds_makes_one_mail(
    managed: Databases,
) -> None:
    (ticket,) = await open_tickets(managed, 1)
    managed.execute("sysops", "UPDATE ticket SET sla_due_at = now()")
    now = datetime.now(UTC)
    async with managed.sessions("sysops", "assigner") as sessions:
        with managed.connect("sysops") as other, other.transaction():
            other.execute(
                "SELECT 1 FROM ticket WHERE id = %s FOR NO KEY UPDATE", [ticket.ticket_id]
            )
            assert await escalate(sessions, now) == 0
        assert [await escalate(sessions, now) for _ in range(2)] == [1, 0]
    assert len(mails(managed)) == 1
