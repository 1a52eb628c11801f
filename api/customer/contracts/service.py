"""Choosing, starting and cancelling support plans. Services never commit."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts.completeness import require_complete
from api.customer.accounts.tables import Account, Address
from api.customer.contracts import rules
from api.customer.contracts.tables import Contract, SupportPlan, TicketType
from api.kernel import outbox
from api.kernel.errors import Conflict, FieldError, Invalid, NotFound
from api.messages import ContractChanged, EntitlementChanged


async def plans(session: AsyncSession) -> list[SupportPlan]:
    """The plans that can be chosen now, the cheapest first."""
    query = select(SupportPlan).where(SupportPlan.active)
    return list(await session.scalars(query.order_by(SupportPlan.price_cents, SupportPlan.code)))


async def ticket_types(session: AsyncSession) -> list[TicketType]:
    """What a ticket can be about, by device."""
    query = select(TicketType).where(TicketType.active)
    return list(await session.scalars(query.order_by(TicketType.device_name, TicketType.name)))


async def contracts(session: AsyncSession, account_id: UUID) -> list[tuple[Contract, SupportPlan]]:
    """The customer's contracts with what their plans cover, the newest first."""
    query = (
        select(Contract, SupportPlan)
        .join(SupportPlan, SupportPlan.code == Contract.plan_code)
        .where(Contract.account_id == account_id)
        .order_by(Contract.id.desc())
    )
    return [(contract, plan) for contract, plan in await session.execute(query)]


async def plan_of(session: AsyncSession, contract: Contract) -> SupportPlan:
    """What a contract covers, as its plan says now."""
    return await session.get_one(SupportPlan, contract.plan_code)


async def start(
    session: AsyncSession, account_id: UUID, plan_code: str, address_id: UUID, now: datetime
) -> Contract:
    """Begin a plan today.

    Raises:
        NotFound: the account is closed.
        Incomplete: the customer has not told yet how and where to be reached.
        Invalid: no such plan to choose, or not the customer's address.
        Conflict: the customer has a running contract on this plan.
    """
    await require_complete(session, account_id)
    plan = await session.get(SupportPlan, plan_code)
    # Held, so that neither is closed or removed while a contract begins on it.
    held = {"read": True, "key_share": True}
    account = await session.get(Account, account_id, with_for_update=held)
    if account is None or account.closed_at is not None:
        raise NotFound("This account is closed.")
    address = await session.get(Address, address_id, with_for_update=held)
    errors = []
    if plan is None or not plan.active:
        errors.append(FieldError("/plan_code", "There is no such plan to choose."))
    if address is None or address.account_id != account_id or address.removed_at is not None:
        errors.append(FieldError("/address_id", "You have no such address."))
    if errors or address is None:
        raise Invalid(errors)
    starts_on = rules.contract_day(now)
    contract: Contract | None = await session.scalar(
        insert(Contract)
        .values(
            account_id=account_id,
            address_id=address_id,
            plan_code=plan_code,
            status="active",
            starts_on=starts_on,
            created_at=now,
            updated_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Contract)
    )
    if contract is None:
        raise Conflict("You have a running contract on this plan already.")
    await tell(session, contract, address, "active", starts_on)
    return contract


async def find(
    session: AsyncSession, account_id: UUID, contract_id: UUID, *, lock: bool = False
) -> Contract:
    """A contract of the customer; raises NotFound."""
    query = select(Contract).where(Contract.id == contract_id, Contract.account_id == account_id)
    contract = await session.scalar(query.with_for_update() if lock else query)
    if contract is None:
        raise NotFound("You have no such contract.")
    return contract


async def cancel(
    session: AsyncSession, account_id: UUID, contract_id: UUID, now: datetime
) -> Contract:
    """End a contract today, still served and billed; one that was to begin tomorrow never does.

    Raises NotFound, or Conflict when it has ended before.
    """
    contract = await find(session, account_id, contract_id, lock=True)
    if contract.status != "active":
        raise Conflict("This contract is cancelled already.")
    await end(session, contract, rules.contract_day(now), now)
    return contract


async def end(
    session: AsyncSession,
    contract: Contract,
    last_day: date,
    now: datetime,
    *,
    replaced_by: UUID | None = None,
) -> None:
    """End a running contract that the caller has locked, and tell sysops and billing."""
    contract.status = "cancelled"
    contract.ends_on = last_day
    contract.version += 1
    contract.updated_at = now
    await session.flush()
    address = await session.get_one(Address, contract.address_id)
    await tell(session, contract, address, "cancelled", last_day, replaced_by=replaced_by)


async def tell(
    session: AsyncSession,
    contract: Contract,
    address: Address,
    status: Literal["active", "cancelled"],
    effective_on: date,
    *,
    replaced_by: UUID | None = None,
) -> None:
    """Sysops hears what the contract entitles to, billing what it costs from when on."""
    await outbox.send(
        session,
        EntitlementChanged(
            contract_id=contract.id,
            customer_id=contract.account_id,
            plan_code=contract.plan_code,
            status=status,
            version=contract.version,
            replaced_by=replaced_by,
        ),
        ContractChanged(
            contract_id=contract.id,
            customer_id=contract.account_id,
            plan_code=contract.plan_code,
            status=status,
            version=contract.version,
            effective_on=effective_on,
            state=address.state,
            zip=address.zip,
        ),
    )
