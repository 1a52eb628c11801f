"""Sends what is written for customers, once each."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts.links import MailedTokens
from api.customer.accounts.tables import Account, NotificationPreference
from api.customer.notifications import rules
from api.customer.notifications.service import OPTIONAL
from api.customer.notifications.tables import LOG, Notification
from api.customer.notifications.unsubscribing import UnsubscribeLinks
from api.customer.surveys import reminders
from api.customer.surveys.links import SurveyLinks
from api.customer.tickets.tables import Ticket
from api.kernel import outbox
from api.kernel.notifications.outgoing import Outgoing, Recipient
from api.kernel.outside.delivery import Sender
from api.messages import CustomerNotification, CustomerUnreached

log = structlog.get_logger()

REPORTS_PATH = "/customer/notifications/reports"
PROMISED = ("accepted", "in_progress")


class CustomerNotifier:
    """Handles `CustomerNotification`; a temporary failure is raised, and the relay tries again.

    A mail that is sent twice, because this process died in between, carries the same
    Message-ID; an SMS has no such thing, and may come twice when its provider reports nothing.
    """

    def __init__(self, sender: Sender, key: str, public_base_url: str) -> None:
        """`key` signs what mails carry; at `public_base_url` customers reach the customer API."""
        base = public_base_url.rstrip("/")
        self._out = Outgoing(LOG, sender, base + REPORTS_PATH)
        self._links = SurveyLinks(key)
        self._tokens = MailedTokens(key)
        self._unsubscribe = UnsubscribeLinks(key)
        self._public_base_url = base

    async def send(
        self, session: AsyncSession, message: CustomerNotification, now: datetime
    ) -> None:
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
            wishes = await _wishes(session, notification)
            if wishes.unwanted or await self._overtaken(session, notification, now):
                notification.status = "overtaken"
                log.info("notification_overtaken", notification=str(notification.id))
                return
            held = _held_until(notification, wishes.quiet, now)
            if held is not None:
                await outbox.send(session, message, delay=held - now)
                return
            query = select(Account.email, Account.phone, Account.full_name)
            mine = Account.id == notification.account_id
            person = (await session.execute(query.where(mine))).one()
            context = self._context(notification, person.full_name)
            recipient = Recipient(person.email, person.phone)
            step = await self._out.send(
                session,
                notification,
                recipient,
                context,
                now,
                unsubscribe=self._unsubscribe.url(
                    self._public_base_url, notification.account_id, notification.kind
                ),
            )
        if await self._out.settle(session, notification, step, message, now):
            await _tell_helpdesk(session, notification, now)

    async def _overtaken(
        self, session: AsyncSession, notification: Notification, now: datetime
    ) -> bool:
        """Whether it asks for what was done while it waited, or says what is no longer so."""
        survey_id = notification.context.get("survey_id")
        if notification.kind == "survey_reminder" and survey_id is not None:
            return await reminders.is_moot(session, UUID(survey_id), now)
        query = select(Ticket.window_start).where(
            Ticket.id == notification.ticket_id, Ticket.status.in_(PROMISED)
        )
        promised = await session.scalar(query)
        return rules.is_overtaken(_claim(notification), promised, now)

    def _context(self, notification: Notification, full_name: str) -> dict[str, Any]:
        """A link or token is made when it is needed: it is a key, and no table keeps it."""
        context = {**notification.context, "name": full_name}
        if "survey_id" in context:
            survey_id = UUID(context["survey_id"])
            context["link"] = self._links.url(self._public_base_url, survey_id)
        if "mailed_token_id" in context:
            context["token"] = self._tokens.token(UUID(context["mailed_token_id"]))
        return context


@dataclass(frozen=True)
class _Wishes:
    quiet: rules.QuietHours | None = None
    unwanted: bool = False


async def _wishes(session: AsyncSession, notification: Notification) -> _Wishes:
    """What the customer wants by now: this kind may have been switched off while it waited."""
    query = select(
        NotificationPreference.quiet_from,
        NotificationPreference.quiet_until,
        NotificationPreference.time_zone,
        NotificationPreference.choices[notification.kind].astext.label("choice"),
    ).where(NotificationPreference.account_id == notification.account_id)
    chosen = (await session.execute(query)).one_or_none()
    if chosen is None:
        return _Wishes()
    quiet = None
    if chosen.quiet_from is not None:
        quiet = rules.QuietHours(chosen.quiet_from, chosen.quiet_until, chosen.time_zone)
    return _Wishes(quiet, notification.kind in OPTIONAL and chosen.choice == "none")


def _held_until(
    notification: Notification, quiet: rules.QuietHours | None, now: datetime
) -> datetime | None:
    if quiet is None:
        return None
    return rules.held_until(quiet, notification.kind, _claim(notification).window_start, now)


async def _tell_helpdesk(session: AsyncSession, notification: Notification, now: datetime) -> None:
    """Who cannot be written to can be called; a receipt or a survey is not worth it."""
    if notification.ticket_id is not None:
        code, _, _ = (notification.failure or "").partition(":")
        unreached = CustomerUnreached(
            ticket_id=notification.ticket_id,
            notification_id=notification.id,
            kind=notification.kind,
            code=code,
            call=notification.kind in rules.ARRIVALS,
            at=now,
        )
        await outbox.send(session, unreached)


def _claim(notification: Notification) -> rules.Claim:
    said = notification.context
    open_for = timedelta(days=said.get("open_days", 0), hours=said.get("open_hours", 0))
    return rules.Claim(
        notification.kind,
        _moment(said.get("window_start")),
        _moment(said.get("window_end")),
        notification.created_at + open_for if open_for else None,
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
