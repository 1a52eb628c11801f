"""Tickets that the helpdesk took by phone appear in the customer's view, whatever comes first."""

from dataclasses import replace

import msgspec

from tests.api.customer.world import Household
from tests.databases import Databases
from tests.integration.customer.sysops import (
    HERE,
    hear,
    phone_ticket,
    progress,
    timeline,
)
from tests.messaging import dead_letters, deliver, queued


async def test_a_ticket_taken_by_phone_appears_with_its_history(
    databases: Databases, home: Household
) -> None:
    message = phone_ticket(home)
    await hear(databases, message)
    rows = databases.rows(
        "customer",
        "SELECT number, account_id, address_id, channel, status, version, preferred_windows "
        "FROM ticket WHERE id = %s",
        message.ticket_id,
    )
    windows = msgspec.to_builtins(message.preferred_windows)
    assert rows == [(100_050, home.account_id, home.address_id, "phone", "open", 1, windows)]
    assert timeline(databases) == [(0, "submitted"), (1, "open")]


async def test_a_new_address_given_by_phone_is_kept_once(
    databases: Databases, home: Household
) -> None:
    elsewhere = msgspec.structs.replace(HERE, line1="2 Lamar Blvd", line2="Flat 3")
    await hear(databases, *(phone_ticket(home, address=elsewhere) for _ in range(2)))
    lines = databases.rows("customer", "SELECT line1, line2 FROM address ORDER BY created_at")
    assert lines == [("1 Congress Ave", None), ("2 Lamar Blvd", "Flat 3")]


async def test_progress_of_a_ticket_that_is_not_here_yet_waits_and_is_not_lost(
    databases: Databases, home: Household
) -> None:
    taken = phone_ticket(home)
    by_phone = replace(home, ticket_id=taken.ticket_id)
    await hear(databases, progress(by_phone, 2, "assigned"))
    assert len(queued(databases, "sysops", "customer")) == 1
    await hear(databases, taken)
    databases.execute("sysops", "UPDATE to_customer.pgqueuer SET execute_after = now()")
    await deliver(databases, "sysops", "customer")
    rows = databases.rows(
        "customer", "SELECT status, version FROM ticket WHERE id = %s", taken.ticket_id
    )
    assert rows == [("assigned", 2)]
    assert queued(databases, "sysops", "customer") == []
    assert dead_letters(databases, "sysops", "customer") == 0


async def test_a_phone_ticket_that_is_told_again_does_not_go_back(
    databases: Databases, home: Household
) -> None:
    taken = phone_ticket(home)
    await hear(databases, taken, progress(replace(home, ticket_id=taken.ticket_id), 3, "accepted"))
    await hear(databases, taken)
    rows = databases.rows(
        "customer", "SELECT status, version FROM ticket WHERE id = %s", taken.ticket_id
    )
    assert rows == [("accepted", 3)]
