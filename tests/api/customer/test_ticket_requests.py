"""Customers ask to cancel, reopen or reschedule a ticket; sysops decides."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.messages import TicketRequested
from tests.api.customer.conftest import Customer, counts, in_days, sent
from tests.api.support import pointers
from tests.databases import Databases


def become(databases: Databases, ticket_id: str, status: str, resolved_at: Any = None) -> None:
    """Let the projection say that sysops has moved the ticket on."""
    databases.execute(
        "customer",
        "UPDATE ticket SET status = %s, version = version + 1, number = 100001, "
        "resolved_at = %s WHERE id = %s",
        status,
        resolved_at,
        ticket_id,
    )


@pytest.mark.parametrize(
    ("verb", "status", "body"),
    [
        ("cancel", "submitted", {}),
        ("cancel", "accepted", {"reason": "Solved by itself."}),
        ("reschedule", "accepted", {"reason": "I am away.", "preferred_windows": []}),
        ("reopen", "resolved", {"reason": "It is dark again."}),
        ("reopen", "closed", {"reason": "It is dark again."}),
    ],
)
async def test_a_request_waits_for_the_answer_of_sysops(
    ada: Customer, databases: Databases, verb: str, status: str, body: dict[str, Any]
) -> None:
    ticket_id = await ada.ticket_id()
    become(databases, ticket_id, status, resolved_at=datetime.now(UTC))
    answer = await ada.post(f"/tickets/{ticket_id}/{verb}", body)
    assert answer.status_code == 202
    pending = answer.json()
    assert (pending["ticket_id"], pending["kind"], pending["status"]) == (
        ticket_id,
        verb,
        "pending",
    )
    ticket = (await ada.get(f"/tickets/{ticket_id}")).json()
    assert (ticket["status"], ticket["pending_request"]) == (status, verb)
    (message,) = sent(databases, TicketRequested)
    assert (str(message.request_id), message.kind) == (pending["request_id"], verb)
    assert message.reason == body.get("reason", "")


async def test_new_windows_travel_with_the_request(ada: Customer, databases: Databases) -> None:
    ticket_id = await ada.ticket_id()
    window = {"start": in_days(4), "end": in_days(4, 2)}
    body = {"preferred_windows": [window]}
    assert (await ada.post(f"/tickets/{ticket_id}/reschedule", body)).status_code == 202
    (message,) = sent(databases, TicketRequested)
    (preferred,) = message.preferred_windows
    assert preferred.end == datetime.fromisoformat(window["end"])


async def test_only_one_request_waits_at_a_time(ada: Customer, databases: Databases) -> None:
    ticket_id = await ada.ticket_id()
    await ada.post(f"/tickets/{ticket_id}/cancel", {})
    before = counts(databases)
    answer = await ada.post(f"/tickets/{ticket_id}/reschedule", {})
    assert answer.status_code == 409
    assert "waits for its answer" in answer.json()["detail"]
    assert counts(databases) == before


@pytest.mark.parametrize(
    ("verb", "status", "allowed"),
    [
        ("cancel", "in_progress", []),
        ("cancel", "resolved", ["reopen"]),
        ("reschedule", "cancelled", []),
        ("reopen", "accepted", ["cancel", "reschedule"]),
        ("reopen", "submitted", ["cancel", "reschedule"]),
    ],
)
async def test_a_request_that_cannot_be_says_what_can(
    ada: Customer, databases: Databases, verb: str, status: str, allowed: list[str]
) -> None:
    ticket_id = await ada.ticket_id()
    become(databases, ticket_id, status, resolved_at=datetime.now(UTC))
    before = counts(databases)
    answer = await ada.post(f"/tickets/{ticket_id}/{verb}", {"reason": "Please."})
    assert answer.status_code == 409
    assert answer.json()["allowed"] == allowed
    assert counts(databases) == before
    ticket = (await ada.get(f"/tickets/{ticket_id}")).json()
    assert ticket["pending_request"] is None


async def test_a_ticket_is_reopened_within_fourteen_days(
    ada: Customer, databases: Databases
) -> None:
    ticket_id = await ada.ticket_id()
    become(databases, ticket_id, "closed", datetime.now(UTC) - timedelta(days=15))
    answer = await ada.post(f"/tickets/{ticket_id}/reopen", {"reason": "Dark."})
    assert answer.status_code == 409
    assert "within 14 days" in answer.json()["detail"]
    # What the ticket says of itself is not what would be refused.
    (listed,) = (await ada.get("/tickets")).json()["items"]
    assert listed["next_step"].endswith("submit a new ticket.")


@pytest.mark.parametrize(
    ("verb", "body", "wrong"),
    [
        ("cancel", {"reason": 1, "x": 1}, {"/reason", "/x"}),
        ("reopen", {"x": 1}, {"/reason", "/x"}),
        ("reschedule", {"preferred_windows": [{}]}, {
            "/preferred_windows/0/start",
            "/preferred_windows/0/end",
        }),
    ],
)  # fmt: skip
async def test_a_bad_request_lists_every_error_and_changes_nothing(
    ada: Customer, databases: Databases, verb: str, body: dict[str, Any], wrong: set[str]
) -> None:
    ticket_id = await ada.ticket_id()
    before = counts(databases)
    answer = await ada.post(f"/tickets/{ticket_id}/{verb}", body)
    assert answer.status_code == 400
    assert pointers(answer) == wrong
    assert counts(databases) == before


async def test_a_window_that_is_over_is_refused_when_rescheduling(
    ada: Customer, databases: Databases
) -> None:
    ticket_id = await ada.ticket_id()
    body = {"preferred_windows": [{"start": in_days(-2), "end": in_days(-1)}]}
    answer = await ada.post(f"/tickets/{ticket_id}/reschedule", body)
    assert answer.status_code == 422
    assert pointers(answer) == {"/preferred_windows/0/start"}
    assert sent(databases, TicketRequested) == []
