"""Telling staff something: written in the caller's transaction, sent by the relay."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel import outbox, sets
from api.messages import StaffNotification
from api.sysops.notifications.tables import Notification
from api.sysops.staff.tables import Staff

Kind = Literal[
    "visit_proposed", "visit_off", "visit_missed", "visits_ahead", "expert_did_not_come",
    "customer_to_call", "ticket_escalated", "pinned_visit", "low_score", "customer_unreached",
    "promise_broken", "staff_unreached", "schedule_late", "schedules_unwatched",
    "assignment_unproven", "invitation", "password_reset",
]  # fmt: skip
# What goes as a text message; when that fails, by e-mail. All else goes by e-mail.
BY_SMS: frozenset[Kind] = frozenset({"visit_proposed", "visit_off", "visit_missed", "visits_ahead"})


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What one member of staff is told for one cause; `context` is what the words are made of."""

    staff_id: UUID
    kind: Kind
    cause: str
    channel: Literal["sms", "email"]
    context: dict[str, Any]
    ticket_id: UUID | None


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
    notice = Notice(
        staff_id=staff_id,
        kind=kind,
        cause=cause,
        channel=channel,
        context=context,
        ticket_id=ticket_id,
    )
    await notify_all(session, [notice], now)


async def notify_all(session: AsyncSession, notices: Sequence[Notice], now: datetime) -> None:
    """Tell each of them once for one cause; a repetition does nothing."""
    if not notices:
        return
    rows = [{**vars(notice), "status": "queued", "created_at": now} for notice in notices]
    statement = (
        sets.insert_of(Notification, rows)
        .on_conflict_do_nothing()
        .returning(Notification.id, Notification.ticket_id)
    )
    told = (await session.execute(statement)).all()
    await outbox.send(
        session,
        *(StaffNotification(notification_id=one.id) for one in told),
        about=[one.ticket_id for one in told],
    )


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
    notices = [
        Notice(
            staff_id=person,
            kind=kind,
            cause=cause,
            channel="email",
            context=context,
            ticket_id=ticket_id,
        )
        for person in people
    ]
    await notify_all(session, notices, now)
