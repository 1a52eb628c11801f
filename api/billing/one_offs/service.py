"""Entering, listing and withdrawing one-off charges and credits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, and_, exists, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.adjustments import history
from api.billing.adjustments.history import Act
from api.billing.adjustments.tables import ActKind
from api.billing.calendar import Period, billing_day
from api.billing.contracts.tables import Contract, Plan, TaxRate
from api.billing.invoices import runs
from api.billing.invoices.numbers import number_text
from api.billing.invoices.tables import BillingRun, Invoice, InvoiceLine
from api.billing.one_offs import rules
from api.billing.one_offs.rules import Holder, NotPossible, State
from api.billing.one_offs.tables import OneOff, OneOffKind, ProductClass
from api.billing.payments.alerts import close_alert
from api.kernel.errors import Conflict, FieldError, Invalid, NotFound
from api.kernel.paging import Position

DRAFTING: Final = 7_302_014
"""The advisory lock of whoever drafts a month or withdraws a one-off: not both at once."""
UNBILLABLE: Final = "unbillable_one_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOneOff:
    """What finance enters; `amount_cents` is before tax."""

    contract_id: UUID
    kind: OneOffKind
    amount_cents: int
    description: str
    product_class: ProductClass
    from_period: Period | None


@dataclass(frozen=True, slots=True)
class Placed:
    """A one-off and the invoice that it is on, if it is on one."""

    one_off: OneOff
    state: State
    invoice_id: UUID | None


@dataclass(frozen=True, slots=True)
class Search:
    """What is None does not matter; `from_period` is a month's first day."""

    customer_id: UUID | None = None
    contract_id: UUID | None = None
    kind: OneOffKind | None = None
    state: State | None = None
    from_period: date | None = None


async def enter(session: AsyncSession, new: NewOneOff, act: Act) -> Placed:
    """Write one down; the next month that is drafted takes it.

    Without a month it is the present one, which is billed when it is over. Raises Invalid for a
    contract that is not known, or Conflict when its plan or the tax rate is not.
    """
    contract = await session.get(Contract, new.contract_id)
    if contract is None:
        raise Invalid([FieldError("/contract_id", "There is no such contract.")])
    plan = await session.get(Plan, contract.plan_code)
    if plan is None:
        raise Conflict("The price of this contract's support plan is not known yet.")
    period = new.from_period or Period.containing(billing_day(act.now))
    taxed = select(
        exists().where(
            TaxRate.state == contract.state,
            TaxRate.product_class == new.product_class.value,
            TaxRate.valid_from <= period.first,
        )
    )
    if not await session.scalar(taxed):
        raise Conflict(f"There is no rate for {new.product_class} in {contract.state}.")
    made = OneOff(
        contract_id=contract.id,
        customer_id=contract.customer_id,
        kind=new.kind.value,
        amount_cents=new.amount_cents,
        currency=plan.currency,
        description=new.description,
        product_class=new.product_class.value,
        from_period=period.first,
        created_at=act.now,
    )
    session.add(made)
    await session.flush()
    await _record(session, act, ActKind.ONE_OFF, contract, made)
    return Placed(made, "open", None)


async def withdraw(session: AsyncSession, one_off_id: UUID, act: Act) -> Placed:
    """It is not billed any more; a held run that had it is drafted again without it.

    Raises NotFound, or Conflict with the reason.
    """
    if not await session.scalar(select(func.pg_try_advisory_xact_lock(DRAFTING))):
        raise Conflict("A month is being drafted. Try again in a few minutes.")
    made = await session.get(OneOff, one_off_id, with_for_update=True)
    if made is None:
        raise NotFound("There is no such one-off charge or credit.")
    row = (await session.execute(_placed().where(OneOff.id == one_off_id))).one()
    holder, run = _holder(row), None
    if holder is not None and holder.number is None:
        run = await session.get_one(BillingRun, row.run_id, with_for_update=True)
        holder = replace(holder, run_status=run.status)
    try:
        again = rules.drafted_again(holder, withdrawn=made.withdrawn_at is not None)
    except NotPossible as reason:
        raise Conflict(str(reason)) from reason
    made.withdrawn_at = act.now
    if again and run is not None:
        await runs.send_back(session, run, act.now)
    await close_alert(session, UNBILLABLE, made.id, act.now)
    contract = await session.get_one(Contract, made.contract_id)
    await _record(session, act, ActKind.WITHDRAW_ONE_OFF, contract, made)
    return Placed(made, "withdrawn", None)


async def show(session: AsyncSession, one_off_id: UUID) -> Placed:
    """One of them; raises NotFound."""
    row = (await session.execute(_placed().where(OneOff.id == one_off_id))).one_or_none()
    if row is None:
        raise NotFound("There is no such one-off charge or credit.")
    return _place(row)


async def page(
    session: AsyncSession, search: Search, after: Position | None, size: int
) -> Sequence[Placed]:
    """Those that match, after a position, the newest first."""
    query = _placed()
    wanted = {
        OneOff.customer_id: search.customer_id,
        OneOff.contract_id: search.contract_id,
        OneOff.kind: search.kind,
        OneOff.from_period: search.from_period,
    }
    for column, value in wanted.items():
        if value is not None:
            query = query.where(column == value)
    if search.state is not None:
        query = query.where(_IN_STATE[search.state])
    if after is not None:
        query = query.where(tuple_(OneOff.created_at, OneOff.id) < (after.moment, after.id))
    query = query.order_by(OneOff.created_at.desc(), OneOff.id.desc()).limit(size)
    return [_place(row) for row in await session.execute(query)]


_THERE = OneOff.withdrawn_at.is_(None)
_IN_STATE: Final = {
    "withdrawn": OneOff.withdrawn_at.is_not(None),
    "open": and_(_THERE, or_(Invoice.id.is_(None), Invoice.status == "void")),
    "drafted": and_(_THERE, Invoice.status.in_(("draft", "parked"))),
    "billed": and_(_THERE, Invoice.number.is_not(None), Invoice.status != "void"),
}


def _placed() -> Select[*tuple[Any, ...]]:
    return (
        select(
            OneOff,
            Invoice.id.label("invoice_id"),
            Invoice.status,
            Invoice.number,
            Invoice.run_id,
            BillingRun.status.label("run_status"),
            BillingRun.period,
        )
        .outerjoin(InvoiceLine, InvoiceLine.one_off_id == OneOff.id)
        .outerjoin(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .outerjoin(BillingRun, BillingRun.id == Invoice.run_id)
    )


def _holder(row: Row[Any]) -> Holder | None:
    if row.invoice_id is None:
        return None
    number = None if row.number is None else number_text(row.number)
    return Holder(row.status, number, row.run_status, str(Period(row.period)))


def _place(row: Row[Any]) -> Placed:
    state = rules.state(_holder(row), withdrawn=row.OneOff.withdrawn_at is not None)
    return Placed(row.OneOff, state, row.invoice_id if state in {"drafted", "billed"} else None)


async def _record(
    session: AsyncSession, act: Act, kind: ActKind, contract: Contract, made: OneOff
) -> None:
    cents = made.amount_cents if made.kind == "charge" else -made.amount_cents
    await history.record(session, act, kind, contract, subject_id=made.id, amount_cents=cents)
