"""A customer's ticket through both quanta: their real handlers, relays, roles, mail and SMS."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest

from api.customer.quantum import QuantumSettings, quantum
from api.messages import Part, Window
from api.sysops.tickets import visits
from api.sysops.tickets.proposals import Proposal, propose
from api.sysops.tickets.service import load
from tests.api.customer.conftest import VAULT, Customer, settings, settle
from tests.api.customer.world import furnish
from tests.api.support import client
from tests.databases import Databases
from tests.integration.billing.support import KEK_TEXT, make_keys
from tests.messaging import deliver
from tests.world import add_expert, tomorrow_at

__all__ = ["settings"]

CATALOGUE = """
INSERT INTO skill VALUES ('laptop', 'Laptop repair'), ('tv', 'Television repair');
INSERT INTO device_type VALUES ('laptop', 'Laptop'), ('tv', 'Television');
INSERT INTO ticket_type (code, name, device_type, duration_minutes)
VALUES ('tv-picture', 'No picture', 'tv', 60);
INSERT INTO required_skill VALUES ('tv-picture', 'tv', 2);
INSERT INTO support_plan (code, name, price_cents, interval, sla_hours, device_types)
VALUES ('plus', 'Plus', 2499, 'month', 96, '{laptop,tv}');
"""
WORK = visits.Work([Part(name="Power board", part_number="PB-1")])
ROUTES = (("customer", "sysops"), ("sysops", "customer"), ("customer", "customer"))


@pytest.fixture
async def ada(databases: Databases, settings: QuantumSettings) -> AsyncIterator[Customer]:
    furnish(databases)
    databases.execute("sysops", CATALOGUE)
    async with client(quantum, settings) as http:
        yield settle(http, databases, "ada@example.com")


async def carry(databases: Databases, routes: Sequence[tuple[str, str]] = ROUTES) -> None:
    """Let every relay take what waits, until nothing does."""
    while sum([await deliver(databases, *route) for route in routes]):
        pass


async def assign(databases: Databases, ticket_id: str, expert_id: UUID) -> UUID:
    """Propose the expert as the assignment job does; answers with the visit's id."""
    start = tomorrow_at(15)
    window = Window(start, start + timedelta(hours=2))
    async with databases.sessions("sysops", "assigner") as sessions, sessions.begin() as session:
        ticket = await load(session, UUID(ticket_id))
        proposal = Proposal(ticket.id, expert_id, window, travel_km=3.2, cost=120)
        made = await propose(session, ticket, proposal, None, datetime.now(UTC))
        return made.id


async def visit(databases: Databases, visit_id: UUID, expert_id: UUID, act: str) -> None:
    """Let the expert accept, start or complete the visit."""
    now = datetime.now(UTC)
    async with databases.sessions("sysops", "sysops_api") as sessions, sessions.begin() as session:
        if act == "accept":
            await visits.answer(session, visit_id, expert_id, now, accept=True)
        elif act == "set_out":
            await visits.set_out(session, visit_id, expert_id, tomorrow_at(15))
        elif act == "start":
            await visits.start(session, visit_id, expert_id, now, agreed_with_customer=True)
        else:
            await visits.complete(
                session, visit_id, expert_id, now, resolution="New power board.", work=WORK
            )


async def seen(ada: Customer, ticket_id: str) -> dict[str, Any]:
    ticket: dict[str, Any] = (await ada.get(f"/tickets/{ticket_id}")).json()
    return ticket


async def messages(sandbox: httpx.AsyncClient, to: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await sandbox.get("/api/messages", params={"to": to})).json()[
        "messages"
    ]
    return found


async def test_a_ticket_lives_from_its_submission_to_the_answered_survey(
    ada: Customer, databases: Databases, sandbox: httpx.AsyncClient
) -> None:
    expert_id = add_expert(databases, skill="tv")
    ticket_id = await ada.ticket_id()
    await carry(databases)
    ticket = await seen(ada, ticket_id)
    assert (ticket["status"], ticket["number"]) == ("open", 100_001)

    visit_id = await assign(databases, ticket_id, expert_id)
    for act in ("accept", "set_out"):
        await visit(databases, visit_id, expert_id, act)
        await carry(databases)
    ticket = await seen(ada, ticket_id)
    assert ticket["next_step"] == "Eve is on the way to you."
    assert ticket["expert_set_out_at"] is not None
    for act in ("start", "complete"):
        await visit(databases, visit_id, expert_id, act)
        await carry(databases)
    ticket = await seen(ada, ticket_id)
    assert (ticket["status"], ticket["resolution"]) == ("resolved", "New power board.")
    assert ticket["expert_name"] == "Eve"
    assert [entry["status"] for entry in ticket["timeline"]] == [
        "submitted",
        "open",
        "assigned",
        "accepted",
        "accepted",
        "in_progress",
        "resolved",
    ]
    assert ticket["timeline"][4]["text"] == "The expert is on the way."
    (part,) = ticket["parts"]
    assert (part["name"], part["part_number"], part["quantity"]) == ("Power board", "PB-1", 1)
    texts = sorted(sms["text"] for sms in await messages(sandbox, "+15125550123"))
    assert ["Eve comes on" in texts[0], "Eve is on the way" in texts[1]] == [True, True]

    (mail,) = await messages(sandbox, "ada@example.com")
    page = urlsplit(mail["links"][0]).path
    answer = await ada.http.post(page, data={"score": "5"})
    assert "Thank you" in answer.text
    await carry(databases)
    assert (await seen(ada, ticket_id))["status"] == "closed"


