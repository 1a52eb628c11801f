"""Reading and closing alerts."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.adjustments import history
from api.billing.adjustments.history import Act
from api.billing.adjustments.tables import ActKind
from api.billing.payments.tables import Alert
from api.kernel.errors import Conflict, NotFound
from api.kernel.paging import Position


class AlertStatus(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


async def page(
    session: AsyncSession,
    *,
    status: AlertStatus | None,
    kind: str | None,
    after: Position | None,
    size: int,
) -> list[Alert]:
    """Alerts after a position, the newest first."""
    query = select(Alert)
    if status is not None:
        query = query.where(Alert.status == status.value)
    if kind is not None:
        query = query.where(Alert.kind == kind)
    if after is not None:
        query = query.where(tuple_(Alert.created_at, Alert.id) < (after.moment, after.id))
    query = query.order_by(Alert.created_at.desc(), Alert.id.desc()).limit(size)
    return list(await session.scalars(query))


async def close(session: AsyncSession, alert_id: UUID, act: Act) -> Alert:
    """Somebody has looked after it; raises NotFound, or Conflict when it is closed already."""
    alert = await session.get(Alert, alert_id, with_for_update=True)
    if alert is None:
        raise NotFound("There is no such alert.")
    if alert.status == "closed":
        raise Conflict("This alert is closed already.")
    alert.status, alert.closed_at = "closed", act.now
    await history.record(
        session,
        act,
        ActKind.CLOSE_ALERT,
        None,
        subject_id=alert.id,
        customer_id=alert.customer_id,
    )
    return alert
