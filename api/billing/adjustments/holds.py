"""Holding a contract: no new invoice, no charge and no reminder until it is released.

Service is not affected: a hold is for questions about money, and the customer goes on being
helped (ADR 0033). Standing stays as it was.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.adjustments import history
from api.billing.adjustments.history import Act
from api.billing.adjustments.tables import ActKind
from api.billing.contracts.billed import tell
from api.billing.contracts.tables import Contract
from api.billing.invoices.announce import announce
from api.billing.payments.alerts import Cause, open_alerts
from api.kernel.errors import Conflict, NotFound

UNBILLED = "unbilled_month"

# The schedule of reminders goes on where it stood.
_SHIFT = text("""
UPDATE dunning d SET started_at = d.started_at + (CAST(:now AS timestamptz) - :since),
    next_at = d.next_at + (CAST(:now AS timestamptz) - :since)
FROM invoice i
WHERE i.id = d.invoice_id AND i.contract_id = :contract_id AND d.status = 'running'
""")

# What is told of a declined invoice is when it is tried again: that has changed.
_OWED = text("""
UPDATE invoice SET version = version + 1
WHERE contract_id = :contract_id AND status = 'declined' RETURNING id
""")

# Months that were drafted while the contract was held.
_MISSED = text("""
SELECT r.period FROM billing_run r, contract c JOIN plan p ON p.code = c.plan_code
WHERE c.id = :contract_id AND c.standing = 'good'
    AND (p.interval = 'month' OR extract(month FROM c.starts_on) = extract(month FROM r.period))
    AND r.status IN ('approved', 'issued', 'charging', 'finished')
    AND EXISTS (
        SELECT FROM run_event e WHERE e.run_id = r.id AND e.act = 'drafted' AND e.at >= :since
    )
    AND c.starts_on < r.period + interval '1 month'
    AND (c.ends_on IS NULL OR (c.ends_on >= r.period AND c.ends_on >= c.starts_on))
    AND NOT EXISTS (SELECT FROM invoice i WHERE i.contract_id = c.id AND i.run_id = r.id)
ORDER BY r.period
""")


async def hold(session: AsyncSession, contract_id: UUID, act: Act) -> Contract:
    """Hold a contract; raises NotFound, or Conflict when it is held already.

    A charge that is under way is finished; what a run was approved for is still issued.
    """
    contract = await _locked(session, contract_id)
    if contract.held_since is not None:
        raise Conflict("This contract is held already.")
    contract.held_since = act.now
    await _changed(session, contract, ActKind.HOLD, act)
    return contract


async def release(
    session: AsyncSession, contract_id: UUID, act: Act
) -> tuple[Contract, list[date]]:
    """Release a contract; returns the months, by their first days, that it was not billed for.

    Finance is alerted of them. Raises NotFound, or Conflict when it is not held.
    """
    contract = await _locked(session, contract_id)
    since = contract.held_since
    if since is None:
        raise Conflict("This contract is not held.")
    contract.held_since = None
    asked = {"contract_id": contract_id, "since": since}
    await session.execute(_SHIFT, asked | {"now": act.now})
    missed = list((await session.execute(_MISSED, asked)).scalars())
    if missed:
        months = ", ".join(f"{month:%Y-%m}" for month in missed)
        detail = f"This contract was held when {months} was billed; it has no invoice for that."
        cause = Cause(contract.id, detail, contract.customer_id)
        await open_alerts(session, UNBILLED, [cause], act.now)
    await _changed(session, contract, ActKind.RELEASE, act)
    return contract, missed


async def _changed(session: AsyncSession, contract: Contract, kind: ActKind, act: Act) -> None:
    """Write it down and tell the customer quantum, of the open invoices too."""
    contract.billing_version += 1
    contract.updated_at = act.now
    await session.flush()
    await history.record(session, act, kind, contract)
    await tell(session, contract, act.now)
    owed = await session.execute(_OWED, {"contract_id": contract.id})
    await announce(session, owed.scalars().all(), act.now, adjusted=True)


# Invoices before their contract, by number: the order in which the charge step, and whoever acts
# on an invoice, takes them. The other way round two could wait for each other.
_LOCK_INVOICES = text("""
SELECT FROM invoice WHERE contract_id = :contract_id AND status IN ('issued', 'declined')
ORDER BY number FOR UPDATE
""")


async def _locked(session: AsyncSession, contract_id: UUID) -> Contract:
    await session.execute(_LOCK_INVOICES, {"contract_id": contract_id})
    contract = await session.get(
        Contract, contract_id, with_for_update=True, populate_existing=True
    )
    if contract is None:
        raise NotFound("There is no such contract.")
    return contract
