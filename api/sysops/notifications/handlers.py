"""Sends what is written for staff, once each."""

from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.outside.delivery import Channel, Sender
from api.kernel.outside.failures import PermanentFailure
from api.messages import StaffNotification
from api.sysops.notifications.tables import Notification
from api.sysops.staff import links
from api.sysops.staff.tables import Staff

log = structlog.get_logger()


class StaffNotifier:
    """Handles `StaffNotification`; a temporary failure is raised, and the relay tries again."""

    def __init__(self, sender: Sender, dashboards_url: str) -> None:
        """`dashboards_url` is where managers open the pages on which a mail's link leads."""
        self._sender = sender
        self._dashboards_url = dashboards_url.rstrip("/")

    async def send(self, session: AsyncSession, message: StaffNotification, now: datetime) -> None:
        """Send one queued notification and note what the provider said."""
        notification = await session.get(
            Notification, message.notification_id, with_for_update=True
        )
        if notification is None or notification.status != "queued":
            return
        person = (
            await session.execute(
                select(Staff.email, Staff.phone, Staff.full_name).where(
                    Staff.id == notification.staff_id
                )
            )
        ).one()
        context = {**notification.context, "name": person.full_name}
        if notification.ticket_id is not None:
            context["link"] = f"{self._dashboards_url}/ticket?id={notification.ticket_id}"
        if notification.kind in links.KINDS:
            token = await links.make_token(session, UUID(notification.cause), now)
            if token is None:
                notification.status = "failed"
                notification.failure = "A newer link took its place before it was sent."
                return
            context["token"] = token
        channel: Channel = "sms" if notification.channel == "sms" else "email"
        try:
            notification.provider_reference = await self._sender.send(
                notification.id,
                notification.kind,
                channel,
                email=person.email,
                phone=person.phone,
                context=context,
            )
        except PermanentFailure as failure:
            notification.status = "failed"
            notification.failure = str(failure)
            log.warning("notification_failed", notification=str(notification.id))
        else:
            notification.status = "sent"
            notification.sent_at = now
