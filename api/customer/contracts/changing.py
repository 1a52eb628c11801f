"""Changing the plan: one contract ends and another begins, in one act (ADR 0034)."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts.tables import Address
from api.customer.balance import rules
from api.customer.balance.rules import Change, Cost
from api.customer.balance.service import terms_of
from api.customer.contracts import service
from api.customer.contracts.tables import Contract, SupportPlan
from api.customer.statements.tables import Statement
from api.kernel.errors import Conflict, FieldError, Invalid


@dataclass(frozen=True)
class Planned:
    """A change of plan before it is made: what it does to this month's bills, and what a whole
    month or year of the new plan costs afterwards.
    """

    contract: Contract
    old: SupportPlan
    new: SupportPlan
    change: Change
    then: Cost


async def plan(
    session: AsyncSession,
    account_id: UUID,
    contract_id: UUID,
    plan_code: str,
    now: datetime,
    *,
    lock: bool = False,
) -> Planned:
    """What the change would do now.

    Raises:
        NotFound: not a contract of this customer.
        Conflict: it has ended, is suspended or held, an invoice of it was declined, or the
            customer has the other plan already.
        Invalid: no such plan to choose, or the one that it is on.
    """
    contract = await service.find(session, account_id, contract_id, lock=lock)
    if contract.status != "active":
        raise Conflict("This contract has ended. Start the plan that you want instead.")
    if contract.standing != "good":
        raise Conflict("This contract is suspended because an invoice is overdue. Pay it first.")
    if contract.billing_held:
        raise Conflict("We are looking into the bills of this contract; its plan can change then.")
    await _check_paid(session, contract)
    new = await session.get(SupportPlan, plan_code)
    if new is None or not new.active:
        raise Invalid([FieldError("/plan_code", "There is no such plan to choose.")])
    if plan_code == contract.plan_code:
        raise Invalid([FieldError("/plan_code", "The contract is on this plan already.")])
    running = select(Contract.id).where(
        Contract.account_id == account_id,
        Contract.plan_code == plan_code,
        Contract.status == "active",
    )
    if await session.scalar(running) is not None:
        raise Conflict("You have a running contract on this plan already.")
    old = await service.plan_of(session, contract)
    terms = terms_of(contract, old)
    later = terms_of(contract, new)
    return Planned(contract, old, new, rules.change(terms, later, now), rules.whole(later))


async def change(
    session: AsyncSession, account_id: UUID, contract_id: UUID, plan_code: str, now: datetime
) -> Contract:
    """Change the plan; the new contract. Raises what `plan` raises.

    Tickets that are open stay with the contract that they were opened under, and are served.
    """
    planned = await plan(session, account_id, contract_id, plan_code, now, lock=True)
    old, effective_on = planned.contract, planned.change.effective_on
    started: Contract | None = await session.scalar(
        insert(Contract)
        .values(
            account_id=account_id,
            address_id=old.address_id,
            plan_code=plan_code,
            status="active",
            starts_on=effective_on,
            replaces_id=old.id,
            tax_rate_millionths=old.tax_rate_millionths,
            created_at=now,
            updated_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Contract)
    )
    if started is None:
        raise Conflict("You have a running contract on this plan already.")
    await service.end(session, old, planned.change.last_day, now, replaced_by=started.id)
    address = await session.get_one(Address, old.address_id)
    await service.tell(session, started, address, "active", effective_on)
    return started


async def _check_paid(session: AsyncSession, contract: Contract) -> None:
    """The new contract would be in good standing, whatever becomes of the old one's debt."""
    query = select(Statement.number).where(
        Statement.contract_id == contract.id, Statement.status == "declined"
    )
    if number := await session.scalar(query.limit(1)):
        raise Conflict(f"{number} is not paid. Add or replace your card first, so that it can be.")


def gained_and_lost(old: SupportPlan, new: SupportPlan) -> tuple[list[str], list[str]]:
    """Device types that the new plan covers and the old one does not, and the other way round."""
    before, after = set(old.device_types), set(new.device_types)
    return sorted(after - before), sorted(before - after)


def month_of(change: Change) -> date:
    """The first day of the month whose bills the change divides."""
    return change.effective_on.replace(day=1)
