"""Alerts: what a person must look at, at most one open for a cause."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.payments.tables import Alert


@dataclass(frozen=True, slots=True)
class Cause:
    """What an alert is about; `detail` holds no personal data."""

    subject_id: UUID
    detail: str
    customer_id: UUID | None = None


_OPEN = text("""
INSERT INTO alert (kind, subject_id, customer_id, detail, status, created_at)
SELECT :kind, told.subject_id, told.customer_id, told.detail, 'open', :now
FROM unnest(CAST(:subjects AS uuid[]), CAST(:customers AS uuid[]), CAST(:details AS text[]))
    AS told (subject_id, customer_id, detail)
ON CONFLICT (kind, subject_id) WHERE status = 'open' DO NOTHING
""")


async def open_alerts(
    session: AsyncSession, kind: str, causes: Sequence[Cause], now: datetime
) -> None:
    """Open an alert for each cause that has none open."""
    if not causes:
        return
    asked = {
        "kind": kind,
        "subjects": [it.subject_id for it in causes],
        "customers": [it.customer_id for it in causes],
        "details": [it.detail for it in causes],
        "now": now,
    }
    await session.execute(_OPEN, asked)


async def close_alert(session: AsyncSession, kind: str, subject_id: UUID, now: datetime) -> None:
    """The cause is gone; closing what is not open changes nothing."""
    await session.execute(
        update(Alert)
        .where(Alert.kind == kind, Alert.subject_id == subject_id, Alert.status == "open")
        .values(status="closed", closed_at=now)
    )
