"""The way out of one notification: looked at, sent, and brought to its end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel import outbox
from api.kernel.messages import Message
from api.kernel.notifications import attempts, replies
from api.kernel.notifications.attempts import Attempts
from api.kernel.notifications.rules import Step, Try, next_step
from api.kernel.notifications.tables import Log, NotificationColumns
from api.kernel.outside.delivery import Sender

logger = structlog.get_logger()


@dataclass(frozen=True)
class Recipient:
    """Where a person is reached; hidden from logs."""

    email: str = field(repr=False)
    phone: str = field(repr=False)


class Outgoing:
    """Takes the notifications of one quantum to their providers.

    Every state of a notification is written here, by the one relay that holds its row: what a
    provider reports meanwhile is in the attempts, and comes here as a message.
    """

    def __init__(self, log: Log, sender: Sender, reports_base: str) -> None:
        self._log = log
        self._sender = sender
        self._attempts = Attempts(log, sender, reports_base)

    async def step(self, session: AsyncSession, notification: NotificationColumns) -> Step:
        """What is to be done with a locked notification."""
        made = await attempts.of(session, self._log, [notification.id])
        tries = [Try(it.round, it.outcome) for it in made]
        return next_step(notification.status, notification.round, tries)

    async def send(
        self,
        session: AsyncSession,
        notification: NotificationColumns,
        recipient: Recipient,
        context: Mapping[str, Any],
        now: datetime,
        *,
        unsubscribe: str | None = None,
    ) -> Step:
        """Ask its provider once; returns what follows.

        A number that wants no text messages gets none: what it would have read goes by e-mail.

        Raises:
            TemporaryFailure: the relay tries again later.
        """
        if notification.channel == "sms" and await replies.stopped_since(
            session, self._log, recipient.phone
        ):
            notification.channel = "email"
            notification.instead_of_sms = "stopped"
        letter = self._sender.write(
            notification.id, notification.kind, notification.channel, context, unsubscribe
        )
        await self._attempts.make(
            session,
            notification,
            letter,
            email=recipient.email,
            phone=recipient.phone,
            now=now,
        )
        return await self.step(session, notification)

    async def settle(
        self,
        session: AsyncSession,
        notification: NotificationColumns,
        step: Step,
        again: Message,
        now: datetime,
    ) -> bool:
        """Write what became of it; True when it reached nobody, and nothing more is tried.

        A text message that failed goes by e-mail once: `again` is the message that carries it.
        """
        made = await attempts.of(session, self._log, [notification.id])
        facts = {"notification": str(notification.id), "kind": notification.kind}
        if step in {"sent", "delivered"}:
            proof = next(
                it for it in reversed(made) if it.outcome == ("taken" if step == "sent" else step)
            )
            notification.status = "sent" if step == "sent" else "delivered"
            notification.channel = proof.channel
            notification.provider_reference = proof.reference
            notification.failure = None
            notification.sent_at = notification.sent_at or now
            notification.delivered_at = now if step == "delivered" else None
            logger.info("notification_settled", **facts, status=step)
            return False
        if step != "failed":
            return False
        failed = next(it for it in reversed(made) if it.outcome == "failed")
        notification.failure = f"{failed.code}: {failed.answer}"
        logger.warning("notification_failed", **facts, channel=failed.channel, code=failed.code)
        if failed.channel == "sms":
            notification.channel = "email"
            notification.instead_of_sms = "failed"
            notification.status = "queued"
            notification.round += 1
            await outbox.send(session, again)
            return False
        notification.status = "failed"
        return True
