"""Whose work did not last does not come again, and nobody is at two places."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from api.messages import TicketRequested
from tests.api.sysops.conftest import SignIn, add_staff
from tests.api.sysops.lives import proposed, status_of
from tests.databases import Databases
from tests.integration.assignment.test_run import run
from tests.messaging import deliver, send
from tests.world import Household, add_expert

RESOLUTION = {"resolution": "The battery is new."}


async def at_work(
    http: httpx.AsyncClient, headers: dict[str, str], visit: str, *acts: str
) -> httpx.Response:
    for act in acts:
        body = RESOLUTION if act == "complete" else None
        answer = await http.post(f"/sysops/visits/{visit}/{act}", json=body, headers=headers)
    return answer


@pytest.mark.parametrize("who", ["customer", "helpdesk"])
async def test_whose_work_did_not_last_is_not_proposed_again(
    sysops: httpx.AsyncClient,
    databases: Databases,
    sign_in: SignIn,
    ticket_id: UUID,
    expert: UUID,
    who: str,
) -> None:
    eve = await sign_in("eve@squad.example")
    visit = await proposed(databases, ticket_id, expert)
    done = await at_work(sysops, eve, visit, "accept", "start", "complete")
    assert done.status_code == 200, done.text
    if who == "customer":
        asked = TicketRequested(
            ticket_id=ticket_id,
            request_id=uuid4(),
            kind="reopen",
            reason="It is dark again.",
            requested_at=datetime.now(UTC),
        )
        await send(databases, asked)
        await deliver(databases, "customer", "sysops")
    else:
        add_staff(databases, "helpdesk")
        desk = await sign_in("helpdesk@squad.example")
        url = f"/sysops/tickets/{ticket_id}/reopen"
        await sysops.post(url, json={"reason": "It is dark again."}, headers=desk)
    assert status_of(databases, ticket_id)[0] == "open"
    await run(databases)
    assert status_of(databases, ticket_id)[0] == "open"
    add_staff(databases, "manager")
    manager = await sign_in("manager@squad.example")
    options = await sysops.get(f"/sysops/tickets/{ticket_id}/options", headers=manager)
    (lifted,) = options.json()["changes"]
    assert lifted["rule"] == "excluded"
    assert lifted["words"].startswith("Eve did the work after which this ticket was reopened")
    other = add_expert(databases, "other")
    await run(databases)
    query = "SELECT expert_id FROM assignment WHERE status = 'proposed'"
    assert databases.rows("sysops", query) == [(other,)]


async def test_an_expert_ends_a_visit_before_the_next_one_begins(
    sysops: httpx.AsyncClient,
    databases: Databases,
    sign_in: SignIn,
    home: Household,
    ticket_id: UUID,
    expert: UUID,
) -> None:
    second = home.ticket()
    await send(databases, second)
    await deliver(databases, "customer", "sysops")
    eve = await sign_in("eve@squad.example")
    begins = timedelta(minutes=15)
    visits = [
        await proposed(databases, ticket_id, expert, begins),
        await proposed(databases, second.ticket_id, expert, begins + timedelta(hours=2)),
    ]
    agreed = {"agreed_with_customer": True}
    for visit in visits:
        await at_work(sysops, eve, visit, "accept")
    urls = [f"/sysops/visits/{visit}/start" for visit in visits]
    both = await asyncio.gather(*(sysops.post(url, json=agreed, headers=eve) for url in urls))
    began, refused = sorted(both, key=lambda it: it.status_code)
    assert (began.status_code, refused.status_code) == (200, 409)
    number = began.json()["number"]
    assert refused.json()["detail"] == f"You are at work on ticket {number}. End that visit first."
    now, later = visits if began is both[0] else visits[::-1]
    await at_work(sysops, eve, now, "complete")
    again = await sysops.post(f"/sysops/visits/{later}/start", json=agreed, headers=eve)
    assert again.status_code == 200
