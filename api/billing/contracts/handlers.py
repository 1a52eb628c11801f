"""What customers agreed to, and what plans cost, as the other quanta tell it."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.calendar import billing_day
from api.billing.contracts.billed import tell
from api.billing.contracts.tables import Contract, FormerPrice, Plan
from api.messages import ContractChanged, PlanPriced


class UnknownContract(Exception):
    """A later version came before the first: it is tried again until the first is here."""


class ContractIdentityChanged(Exception):
    """A contract keeps its customer and plan; another plan is another contract (ADR 0030)."""


async def contract_changed(session: AsyncSession, message: ContractChanged, now: datetime) -> None:
    """Keep billing's copy of a contract. An older version changes nothing.

    Of the first version `effective_on` is the contract's first day, of a cancellation its
    last one, still served and billed. Standing and holds are billing's own and stay as they
    are. The customer quantum is told by which rate the contract is taxed.

    Raises:
        UnknownContract: the first version has not arrived.
        ContractIdentityChanged: customer or plan differ from the first version.
    """
    contract = await session.get(Contract, message.contract_id, with_for_update=True)
    if contract is None:
        if message.version != 1:
            raise UnknownContract(f"Contract {message.contract_id} is not known yet.")
        contract = _first(message, now)
        session.add(contract)
        await session.flush()
        await tell(session, contract, now)
        return
    if message.version <= contract.version:
        return
    if (message.customer_id, message.plan_code) != (contract.customer_id, contract.plan_code):
        raise ContractIdentityChanged(f"Contract {message.contract_id} changed customer or plan.")
    cancelled = message.status == "cancelled"
    contract.status = "cancelled" if cancelled else "active"
    contract.ends_on = message.effective_on if cancelled else None
    moved = contract.state != message.state
    contract.state, contract.zip = message.state, message.zip
    if moved:
        contract.billing_version += 1
    contract.version, contract.updated_at = message.version, now
    await session.flush()
    if moved:
        await tell(session, contract, now)


async def plan_priced(session: AsyncSession, message: PlanPriced, now: datetime) -> None:
    """Keep what a plan costs, and what it cost until today. An older version changes nothing."""
    await _keep_former(session, message, billing_day(now))
    values = {
        "version": message.version,
        "name": message.name,
        "price_cents": message.price_cents,
        "currency": message.currency,
        "interval": message.interval,
        "active": message.active,
    }
    await session.execute(
        insert(Plan)
        .values(code=message.code, **values)
        .on_conflict_do_update(
            index_elements=["code"], set_=values, where=Plan.version < message.version
        )
    )


async def _keep_former(session: AsyncSession, message: PlanPriced, today: date) -> None:
    """Of two changes on one day the first tells what was in force until then."""
    older = (Plan.code == message.code, Plan.version < message.version)
    before = await session.scalar(select(Plan.price_cents).where(*older).with_for_update())
    if before is not None and before != message.price_cents:
        await session.execute(
            insert(FormerPrice)
            .values(plan_code=message.code, until=today, price_cents=before)
            .on_conflict_do_nothing()
        )


def _first(message: ContractChanged, now: datetime) -> Contract:
    cancelled = message.status == "cancelled"
    return Contract(
        id=message.contract_id,
        customer_id=message.customer_id,
        plan_code=message.plan_code,
        status="cancelled" if cancelled else "active",
        version=message.version,
        state=message.state,
        zip=message.zip,
        billing_version=1,
        starts_on=message.effective_on,
        ends_on=message.effective_on if cancelled else None,
        updated_at=now,
    )
