"""Sends again what is lost, as the source tells it now; the receivers know a repetition.

Only what nothing in a queue speaks of is sent, so the next check finds it on its way and sends
it no third time.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import load_only

from api.billing.adjustments.ledger import credit_now
from api.billing.adjustments.tables import CreditBalance
from api.billing.contracts.billed import tell
from api.billing.contracts.tables import Contract
from api.billing.invoices.announce import announce
from api.billing.invoices.tables import Invoice
from api.customer.accounts.service import service_address
from api.customer.accounts.tables import Account, Address
from api.customer.attachments import service as customer_attachments
from api.customer.attachments.tables import Attachment
from api.customer.tickets import submitting
from api.customer.tickets.tables import Ticket as CustomerTicket
from api.kernel import outbox
from api.messages import CustomerNotification, StaffNotification
from api.sysops.tickets import intake, proposals, telling
from api.sysops.tickets.tables import Assignment, Ticket, TicketEvent
from orchestration.reconciliation.promises import Database
from orchestration.reconciliation.rules import Gap

# What is worse is an accident that a person has to look at before anything is sent.
MOST = 1_000

Repair = Callable[[AsyncSession, Sequence[Gap], datetime], Awaitable[list[Gap]]]


async def repair(
    sessions: Mapping[Database, async_sessionmaker[AsyncSession]],
    promise: str,
    gaps: Sequence[Gap],
    now: datetime,
) -> list[Gap]:
    """Send again what can be, all of a promise or nothing; returns the gaps this closes."""
    if promise not in REPAIRS or len(gaps) > MOST:
        return []
    database, act = REPAIRS[promise]
    async with sessions[database].begin() as session:
        return await act(session, gaps, now)


def _ids(gaps: Sequence[Gap], *kinds: str) -> list[UUID]:
    return [gap.item.id for gap in gaps if gap.kind in kinds]


def _of(gaps: Sequence[Gap], ids: set[UUID]) -> list[Gap]:
    return [gap for gap in gaps if gap.item.id in ids]


async def _submitted(session: AsyncSession, gaps: Sequence[Gap], _: datetime) -> list[Gap]:
    """Tell sysops of the ticket, as its customer submitted it."""
    query = (
        select(CustomerTicket, Account, Address)
        .join(Account, Account.id == CustomerTicket.account_id)
        .join(Address, Address.id == CustomerTicket.address_id)
        .where(CustomerTicket.id.in_(_ids(gaps, "missing")))
        .options(load_only(Account.id, Account.full_name, Account.phone, raiseload=True))
    )
    found = (await session.execute(query)).all()
    told = (
        submitting.created(ticket, account.full_name, account.phone, service_address(address))
        for ticket, account, address in found
    )
    await outbox.send(session, *told)
    return _of(gaps, {ticket.id for ticket, _, _ in found})


async def _photos(session: AsyncSession, gaps: Sequence[Gap], _: datetime) -> list[Gap]:
    """Tell sysops how it stands with the photo now."""
    wanted = _ids(gaps, "missing", "behind")
    found = (await session.scalars(select(Attachment).where(Attachment.id.in_(wanted)))).all()
    await outbox.send(session, *(customer_attachments.told(it) for it in found))
    return _of(gaps, {it.id for it in found})


async def _states(session: AsyncSession, gaps: Sequence[Gap], _: datetime) -> list[Gap]:
    """Repeat the ticket's state; a phone ticket that is not there at all begins again.

    A web ticket that its own database lost, or one that differs though its version is right,
    needs a person.
    """
    wanted = _ids(gaps, "missing", "behind")
    tickets = await session.scalars(select(Ticket).where(Ticket.id.in_(wanted)))
    missing = set(_ids(gaps, "missing"))
    told: set[UUID] = set()
    for ticket in tickets.all():
        if ticket.id in missing and ticket.channel != "phone":
            continue
        if ticket.id in missing:
            await outbox.send(session, intake.taken_by_phone(ticket))
        await telling.tell_again(session, ticket)
        told.add(ticket.id)
    return _of(gaps, told)


async def _experts(session: AsyncSession, gaps: Sequence[Gap], now: datetime) -> list[Gap]:
    """Ask the expert, unless the proposal is over."""
    query = (
        select(Ticket, Assignment)
        .join(Assignment, Assignment.ticket_id == Ticket.id)
        .where(Assignment.id.in_(_ids(gaps, "missing")), Assignment.status == "proposed")
    )
    found = (await session.execute(query)).all()
    for ticket, assignment in found:
        await proposals.tell_expert(session, ticket, assignment, now)
    return _of(gaps, {assignment.id for _, assignment in found})


async def _surveys(session: AsyncSession, gaps: Sequence[Gap], _: datetime) -> list[Gap]:
    """Repeat that the ticket was resolved; a survey follows from that."""
    query = (
        select(Ticket, TicketEvent)
        .join(TicketEvent, TicketEvent.ticket_id == Ticket.id)
        .where(Ticket.id.in_(_ids(gaps, "missing")), TicketEvent.to_status == "resolved")
    )
    versions = {(gap.item.id, gap.item.version) for gap in gaps}
    told: set[tuple[UUID, int]] = set()
    for ticket, event in (await session.execute(query)).all():
        if (key := (ticket.id, event.version)) in versions:
            await telling.tell_of_resolution(session, ticket, event)
            told.add(key)
    return [gap for gap in gaps if (gap.item.id, gap.item.version) in told]


async def _invoices(session: AsyncSession, gaps: Sequence[Gap], _: datetime) -> list[Gap]:
    """Repeat the invoice's state, at the moment it came to be."""
    query = select(Invoice.id, Invoice.issued_at, Invoice.paid_at).where(
        Invoice.id.in_(_ids(gaps, "missing", "behind"))
    )
    found = (await session.execute(query)).all()
    for row in found:
        await announce(session, [row.id], row.paid_at or row.issued_at)
    return _of(gaps, {row.id for row in found})


