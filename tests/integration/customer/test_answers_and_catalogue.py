"""Answers of sysops to a customer's requests, and the catalogue it publishes."""

from uuid import uuid4

import pytest

from api.messages import PlanPublished, TicketTypePublished
from tests.api.customer.world import Household
from tests.databases import Databases
from tests.integration.customer.sysops import (
    hear,
    pend,
    progress,
    ticket,
    timeline,
    told,
)


async def test_a_request_that_was_done_is_no_longer_pending(
    databases: Databases, home: Household
) -> None:
    request_id = pend(databases, "cancel")
    await hear(
        databases,
        progress(home, 2, "cancelled", request_id=request_id, request_accepted=True),
    )
    status, pending, answer = ticket(databases, "status", "pending_request", "last_answer")
    assert (status, pending) == ("cancelled", None)
    assert (answer["kind"], answer["accepted"], answer["reason"]) == ("cancel", True, None)
    assert told(databases) == [("ticket_cancelled", "email")]


async def test_a_refused_request_is_answered_with_what_is_allowed_and_changes_no_state(
    databases: Databases, home: Household
) -> None:
    await hear(databases, progress(home, 4, "in_progress"))
    request_id = pend(databases, "cancel")
    refusal = progress(
        home,
        5,
        "resolved",
        request_id=request_id,
        request_accepted=False,
        reason="The work is done.",
        allowed=("close", "reopen"),
    )
    await hear(databases, refusal)
    status, pending, answer = ticket(databases, "status", "pending_request", "last_answer")
    # That the ticket is resolved has a message of its own, with all that follows from it.
    assert (status, pending) == ("in_progress", None)
    assert (answer["accepted"], answer["reason"]) == (False, "The work is done.")
    assert answer["allowed"] == ["reopen"]
    assert told(databases) == [("request_refused", "email")]
    assert timeline(databases) == [(4, "in_progress")]


async def test_an_answer_to_another_request_leaves_this_one_pending(
    databases: Databases, home: Household
) -> None:
    pend(databases, "cancel")
    await hear(databases, progress(home, 2, "open", request_id=uuid4(), request_accepted=True))
    assert ticket(databases, "pending_request", "last_answer") == ("cancel", None)


@pytest.mark.parametrize("backwards", [False, True])
async def test_the_catalogue_keeps_its_newest_version_in_any_order(
    databases: Databases, home: Household, backwards: bool
) -> None:
    del home  # its catalogue is there before
    plans = [
        PlanPublished(
            code="plus",
            version=version,
            name=f"Plus {version}",
            price_cents=2499 + version,
            currency="USD",
            interval="month",
            sla_hours=48,
            device_types=["tv"],
            active=True,
        )
        for version in (2, 3)
    ]
    kinds = [
        TicketTypePublished(
            code="new-kind",
            version=version,
            name=f"Kind {version}",
            device_type="tv",
            device_name="Television",
            active=version == 2,
        )
        for version in (1, 2)
    ]
    step = -1 if backwards else 1
    await hear(databases, *plans[::step], *kinds[::step])
    assert databases.rows(
        "customer",
        "SELECT name, price_cents, sla_hours, version FROM support_plan WHERE code = 'plus'",
    ) == [("Plus 3", 2502, 48, 3)]
    assert databases.rows(
        "customer", "SELECT name, active FROM ticket_type WHERE code = 'new-kind'"
    ) == [("Kind 2", True)]