async def test_a_low_score_can_bring_us_back_whichever_word_arrives_first(
    ada: Customer, databases: Databases, sandbox: httpx.AsyncClient
) -> None:
    expert_id = add_expert(databases, skill="tv")
    ticket_id = await ada.ticket_id()
    await carry(databases)
    for turn in range(2):
        visit_id = await assign(databases, ticket_id, expert_id)
        for act in ("accept", "start", "complete"):
            await visit(databases, visit_id, expert_id, act)
            await carry(databases)
        mail = (await messages(sandbox, "ada@example.com"))[0]
        page = urlsplit(mail["links"][0]).path
        offered = await ada.http.post(page, data={"score": "1"})
        assert "Shall we come again?" in offered.text
        if turn == 0:
            # The word of the answer closes the ticket, and then it is reopened all the same.
            await carry(databases)
            assert (await seen(ada, ticket_id))["status"] == "closed"
        asked = await ada.http.post(f"{page}/reopen", data={"reason": "It is dark again."})
        assert "We have your request" in asked.text
        if turn == 1:
            databases.execute(
                "customer",
                "UPDATE to_sysops.pgqueuer SET priority = 1 WHERE entrypoint = 'ticket_requested'",
            )
        await carry(databases)
        ticket = await seen(ada, ticket_id)
        assert (ticket["status"], ticket["pending_request"]) == ("open", None)
        assert ticket["timeline"][-1]["text"] == "The ticket is open again. It is dark again."
        assert "Your ticket is open again" in (await ada.http.get(page)).text


async def test_requests_are_decided_by_sysops_and_answered(
    ada: Customer, databases: Databases, sandbox: httpx.AsyncClient
) -> None:
    expert_id = add_expert(databases, skill="tv")
    ticket_id = await ada.ticket_id()
    await carry(databases)
    visit_id = await assign(databases, ticket_id, expert_id)
    await visit(databases, visit_id, expert_id, "accept")
    await carry(databases)

    # The expert begins while the customer's request is on its way.
    assert (await ada.post(f"/tickets/{ticket_id}/cancel", {})).status_code == 202
    await visit(databases, visit_id, expert_id, "start")
    await carry(databases)
    ticket = await seen(ada, ticket_id)
    assert (ticket["status"], ticket["pending_request"]) == ("in_progress", None)
    assert (ticket["last_answer"]["accepted"], ticket["last_answer"]["allowed"]) == (False, [])
    assert ticket["last_answer"]["text"] == (
        "We could not cancel the ticket. A ticket that is in progress cannot be cancelled."
    )
    mails = [mail["subject"] for mail in await messages(sandbox, "ada@example.com")]
    assert mails == ["We could not cancel your ticket 100001"]

    await visit(databases, visit_id, expert_id, "complete")
    await carry(databases)
    body = {"reason": "It is dark again."}
    assert (await ada.post(f"/tickets/{ticket_id}/reopen", body)).status_code == 202
    await carry(databases)
    ticket = await seen(ada, ticket_id)
    assert (ticket["status"], ticket["last_answer"]["accepted"]) == ("open", True)
    assert ticket["timeline"][-1]["text"] == "The ticket is open again. It is dark again."

    assert (await ada.post(f"/tickets/{ticket_id}/cancel", {})).status_code == 202
    await carry(databases)
    assert (await seen(ada, ticket_id))["status"] == "cancelled"


async def test_a_card_reaches_the_vault_and_the_customer_learns_of_it(
    ada: Customer, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_keys(databases)
    monkeypatch.setenv("SQUAD_VAULT_KEK", KEK_TEXT)
    monkeypatch.setenv("SQUAD_VAULT_BOX_KEYS", VAULT.private_key)
    body = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2040}
    assert (await ada.post("/cards", body)).status_code == 201
    await deliver(databases, "customer", "billing")
    await deliver(databases, "billing", "customer")
    (card,) = (await ada.get("/cards")).json()
    assert (card["last4"], card["status"]) == ("4242", "stored")
