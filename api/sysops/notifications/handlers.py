"""Sends what is written for staff, once each."""

from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.notifications.outgoing import Outgoing, Recipient
from api.kernel.notifications.rules import Step
from api.kernel.outside.delivery import Sender
from api.messages import StaffNotification
from api.sysops.notifications import rules
from api.sysops.notifications.service import notify_administrators
from api.sysops.notifications.tables import LOG, Notification
from api.sysops.staff import links
from api.sysops.staff.tables import Staff
from api.sysops.tickets.tables import Assignment

log = structlog.get_logger()

REPORTS_PATH = "/sysops/notifications/reports"


class StaffNotifier:
    """Handles `StaffNotification`; a temporary failure is raised, and the relay tries again."""

    def __init__(self, sender: Sender, staff_base_url: str, dashboards_url: str) -> None:
        """`staff_base_url` is where staff, and the SMS provider, reach the sysops API;
        `dashboards_url` where managers open the pages on which a mail's link leads.
        """
        self._out = Outgoing(LOG, sender, staff_base_url.rstrip("/") + REPORTS_PATH)
        self._dashboards_url = dashboards_url.rstrip("/")

    async def send(self, session: AsyncSession, message: StaffNotification, now: datetime) -> None:
        """Bring one notification a step further: send it, or note what became of it."""
        notification = await session.get(
            Notification,
            message.notification_id,
            # Its attempts refer to it, and are written meanwhile.
            with_for_update={"key_share": True},
        )
        if notification is None:
            return
        step = await self._out.step(session, notification)
        if step == "send":
            if await _overtaken(session, notification, now):
                _let_go(notification, None)
                return
            step = await self._send(session, notification, now)
        if await self._out.settle(session, notification, step, message, now):
            await _alert(session, notification, now)

    async def _send(self, session: AsyncSession, notification: Notification, now: datetime) -> Step:
        query = select(Staff.email, Staff.phone, Staff.full_name)
        person = (await session.execute(query.where(Staff.id == notification.staff_id))).one()
        context = {**notification.context, "name": person.full_name}
        if notification.ticket_id is not None:
            context["link"] = f"{self._dashboards_url}/ticket?id={notification.ticket_id}"
        if notification.kind in links.KINDS:
            token = await links.make_token(session, UUID(notification.cause), now)
            if token is None:
                _let_go(notification, "A newer link took its place before it was sent.")
                return "nothing"
            context["token"] = token
        recipient = Recipient(person.email, person.phone)
        return await self._out.send(session, notification, recipient, context, now)


def _let_go(notification: Notification, why: str | None) -> None:
    notification.status = "overtaken"
    notification.failure = why
    log.info("notification_overtaken", notification=str(notification.id))


async def _overtaken(session: AsyncSession, notification: Notification, now: datetime) -> bool:
    said = notification.context
    status = None
    if notification.kind == "visit_proposed":
        query = select(Assignment.status).where(Assignment.id == UUID(notification.cause))
        status = await session.scalar(query)
    times = {
        name: datetime.fromisoformat(said[name])
        for name in ("window_start", "window_end", "answer_by")
        if said.get(name)
    }
    return rules.is_overtaken(rules.Claim(notification.kind, **times), status, now)


async def _alert(session: AsyncSession, notification: Notification, now: datetime) -> None:
    """Administrators hear once a day of a member of staff who is not reached."""
    if notification.kind not in rules.NEEDED:
        return
    query = select(Staff.full_name).where(Staff.id == notification.staff_id)
    context = {
        "who": await session.scalar(query),
        "kind": notification.kind.replace("_", " "),
        "failure": notification.failure,
    }
    cause = f"{notification.staff_id}/{now.date().isoformat()}"
    await notify_administrators(session, "staff_unreached", cause=cause, context=context, now=now)
