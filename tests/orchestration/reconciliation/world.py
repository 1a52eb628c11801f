"""A small live world across three databases: real services, real messages, real roles."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.invoices.announce import announce
from api.customer.attachments import service as attachments
from api.customer.tickets import submitting
from api.messages import Window
from api.sysops.tickets import intake, visits
from api.sysops.tickets.proposals import Proposal, propose
from api.sysops.tickets.service import load
from orchestration.reconciliation.promises import Database
from orchestration.reconciliation.reading import Reader
from orchestration.reconciliation.run import Report, open_repairers, reconcile
from tests.databases import Databases
from tests.messaging import deliver, send
from tests.world import AUSTIN, Household, add_expert, furnish, tomorrow_at

DATABASES: tuple[Database, ...] = ("customer", "sysops", "billing")
CUSTOMER_WORLD = """
WITH plan AS (
    INSERT INTO support_plan
        (code, version, name, price_cents, currency, interval, sla_hours, device_types, active)
    VALUES ('basic', 1, 'Basic', 1500, 'USD', 'month', 48, '{laptop}', true)
), kind AS (
    INSERT INTO ticket_type (code, version, name, device_type, device_name, active)
    VALUES ('laptop-repair', 1, 'Laptop repair', 'laptop', 'Laptop', true)
), person AS (
    INSERT INTO account (email, full_name, phone, created_at, updated_at)
    VALUES ('ada@example.com', 'Ada Example', '+12125550123', now(), now()) RETURNING id
), preference AS (
    INSERT INTO notification_preference SELECT id, 'sms' FROM person
), home AS (
    INSERT INTO address
        (account_id, line1, city, state, zip, latitude, longitude, time_zone, created_at)
    SELECT id, '1 Congress Ave', 'Austin', 'TX', '78701', 30.27, -97.74, 'America/Chicago', now()
    FROM person RETURNING id, account_id
)
INSERT INTO contract (account_id, address_id, plan_code, status, starts_on, created_at, updated_at)
SELECT account_id, id, 'basic', 'active', current_date, now(), now() FROM home
RETURNING account_id, id, address_id
"""
INVOICE = """
WITH plan AS (
    INSERT INTO plan (code, version, name, price_cents, currency, interval, active)
    VALUES ('basic', 1, 'Basic', 1500, 'USD', 'month', true)
), agreed AS (
    INSERT INTO contract
        (id, customer_id, plan_code, status, version, state, zip, starts_on, updated_at)
    VALUES (%s, %s, 'basic', 'active', 1, 'TX', '78701', current_date, now())
    RETURNING id, customer_id
), run AS (
    INSERT INTO billing_run (period, status, created_at, updated_at)
    VALUES (%s, 'issued', now(), now()) RETURNING id
), bill AS (
    INSERT INTO invoice
        (run_id, contract_id, customer_id, period_start, period_end, number, status, version,
         currency, subtotal_cents, tax_cents, total_cents, row_hash, created_at, issued_at)
    SELECT run.id, agreed.id, agreed.customer_id, %s, %s, 1, 'issued', 1, 'USD', 1500, 0, 1500,
        '', now(), now()
    FROM run, agreed RETURNING id
)
INSERT INTO invoice_line (invoice_id, position, kind, description, amount_cents)
SELECT id, 1, 'plan', 'Basic', 1500 FROM bill RETURNING invoice_id
"""


@dataclass
class World:
    """A customer with a contract, an expert, and what they do."""

    databases: Databases
    home: Household
    address_id: UUID
    expert_id: UUID

    @classmethod
    async def make(cls, databases: Databases) -> "World":
        furnish(databases)
        databases.url("billing")
        ((account, contract, address),) = databases.rows("customer", CUSTOMER_WORLD)
        world = cls(databases, Household(account, contract), address, add_expert(databases))
        await send(databases, world.home.directory(), world.home.entitlement())
        await deliver(databases, "customer", "sysops")
        return world

    async def carry(self) -> None:
        """Let every message between the quanta arrive; notifications stay in their queues."""
        while (
            await deliver(self.databases, "customer", "sysops")
            + await deliver(self.databases, "sysops", "customer")
            + await deliver(self.databases, "billing", "customer")
        ):
            pass

    async def submit(self) -> UUID:
        """A customer's ticket, as the customer API saves it."""
        new = submitting.NewTicket(
            contract_id=self.home.contract_id,
            address_id=self.address_id,
            ticket_type="laptop-repair",
            description="It does not start.",
            preferred_windows=[],
        )
        async with self.acting("customer", "customer_api") as session:
            now = datetime.now(UTC)
            ticket = await submitting.submit(session, self.home.customer_id, new, now)
            return ticket.id

    async def photograph(self, ticket_id: UUID) -> UUID:
        """A photo that the customer adds to a ticket."""
        new = attachments.Upload(
            content=b"a picture",
            media_type="image/jpeg",
            file_name="laptop.jpg",
            width=4,
            height=3,
        )
        async with self.acting("customer", "customer_api") as session:
            now, owner = datetime.now(UTC), self.home.customer_id
            photo = await attachments.keep(session, owner, new, now)
            await attachments.add_to_ticket(session, owner, ticket_id, [photo.id], now)
            return photo.id

    async def take_by_phone(self) -> UUID:
        """A ticket in the customer's name, as the helpdesk takes it."""
        now = datetime.now(UTC)
        new = intake.NewTicket(
            id=None,
            customer_id=self.home.customer_id,
            contract_id=self.home.contract_id,
            contact_name="Ada Example",
            contact_phone="+12125550123",
            address=AUSTIN,
            ticket_type="laptop-repair",
            description="It does not start.",
            priority="normal",
            preferred_windows=[],
            submitted_at=now,
        )
        async with self.acting("sysops", "sysops_api") as session:
            return (await intake.take_by_phone(session, new, self.expert_id, now)).id

    async def propose(self, ticket_id: UUID) -> UUID:
        """The assignment job proposes the expert for tomorrow."""
        start = tomorrow_at(15)
        window = Window(start, start + timedelta(hours=2))
        proposal = Proposal(ticket_id, self.expert_id, window, travel_km=3.2, cost=120)
        async with self.acting("sysops", "assigner") as session:
            ticket = await load(session, ticket_id)
            return (await propose(session, ticket, proposal, None, datetime.now(UTC))).id

    async def accept(self, visit_id: UUID) -> None:
        async with self.acting("sysops", "sysops_api") as session:
            now = datetime.now(UTC)
            await visits.answer(session, visit_id, self.expert_id, now, accept=True)

    async def set_out(self, visit_id: UUID) -> None:
        async with self.acting("sysops", "sysops_api") as session:
            await visits.set_out(session, visit_id, self.expert_id, tomorrow_at(15))

    async def resolve(self, visit_id: UUID) -> None:
        async with self.acting("sysops", "sysops_api") as session:
            now = datetime.now(UTC)
            await visits.start(session, visit_id, self.expert_id, now, agreed_with_customer=True)
            await visits.complete(session, visit_id, self.expert_id, now, resolution="New battery.")

    async def bill(self) -> UUID:
        """An issued invoice, and word of it to its customer."""
        month = date(2026, 3, 1)
        ((invoice_id,),) = self.databases.rows(
            "billing",
            INVOICE,
            self.home.contract_id,
            self.home.customer_id,
            month,
            month,
            date(2026, 3, 31),
        )
        async with self.acting("billing", "biller") as session:
            await announce(session, [invoice_id], datetime.now(UTC))
        return UUID(str(invoice_id))

    def lose(self, source: str, target: str, channel: str) -> None:
        """Messages vanish from a queue: what must never happen."""
        self.databases.execute(
            source, f"DELETE FROM to_{target}.pgqueuer WHERE entrypoint = %s", channel
        )

    async def reconcile(self, **options: Any) -> Report:
        """One run, with the roles that the job has."""
        return await run(self.databases, **options)

    @asynccontextmanager
    async def acting(self, database: str, role: str) -> AsyncIterator[AsyncSession]:
        async with self.databases.sessions(database, role) as sessions, sessions.begin() as session:
            yield session


async def run(
    databases: Databases,
    *,
    mend: bool = False,
    everything: bool = False,
    now: datetime | None = None,
) -> Report:
    """The conservation check on these databases, with the roles that the job has."""
    urls: dict[Database, str] = {name: databases.url(name, "reconciler") for name in DATABASES}
    menders: dict[Database, str] = {
        name: databases.url(name, f"{name}_repairer") for name in DATABASES
    }
    async with Reader.open(urls) as reader, open_repairers(menders) as repairers:
        moment = now or datetime.now(UTC)
        return await reconcile(reader, repairers, moment, everything=everything, mend=mend)


def broken(report: Report) -> dict[str, dict[str, int]]:
    """The promises that are broken, with their gaps by kind."""
    return {name: it.counts() for name, it in report.findings.items() if not it.kept}
