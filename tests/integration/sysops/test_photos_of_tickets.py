"""Who solves a ticket sees its photos: told by message, opened at the customer API by a link."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from api.customer.quantum import QuantumSettings as CustomerSettings
from api.customer.quantum import quantum as customer_quantum
from api.kernel.passes import LIFE, Pass, PassMaker
from api.messages import ATTACHMENT_PASS, TicketAttachmentChanged, Window
from api.sysops.quantum import quantum as sysops_quantum
from api.sysops.tickets.proposals import Proposal, propose
from api.sysops.tickets.service import load
from tests.api.customer.conftest import Customer, settle
from tests.api.customer.conftest import settings as settings_of_customers
from tests.api.customer.test_attachments import uploaded
from tests.api.customer.world import furnish
from tests.api.served import token
from tests.api.support import bearer, client, key_pair
from tests.api.sysops.conftest import CUSTOMERS_AT, add_staff, settings_for
from tests.databases import Databases
from tests.messaging import deliver, send
from tests.world import add_expert, tomorrow_at

settings = settings_of_customers
CATALOGUE = """
INSERT INTO skill VALUES ('tv', 'Television repair');
INSERT INTO device_type VALUES ('tv', 'Television');
INSERT INTO ticket_type (code, name, device_type, duration_minutes)
VALUES ('tv-picture', 'No picture', 'tv', 60);
INSERT INTO support_plan (code, name, price_cents, interval, sla_hours, device_types)
VALUES ('plus', 'Plus', 2499, 'month', 96, '{tv}');
"""


@dataclass(frozen=True)
class Case:
    """A ticket with one photo, as its customer and the staff reach it."""

    databases: Databases
    ada: Customer
    sysops: httpx.AsyncClient
    ticket_id: str
    photo_id: str
    expert_id: UUID
    visit_id: str

    async def photos(self, path: str, person: UUID, *roles: str) -> httpx.Response:
        headers = bearer(token("sysops", person, *roles))
        return await self.sysops.get(f"/sysops{path}/attachments", headers=headers)

    async def link(self) -> str:
        """The path of the link that the expert gets."""
        answer = await self.photos(f"/visits/{self.visit_id}", self.expert_id, "expert")
        url: str = answer.json()[0]["url"]
        return url.removeprefix(CUSTOMERS_AT)

    async def open(self, path: str) -> httpx.Response:
        """As a browser does: nobody is signed in."""
        return await self.ada.http.get(path)


async def propose_visit(databases: Databases, ticket_id: str, expert_id: UUID) -> str:
    window = Window(tomorrow_at(15), tomorrow_at(15) + timedelta(hours=2))
    async with databases.sessions("sysops", "assigner") as sessions, sessions.begin() as session:
        ticket = await load(session, UUID(ticket_id))
        proposal = Proposal(ticket.id, expert_id, window, travel_km=3.2, cost=120)
        return str((await propose(session, ticket, proposal, None, datetime.now(UTC))).id)


@pytest.fixture
async def case(databases: Databases, settings: CustomerSettings) -> AsyncIterator[Case]:
    furnish(databases)
    databases.execute("sysops", CATALOGUE)
    expert_id = add_expert(databases, skill="tv")
    async with (
        client(customer_quantum, settings) as customers,
        client(sysops_quantum, settings_for(databases)) as sysops,
    ):
        ada = settle(customers, databases, "ada@example.com")
        photo_id = await uploaded(ada, "living room.jpg")
        ticket_id = await ada.ticket_id(attachment_ids=[photo_id])
        await deliver(databases, "customer", "sysops")
        visit_id = await propose_visit(databases, ticket_id, expert_id)
        yield Case(databases, ada, sysops, ticket_id, photo_id, expert_id, visit_id)


async def test_the_expert_and_the_helpdesk_open_the_photo_by_a_link(case: Case) -> None:
    desk = add_staff(case.databases, "helpdesk")
    original = (await case.ada.get(f"/attachments/{case.photo_id}/content")).content
    for path, who, role in (
        (f"/visits/{case.visit_id}", case.expert_id, "expert"),
        (f"/tickets/{case.ticket_id}", desk, "helpdesk"),
    ):
        (shown,) = (await case.photos(path, who, role)).json()
        assert (shown["id"], shown["file_name"]) == (case.photo_id, "living room.jpg")
        assert shown["url"].startswith(CUSTOMERS_AT)
        ends = datetime.fromisoformat(shown["url_expires_at"])
        assert timedelta(minutes=14) < ends - datetime.now(UTC) <= LIFE
        found = await case.open(shown["url"].removeprefix(CUSTOMERS_AT))
        assert (found.status_code, found.content) == (200, original)
        assert found.headers["content-disposition"].startswith("attachment")
        assert found.headers["cache-control"] == "no-store"
    headers = bearer(token("sysops", desk, "helpdesk"))
    ticket = await case.sysops.get(f"/sysops/tickets/{case.ticket_id}", headers=headers)
    assert ticket.json()["attachment_count"] == 1
    headers = bearer(token("sysops", case.expert_id, "expert"))
    (visit,) = (await case.sysops.get("/sysops/visits", headers=headers)).json()
    assert visit["attachment_count"] == 1


async def test_an_expert_sees_photos_only_while_the_visit_is_theirs(case: Case) -> None:
    path = f"/visits/{case.visit_id}"
    other = add_staff(case.databases, "expert", "other@squad.example")
    assert (await case.photos(path, other, "expert")).status_code == 404
    assert (await case.photos(path, case.expert_id, "helpdesk")).status_code == 403
    headers = bearer(token("sysops", case.expert_id, "expert"))
    reason = {"reason": "I do not have the part."}
    answer = await case.sysops.post(f"/sysops{path}/reject", json=reason, headers=headers)
    assert answer.status_code == 200
    assert (await case.photos(path, case.expert_id, "expert")).status_code == 404


async def test_a_photo_that_its_customer_removes_is_gone_behind_old_links_too(case: Case) -> None:
    link = await case.link()
    assert (await case.open(link)).status_code == 200
    await case.ada.delete(f"/attachments/{case.photo_id}")
    assert (await case.open(link)).status_code == 404
    await deliver(case.databases, "customer", "sysops")
    path = f"/visits/{case.visit_id}"
    assert (await case.photos(path, case.expert_id, "expert")).json() == []
    rows = case.databases.rows("sysops", "SELECT file_name, version FROM ticket_attachment")
    assert rows == [(None, 2)]


async def test_word_of_a_photo_may_come_late_twice_or_in_any_order(case: Case) -> None:
    def word(photo_id: UUID, version: int) -> TicketAttachmentChanged:
        return TicketAttachmentChanged(
            attachment_id=photo_id,
            ticket_id=UUID(case.ticket_id),
            version=version,
            file_name="tv.jpg" if version == 1 else None,
            media_type="image/jpeg",
            size_bytes=10,
            at=datetime.now(UTC),
            removed=version == 2,
        )

    gone, there = uuid4(), uuid4()
    words = (word(gone, 2), word(gone, 1), word(gone, 2), word(there, 1), word(there, 1))
    await send(case.databases, *words)
    await deliver(case.databases, "customer", "sysops")
    path = f"/visits/{case.visit_id}"
    shown = (await case.photos(path, case.expert_id, "expert")).json()
    assert [it["id"] for it in shown] == [case.photo_id, str(there)]


async def test_nothing_opens_a_photo_but_a_pass_of_sysops_for_it_in_its_time(case: Case) -> None:
    private, _ = key_pair("sysops")
    maker, mine = PassMaker("sysops", private), Pass(UUID(case.photo_id), case.expert_id)
    now = datetime.now(UTC)
    waiting = await uploaded(case.ada)
    right = (await case.link()).rpartition("/")[2]
    wrong = {
        "over": maker.make(ATTACHMENT_PASS, mine, now - LIFE),
        "of another purpose": maker.make("customer", mine, now),
        "of another issuer": PassMaker("customer", private).make(ATTACHMENT_PASS, mine, now),
        "signed by another": PassMaker("sysops", key_pair("customer")[0]).make(
            ATTACHMENT_PASS, mine, now
        ),
        "for no photo": maker.make(ATTACHMENT_PASS, Pass(uuid4(), case.expert_id), now),
        "for what no ticket has": maker.make(
            ATTACHMENT_PASS, Pass(UUID(waiting), case.expert_id), now
        ),
        "an access token": token("sysops", case.expert_id, "expert"),
        "the id alone": case.photo_id,
        "cut off": right[:-4],
    }
    for what, made in wrong.items():
        found = await case.open(f"/customer/attachment-links/{made}")
        assert found.status_code == 404, what
    assert (await case.open(f"/customer/attachment-links/{right}")).status_code == 200
    me = await case.ada.http.get("/customer/me", headers=bearer(right))
    assert me.status_code == 401


async def test_an_opened_photo_leaves_a_trace_of_who_and_not_the_link(
    case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    link = await case.link()
    capsys.readouterr()
    await case.open(link)
    told = capsys.readouterr().out
    assert str(case.expert_id) in told
    assert link.rpartition("/")[2] not in told
