"""Alerts: what a person must look at, at most one open for a cause."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.payments.tables import Alert


async def open_alert(
    session: AsyncSession,
    kind: str,
    subject_id: UUID,
    detail: str,
    *,
    now: datetime,
    customer_id: UUID | None = None,
) -> None:
    """Open an alert unless the same is open already; `detail` holds no personal data."""
    await session.execute(
        insert(Alert)
        .values(
            kind=kind,
            subject_id=subject_id,
            customer_id=customer_id,
            detail=detail,
            status="open",
            created_at=now,
        )
        .on_conflict_do_nothing(
            index_elements=["kind", "subject_id"], index_where=text("status = 'open'")
        )
    )


async def close_alert(session: AsyncSession, kind: str, subject_id: UUID, now: datetime) -> None:
    """The cause is gone; closing what is not open changes nothing."""
    await session.execute(
        update(Alert)
        .where(Alert.kind == kind, Alert.subject_id == subject_id, Alert.status == "open")
        .values(status="closed", closed_at=now)
    )
