"""Registering, and what customers keep of themselves. Services never commit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts import mailed
from api.customer.accounts.links import MailedTokens
from api.customer.accounts.tables import Account, Address, NotificationPreference
from api.customer.contracts.tables import Contract
from api.customer.tickets.tables import Ticket
from api.kernel import outbox
from api.kernel.errors import Conflict, FieldError, Invalid, NotFound
from api.kernel.fields import place, takes_texts
from api.kernel.sign_in.passwords import hash_password, refuse_personal
from api.messages import CustomerChanged, ServiceAddress

ArrivalChannel = Literal["sms", "email"]
DEFAULT_CHANNEL: ArrivalChannel = "sms"
NO_TEXTS = "Your telephone number takes no text messages. Choose email, or change the number."
# The directory of sysops holds all of a customer's addresses in one message.
MOST_ADDRESSES = 20
# Tickets for which nobody will come.
OVER = ("resolved", "closed", "cancelled")


@dataclass(frozen=True)
class Street:
    """An address as a customer writes it; the rest follows from the ZIP code."""

    line1: str
    line2: str | None
    city: str
    zip: str


async def register(
    session: AsyncSession,
    *,
    email: str,
    password: str,
    full_name: str,
    phone: str,
    street: Street,
    tokens: MailedTokens,
    now: datetime,
) -> Account:
    """A new account with its first address.

    Raises:
        Invalid: the password has the address or the name in it.
        Conflict: the e-mail address has an account.
    """
    refuse_personal(password, email, full_name)
    password_hash = await hash_password(password)
    account: Account | None = await session.scalar(
        insert(Account)
        .values(
            email=email,
            password_hash=password_hash,
            full_name=full_name,
            phone=phone,
            created_at=now,
            updated_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Account)
    )
    if account is None:
        raise Conflict("There is an account with this e-mail address already. Sign in instead.")
    channel = first_channel(account.phone)
    session.add(NotificationPreference(account_id=account.id, arrival_channel=channel))
    _locate(session, account.id, street, now)
    await _tell_sysops(session, account)
    await mailed.send(session, tokens, account.id, "confirm_email", now)
    return account


def first_channel(phone: str | None) -> ArrivalChannel:
    """How somebody is told of arrivals who has not chosen yet."""
    return DEFAULT_CHANNEL if takes_texts(phone) else "email"


async def profile(session: AsyncSession, account_id: UUID) -> tuple[Account, ArrivalChannel]:
    """The account and how its customer wishes to be told that an expert is arriving."""
    account = await session.get(Account, account_id)
    if account is None:
        raise NotFound("This account is gone.")
    return account, await arrival_channel(session, account_id)


async def arrival_channel(session: AsyncSession, account_id: UUID) -> ArrivalChannel:
    preference = await session.get(NotificationPreference, account_id)
    return "email" if preference and preference.arrival_channel == "email" else "sms"


async def change(
    session: AsyncSession,
    account_id: UUID,
    *,
    full_name: str | None,
    phone: str | None,
    channel: ArrivalChannel | None,
    now: datetime,
) -> None:
    """Change what is not None; sysops hears of a new name or telephone number.

    Raises Invalid for text messages to a number that takes none.
    """
    account = await _lock(session, account_id)
    if phone is not None and not takes_texts(phone):
        if (channel or await arrival_channel(session, account_id)) == "sms":
            words = "This number takes no text messages. Choose the arrival channel email with it."
            raise Invalid([FieldError("/phone", words)])
    elif channel == "sms" and not takes_texts(phone or account.phone):
        raise Invalid([FieldError("/arrival_channel", NO_TEXTS)])
    if channel is not None:
        await session.execute(
            insert(NotificationPreference)
            .values(account_id=account_id, arrival_channel=channel)
            .on_conflict_do_update(
                index_elements=[NotificationPreference.account_id],
                set_={"arrival_channel": channel},
            )
        )
    before = (account.full_name, account.phone)
    account.full_name = full_name or account.full_name
    account.phone = phone or account.phone
    if (account.full_name, account.phone) != before:
        await _changed(session, account, now)


async def addresses(session: AsyncSession, account_id: UUID) -> list[Address]:
    """The customer's service addresses, the oldest first."""
    mine = Address.account_id == account_id, Address.removed_at.is_(None)
    return list(await session.scalars(select(Address).where(*mine).order_by(Address.id)))


