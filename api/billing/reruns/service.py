"""Asking for a customer to be billed again for a month whose run is issued."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.adjustments import history
from api.billing.adjustments.history import Act
from api.billing.adjustments.tables import ActKind
from api.billing.calendar import Period
from api.billing.contracts.tables import Contract
from api.billing.invoices import rules, runs
from api.billing.invoices.tables import BillingRun
from api.billing.reruns.tables import Rerun
from api.kernel.errors import Conflict, FieldError, Invalid, NotFound


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, why, and when; `by` is the id of one of the staff, or the name of a job."""

    by: str
    reason: str
    now: datetime


class UnknownCustomer(NotFound):
    """Billing has no contract of that customer."""


async def ask_as_staff(session: AsyncSession, period: Period, customer_id: UUID, act: Act) -> Rerun:
    """Have a customer billed again, with an entry in the history of acts, see `ask`."""
    asked = Asked(str(act.actor_id), act.reason, act.now)
    try:
        made, new = await ask(session, period, customer_id, asked)
    except UnknownCustomer as error:
        raise Invalid([FieldError("/customer_id", error.detail)]) from error
    if new:
        await history.record(
            session, act, ActKind.RERUN, None, subject_id=made.id, customer_id=customer_id
        )
    return made


async def ask(
    session: AsyncSession, period: Period, customer_id: UUID, asked: Asked
) -> tuple[Rerun, bool]:
    """Have a customer billed again within minutes; the one that is open when there is one, and
    whether it is new.

    Raises NotFound, Conflict when the run of the month is not issued yet, or UnknownCustomer.
    """
    run = await runs.find_run(session, period)
    if run.status not in rules.ISSUED:
        raise Conflict(
            f"The run of {period} is {run.status}: what is due is billed with it. A customer is"
            " billed again when it is issued."
        )
    known = select(Contract.id).where(Contract.customer_id == customer_id).limit(1)
    if await session.scalar(known) is None:
        raise UnknownCustomer("Billing knows no such customer.")
    values = {"run_id": run.id, "customer_id": customer_id, "asked_by": asked.by}
    id_ = await session.scalar(
        insert(Rerun)
        .values(**values, reason=asked.reason, asked_at=asked.now)
        .on_conflict_do_nothing(
            index_elements=["run_id", "customer_id"], index_where=Rerun.done_at.is_(None)
        )
        .returning(Rerun.id)
    )
    open_one = select(Rerun).where(
        Rerun.run_id == run.id, Rerun.customer_id == customer_id, Rerun.done_at.is_(None)
    )
    found = await session.scalar(open_one)
    if found is None:
        raise Conflict("The customer was just billed again. Look at the invoices.")
    return found, id_ is not None


async def of_month(
    session: AsyncSession, period: Period, customer_id: UUID | None
) -> Sequence[Rerun]:
    """Who was billed again for a month, the newest first; raises NotFound."""
    run: BillingRun = await runs.find_run(session, period)
    query = select(Rerun).where(Rerun.run_id == run.id)
    if customer_id is not None:
        query = query.where(Rerun.customer_id == customer_id)
    return (await session.scalars(query.order_by(Rerun.asked_at.desc(), Rerun.id.desc()))).all()
