"""Sends what is written for customers, once each."""

from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts.links import MailedTokens
from api.customer.accounts.tables import Account, NotificationPreference
from api.customer.notifications import rules
from api.customer.notifications.tables import Notification
from api.customer.surveys import reminders
from api.customer.surveys.links import SurveyLinks
from api.kernel import outbox
from api.kernel.outside.delivery import Channel, Sender
from api.kernel.outside.failures import PermanentFailure
from api.messages import CustomerNotification

log = structlog.get_logger()


class CustomerNotifier:
    """Handles `CustomerNotification`; a temporary failure is raised, and the relay tries again.

    A mail that is sent twice, because this process died in between, carries the same
    Message-ID; an SMS has no such thing, and may come twice.
    """

    def __init__(
        self, sender: Sender, links: SurveyLinks, tokens: MailedTokens, public_base_url: str
    ) -> None:
        """`public_base_url` is where customers reach the customer API."""
        self._sender = sender
        self._links = links
        self._tokens = tokens
        self._public_base_url = public_base_url

    async def send(
        self, session: AsyncSession, message: CustomerNotification, now: datetime
    ) -> None:
        """Send one queued notification and note what the provider said."""
        notification = await session.get(
            Notification, message.notification_id, with_for_update=True
        )
        if notification is None or notification.status != "queued":
            return
        held = await self._quiet(session, notification, now)
        if held is not None:
            await outbox.send(session, message, delay=held - now)
            return
        if await self._is_moot(session, notification, now):
            notification.status = "failed"
            notification.failure = "It was answered, over or open again before this was sent."
            return
        query = select(Account.email, Account.phone, Account.full_name)
        person = (await session.execute(query.where(Account.id == notification.account_id))).one()
        channel: Channel = "sms" if notification.channel == "sms" else "email"
        facts = {"notification": str(notification.id), "kind": notification.kind}
        try:
            notification.provider_reference = await self._sender.send(
                notification.id,
                notification.kind,
                channel,
                email=person.email,
                phone=person.phone,
                context=self._context(notification, person.full_name),
            )
        except PermanentFailure as failure:
            notification.status = "failed"
            notification.failure = str(failure)
            log.warning("notification_failed", **facts, code=failure.code)
        else:
            notification.status = "sent"
            notification.sent_at = now
            log.info("notification_sent", **facts)

    async def _quiet(
        self, session: AsyncSession, notification: Notification, now: datetime
    ) -> datetime | None:
        """When this may be sent, None for now."""
        query = select(
            NotificationPreference.quiet_from,
            NotificationPreference.quiet_until,
            NotificationPreference.time_zone,
        ).where(NotificationPreference.account_id == notification.account_id)
        chosen = (await session.execute(query)).one_or_none()
        if chosen is None or chosen.quiet_from is None:
            return None
        window_start = notification.context.get("window_start")
        return rules.held_until(
            rules.QuietHours(chosen.quiet_from, chosen.quiet_until, chosen.time_zone),
            notification.kind,
            datetime.fromisoformat(window_start) if window_start else None,
            now,
        )

    async def _is_moot(
        self, session: AsyncSession, notification: Notification, now: datetime
    ) -> bool:
        """Whether it asks for what was done while it waited."""
        survey_id = notification.context.get("survey_id")
        if notification.kind != "survey_reminder" or survey_id is None:
            return False
        return await reminders.is_moot(session, UUID(survey_id), now)

    def _context(self, notification: Notification, full_name: str) -> dict[str, Any]:
        """A link or token is made when it is needed: it is a key, and no table keeps it."""
        context = {**notification.context, "name": full_name}
        if "survey_id" in context:
            survey_id = UUID(context["survey_id"])
            context["link"] = self._links.url(self._public_base_url, survey_id)
        if "mailed_token_id" in context:
            context["token"] = self._tokens.token(UUID(context["mailed_token_id"]))
        return context
