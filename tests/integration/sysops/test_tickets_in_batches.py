"""Tickets that arrive together are opened together, and one that cannot be holds up no other."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
import pytest
from structlog.testing import capture_logs

from api.messages import TicketCreated
from tests.databases import Databases
from tests.messaging import deliver, queued, send
from tests.world import Household, furnish, household


@pytest.fixture
async def home(databases: Databases) -> Household:
    furnish(databases)
    one = household()
    await send(databases, one.directory(), one.entitlement())
    await deliver(databases, "customer", "sysops")
    return one


def opened(databases: Databases) -> set[UUID]:
    """Tickets with their first event."""
    rows = databases.rows(
        "sysops",
        "SELECT t.id FROM ticket t JOIN ticket_event e ON e.ticket_id = t.id"
        " WHERE t.status = 'open' AND e.version = 1 AND e.actor_id = t.customer_id",
    )
    return {row[0] for row in rows}


def answers(databases: Databases) -> list[UUID]:
    """Which tickets the customer quantum is told of, in order."""
    rows = databases.rows(
        "sysops", "SELECT headers ->> 'subject' FROM to_customer.pgqueuer ORDER BY id"
    )
    return [UUID(row[0]) for row in rows]


def ids(tickets: Sequence[TicketCreated]) -> list[UUID]:
    return [it.ticket_id for it in tickets]


async def test_tickets_of_one_batch_are_all_opened_and_answered_with_their_numbers(
    databases: Databases, home: Household
) -> None:
    tickets = [home.ticket() for _ in range(5)]
    await send(databases, *tickets)
    with capture_logs() as said:
        await deliver(databases, "customer", "sysops")
    assert not [it for it in said if it["event"] == "batch_taken_apart"]
    assert opened(databases) == set(ids(tickets))
    assert answers(databases) == ids(tickets)
    told = databases.rows(
        "sysops",
        "SELECT count(*) FROM to_customer.pgqueuer m JOIN ticket t"
        " ON t.id::text = m.headers ->> 'subject' AND t.number ="
        " (convert_from(m.payload, 'utf8')::jsonb #>> '{body,number}')::bigint",
    )
    assert told == [(5,)]


async def test_a_batch_that_comes_again_opens_nothing_twice(
    databases: Databases, home: Household
) -> None:
    tickets = [home.ticket() for _ in range(3)]
    await send(databases, *tickets)
    databases.execute("customer", "CREATE TABLE kept AS TABLE to_sysops.pgqueuer")
    await deliver(databases, "customer", "sysops")
    databases.execute("customer", "INSERT INTO to_sysops.pgqueuer TABLE kept")
    fresh = home.ticket()
    await send(databases, fresh)
    await deliver(databases, "customer", "sysops")
    assert queued(databases, "customer", "sysops") == []
    assert answers(databases) == [*ids(tickets), fresh.ticket_id]


async def test_a_customer_is_told_the_same_of_a_ticket_whether_its_batch_was_taken_apart_or_not(
    databases: Databases, home: Household
) -> None:
    together, alone = home.ticket(), home.ticket()
    await send(databases, together)
    await deliver(databases, "customer", "sysops")
    await send(databases, alone, household().ticket())
    await deliver(databases, "customer", "sysops")
    bodies = databases.rows(
        "sysops",
        "SELECT (convert_from(payload, 'utf8')::jsonb -> 'body') - '{ticket_id,number,at}'::text[]"
        " FROM to_customer.pgqueuer ORDER BY id",
    )
    assert answers(databases) == [together.ticket_id, alone.ticket_id]
    assert bodies[0] == bodies[1]


async def test_a_ticket_whose_contract_is_not_known_yet_waits_and_the_others_are_opened(
    databases: Databases, home: Household
) -> None:
    tickets = [home.ticket(), household().ticket(), home.ticket()]
    await send(databases, *tickets)
    await deliver(databases, "customer", "sysops")
    assert opened(databases) == {tickets[0].ticket_id, tickets[2].ticket_id}
    assert len(queued(databases, "customer", "sysops")) == 1


async def test_a_ticket_told_twice_in_a_batch_is_opened_once_and_answered_twice(
    databases: Databases, home: Household
) -> None:
    ticket, other = home.ticket(), home.ticket()
    await send(databases, ticket, other, ticket)
    await deliver(databases, "customer", "sysops")
    assert opened(databases) == {ticket.ticket_id, other.ticket_id}
    assert answers(databases) == [ticket.ticket_id, other.ticket_id, ticket.ticket_id]


async def test_no_ticket_is_opened_for_somebody_who_was_erased_and_the_others_are(
    databases: Databases, home: Household
) -> None:
    gone = household()
    await send(databases, gone.entitlement())
    await deliver(databases, "customer", "sysops")
    databases.execute(
        "sysops", "INSERT INTO erased_customer VALUES (%s, now(), '{}')", gone.customer_id
    )
    ticket = home.ticket()
    await send(databases, gone.ticket(), ticket)
    await deliver(databases, "customer", "sysops")
    assert opened(databases) == {ticket.ticket_id}
    assert queued(databases, "customer", "sysops") == []


async def test_tickets_are_due_by_the_plan_that_the_same_batch_tells_before_them(
    databases: Databases, home: Household
) -> None:
    databases.execute(
        "sysops",
        "INSERT INTO support_plan (code, name, price_cents, interval, sla_hours, device_types)"
        " VALUES ('quick', 'Quick', 3000, 'month', 4, '{laptop}')",
    )
    changed = msgspec.structs.replace(home.entitlement(version=2), plan_code="quick")
    await send(databases, changed, home.ticket(), home.ticket())
    await deliver(databases, "customer", "sysops")
    due = databases.rows(
        "sysops",
        "SELECT DISTINCT code FROM ticket JOIN support_plan"
        " ON sla_due_at = submitted_at + make_interval(hours => sla_hours)",
    )
    assert due == [("quick",)]