async def _credit(session: AsyncSession, gaps: Sequence[Gap], now: datetime) -> list[Gap]:
    """Repeat the customer's credit."""
    wanted = _ids(gaps, "missing", "behind")
    query = select(CreditBalance).where(CreditBalance.customer_id.in_(wanted))
    found = (await session.scalars(query)).all()
    await outbox.send(session, *(credit_now(balance, now) for balance in found))
    return _of(gaps, {balance.customer_id for balance in found})


async def _billed(session: AsyncSession, gaps: Sequence[Gap], now: datetime) -> list[Gap]:
    """Repeat how the contract is billed."""
    query = (
        select(Contract)
        .where(Contract.id.in_(_ids(gaps, "missing", "behind")))
        .options(
            load_only(
                Contract.id,
                Contract.state,
                Contract.held_since,
                Contract.billing_version,
                raiseload=True,
            )
        )
    )
    found = (await session.scalars(query)).all()
    for contract in found:
        await tell(session, contract, now)
    return _of(gaps, {contract.id for contract in found})


async def _customers_mail(session: AsyncSession, gaps: Sequence[Gap], _: datetime) -> list[Gap]:
    await outbox.send(session, *(CustomerNotification(notification_id=it.item.id) for it in gaps))
    return list(gaps)


async def _staff_mail(session: AsyncSession, gaps: Sequence[Gap], _: datetime) -> list[Gap]:
    await outbox.send(session, *(StaffNotification(notification_id=it.item.id) for it in gaps))
    return list(gaps)


REPAIRS: Mapping[str, tuple[Database, Repair]] = {
    "submitted_tickets_arrive": ("customer", _submitted),
    "photos_reach_who_solves_the_ticket": ("customer", _photos),
    "customers_see_the_state_of_tickets": ("sysops", _states),
    "proposed_experts_are_told": ("sysops", _experts),
    "resolutions_are_surveyed": ("sysops", _surveys),
    "invoices_reach_customers": ("billing", _invoices),
    "credit_reaches_customers": ("billing", _credit),
    "customers_know_how_they_are_billed": ("billing", _billed),
    "notifications_to_customers_leave": ("customer", _customers_mail),
    "notifications_to_staff_leave": ("sysops", _staff_mail),
}
