"""A contract's standing: suspended when dunning has come to its end, good again when paid."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.payments.alerts import Cause, close_alert, open_alerts
from api.kernel.outbox import send
from api.messages import ContractStanding, ContractStandingToSysops

SUSPENDED = "contract_suspended"

_SUSPEND = text("""
UPDATE contract SET standing = 'suspended', standing_version = standing_version + 1,
    updated_at = :now
WHERE id = ANY(:ids) AND standing = 'good'
RETURNING id, customer_id, standing, standing_version
""")

_RESTORE = text("""
UPDATE contract SET standing = 'good', standing_version = standing_version + 1, updated_at = :now
WHERE id = ANY(:ids) AND standing = 'suspended' AND NOT EXISTS (
    SELECT FROM invoice i JOIN dunning d ON d.invoice_id = i.id
    WHERE i.contract_id = contract.id AND d.status = 'exhausted' AND i.status = 'declined'
)
RETURNING id, customer_id, standing, standing_version
""")


async def suspend(session: AsyncSession, contract_ids: Sequence[UUID], now: datetime) -> None:
    """No visit and no bill until the debt is paid; customer and sysops are told."""
    rows = await _change(session, _SUSPEND, contract_ids, now)
    detail = "Four reminders were not paid: the contract is suspended."
    await open_alerts(
        session, SUSPENDED, [Cause(row.id, detail, row.customer_id) for row in rows], now
    )


async def restore(session: AsyncSession, contract_ids: Sequence[UUID], now: datetime) -> None:
    """Good again, unless another invoice of the contract is still unpaid at its end."""
    for row in await _change(session, _RESTORE, contract_ids, now):
        await close_alert(session, SUSPENDED, row.id, now)


async def _change(
    session: AsyncSession, query: Any, contract_ids: Sequence[UUID], now: datetime
) -> Sequence[Row[Any]]:
    if not contract_ids:
        return []
    rows = (await session.execute(query, {"ids": list(contract_ids), "now": now})).all()
    for message in (ContractStanding, ContractStandingToSysops):
        await send(
            session,
            *(
                message(
                    contract_id=row.id, standing=row.standing, version=row.standing_version, at=now
                )
                for row in rows
            ),
        )
    return rows
