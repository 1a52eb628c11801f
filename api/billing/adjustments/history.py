"""The history of finance's acts: who, when, on what, why. Only ever added to."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.adjustments.tables import ActKind, FinanceAct
from api.billing.contracts.tables import Contract
from api.billing.invoices.tables import Invoice
from api.kernel.paging import Position


@dataclass(frozen=True, slots=True)
class Act:
    """Who acts, why, and when."""

    actor_id: UUID
    reason: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Search:
    """What is None does not matter."""

    customer_id: UUID | None = None
    contract_id: UUID | None = None
    invoice_id: UUID | None = None
    act: ActKind | None = None


async def record(
    session: AsyncSession,
    act: Act,
    kind: ActKind,
    about: Invoice | Contract | None,
    *,
    subject_id: UUID | None = None,
    amount_cents: int | None = None,
    customer_id: UUID | None = None,
) -> None:
    """Write an act down, in the transaction of its effect."""
    invoice = about if isinstance(about, Invoice) else None
    contract_id = invoice.contract_id if invoice else about.id if about else None
    session.add(
        FinanceAct(
            at=act.now,
            actor_id=act.actor_id,
            act=kind.value,
            customer_id=about.customer_id if about else customer_id,
            contract_id=contract_id,
            invoice_id=invoice.id if invoice else None,
            subject_id=subject_id,
            amount_cents=amount_cents,
            reason=act.reason,
        )
    )
    await session.flush()


async def page(
    session: AsyncSession, search: Search, after: Position | None, size: int
) -> list[FinanceAct]:
    """The acts that match, after a position, the newest first."""
    query = select(FinanceAct)
    if after is not None:
        query = query.where(tuple_(FinanceAct.at, FinanceAct.id) < (after.moment, after.id))
    wanted = {
        FinanceAct.customer_id: search.customer_id,
        FinanceAct.contract_id: search.contract_id,
        FinanceAct.invoice_id: search.invoice_id,
        FinanceAct.act: search.act,
    }
    for column, value in wanted.items():
        if value is not None:
            query = query.where(column == value)
    query = query.order_by(FinanceAct.at.desc(), FinanceAct.id.desc()).limit(size)
    return list(await session.scalars(query))