async def find_address(session: AsyncSession, account_id: UUID, address_id: UUID) -> Address:
    """One service address of the customer; raises NotFound."""
    address = await session.get(Address, address_id)
    if address is None or address.account_id != account_id or address.removed_at is not None:
        raise NotFound("You have no such address.")
    return address


async def add_address(
    session: AsyncSession, account_id: UUID, street: Street, now: datetime
) -> Address:
    """One more place to visit; raises Conflict when the customer has enough of them."""
    account = await _lock(session, account_id)
    if len(await addresses(session, account_id)) >= MOST_ADDRESSES:
        raise Conflict(f"An account has at most {MOST_ADDRESSES} addresses.")
    address = _locate(session, account_id, street, now)
    await _changed(session, account, now)
    return address


async def correct_address(
    session: AsyncSession,
    account_id: UUID,
    address_id: UUID,
    right: Mapping[str, Any],
    now: datetime,
) -> Address:
    """Correct how a place is written; raises NotFound, or Conflict while a visit is due there."""
    account = await _lock(session, account_id)
    address = await _unused(session, account_id, address_id)
    changes = {name: value for name, value in right.items() if getattr(address, name) != value}
    for name, value in changes.items():
        setattr(address, name, value)
    if changes:
        await _changed(session, account, now)
    return address


async def remove_address(
    session: AsyncSession, account_id: UUID, address_id: UUID, now: datetime
) -> None:
    """Nobody is sent there any more; raises NotFound, or Conflict saying what still needs it."""
    account = await _lock(session, account_id)
    address = await _unused(session, account_id, address_id)
    running = select(Contract.plan_code).where(
        Contract.account_id == account_id,
        Contract.address_id == address_id,
        Contract.status == "active",
    )
    if plan := await session.scalar(running.limit(1)):
        raise Conflict(f"Your contract on the plan {plan} is for this address. Cancel it first.")
    address.removed_at = now
    await _changed(session, account, now)


def service_address(address: Address) -> ServiceAddress:
    """An address as messages carry it."""
    return ServiceAddress(
        line1=address.line1,
        line2=address.line2,
        city=address.city,
        state=address.state,
        zip=address.zip,
        latitude=address.latitude,
        longitude=address.longitude,
        time_zone=address.time_zone,
    )


async def _lock(session: AsyncSession, account_id: UUID) -> Account:
    """Two changes of one account follow one another, each with a version of its own."""
    account = await session.get(Account, account_id, with_for_update=True)
    if account is None:
        raise NotFound("This account is gone.")
    return account


async def _unused(session: AsyncSession, account_id: UUID, address_id: UUID) -> Address:
    """An address that no open ticket is for; a ticket that is just being submitted waits."""
    query = select(Address).where(
        Address.id == address_id, Address.account_id == account_id, Address.removed_at.is_(None)
    )
    address: Address | None = await session.scalar(query.with_for_update())
    if address is None:
        raise NotFound("You have no such address.")
    due = select(Ticket.number).where(
        Ticket.account_id == account_id,
        Ticket.address_id == address_id,
        Ticket.status.not_in(OVER),
    )
    tickets = (await session.scalars(due.order_by(Ticket.id))).all()
    if tickets:
        named = [f"ticket {it}" if it else "a ticket without a number yet" for it in tickets]
        raise Conflict(f"A visit to this address is still due: {', '.join(named)}.")
    return address


def _locate(session: AsyncSession, account_id: UUID, street: Street, now: datetime) -> Address:
    where = place(street.zip)
    if where is None:
        raise Invalid([FieldError("/zip", "There is no such ZIP code.")])
    address = Address(
        account_id=account_id,
        line1=street.line1,
        line2=street.line2,
        city=street.city,
        state=where.state,
        zip=street.zip,
        latitude=where.latitude,
        longitude=where.longitude,
        time_zone=where.time_zone,
        created_at=now,
    )
    session.add(address)
    return address


async def _changed(session: AsyncSession, account: Account, now: datetime) -> None:
    account.version += 1
    account.updated_at = now
    await _tell_sysops(session, account)


async def _tell_sysops(session: AsyncSession, account: Account) -> None:
    await session.flush()
    if account.phone is None:
        return  # nobody can be visited who cannot be called: sysops hears of it with the number
    known = await addresses(session, account.id)
    await outbox.send(
        session,
        CustomerChanged(
            customer_id=account.id,
            version=account.version,
            full_name=account.full_name,
            email=account.email,
            phone=account.phone,
            addresses=[service_address(address) for address in known],
        ),
    )
