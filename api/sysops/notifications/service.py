"""Telling staff something: written in the caller's transaction, sent by the relay."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel import outbox
from api.messages import StaffNotification
from api.sysops.notifications.tables import Notification
from api.sysops.staff.tables import Staff

Kind = Literal[
    "visit_proposed", "visit_off", "visit_missed", "visits_ahead", "expert_did_not_come",
    "customer_to_call", "ticket_escalated", "pinned_visit", "low_score", "customer_unreached",
    "promise_broken", "staff_unreached", "invitation", "password_reset",
]  # fmt: skip
# What goes as a text message; when that fails, by e-mail. All else goes by e-mail.
BY_SMS: frozenset[Kind] = frozenset({"visit_proposed", "visit_off", "visit_missed", "visits_ahead"})


async def notify(
    session: AsyncSession,
    staff_id: UUID,
    kind: Kind,
    *,
    cause: str,
    channel: Literal["sms", "email"],
    context: dict[str, Any],
    ticket_id: UUID | None,
    now: datetime,
) -> None:
    """Tell one member of staff once for one cause; a repetition does nothing."""
    statement = (
        insert(Notification)
        .values(
            staff_id=staff_id,
            ticket_id=ticket_id,
            kind=kind,
            cause=cause,
            channel=channel,
            context=context,
            status="queued",
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Notification.id)
    )
    notification_id = await session.scalar(statement)
    if notification_id is not None:
        await outbox.send(session, StaffNotification(notification_id=notification_id))


async def notify_managers(
    session: AsyncSession,
    kind: Kind,
    *,
    cause: str,
    context: dict[str, Any],
    ticket_id: UUID | None,
    now: datetime,
) -> None:
    """Tell every active manager by e-mail."""
    await _notify_role(session, "manager", kind, cause, context, ticket_id, now)


async def notify_helpdesk(
    session: AsyncSession,
    kind: Kind,
    *,
    cause: str,
    context: dict[str, Any],
    ticket_id: UUID,
    now: datetime,
) -> None:
    """Tell everybody active at the helpdesk by e-mail."""
    await _notify_role(session, "helpdesk", kind, cause, context, ticket_id, now)


async def notify_administrators(
    session: AsyncSession, kind: Kind, *, cause: str, context: dict[str, Any], now: datetime
) -> None:
    """Tell every active administrator by e-mail."""
    await _notify_role(session, "administrator", kind, cause, context, None, now)


async def _notify_role(
    session: AsyncSession,
    role: str,
    kind: Kind,
    cause: str,
    context: dict[str, Any],
    ticket_id: UUID | None,
    now: datetime,
) -> None:
    people = await session.scalars(
        select(Staff.id).where(Staff.active, Staff.roles.contains([role]))
    )
    for person in people.all():
        await notify(
            session,
            person,
            kind,
            cause=cause,
            channel="email",
            context=context,
            ticket_id=ticket_id,
            now=now,
        )
