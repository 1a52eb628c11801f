"""Asking a provider, written down in transactions of their own.

The caller's transaction is undone when an attempt fails and is repeated later; what was asked and
what was answered stays. It is written before the provider is asked: if the process dies then, the
log says so, and a report of the provider still finds its attempt.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.database import apart
from api.kernel.notifications import replies
from api.kernel.notifications.rules import Outcome, merged
from api.kernel.notifications.tables import AttemptColumns, Log, NotificationColumns
from api.kernel.outside.delivery import Letter, Sender
from api.kernel.outside.failures import PermanentFailure, SendingFailure
from api.kernel.outside.sms import STOPPED
from api.kernel.sets import equals_any


async def of(
    session: AsyncSession, log: Log, notification_ids: Sequence[UUID]
) -> list[AttemptColumns]:
    """All attempts for these notifications, the oldest first."""
    mine = equals_any(log.attempt.notification_id, notification_ids)
    query = select(log.attempt).where(mine).order_by(log.attempt.id)
    return list(await session.scalars(query.execution_options(populate_existing=True)))


@dataclass(frozen=True)
class _Answer:
    outcome: Outcome
    code: str
    answer: str
    reference: str | None = None


class Attempts:
    """Makes attempts for one quantum."""

    def __init__(self, log: Log, sender: Sender, reports_base: str) -> None:
        """`reports_base` is the address below which the quantum hears the provider's reports."""
        self._log = log
        self._sender = sender
        self._reports_base = reports_base.rstrip("/")

    async def make(
        self,
        session: AsyncSession,
        notification: NotificationColumns,
        letter: Letter,
        *,
        email: str,
        phone: str,
        now: datetime,
    ) -> None:
        """Ask the provider once, and keep what it says.

        Raises:
            TemporaryFailure: to be tried again; that it was tried is written down.
        """
        attempt_id = await self._begin(session, notification, letter, now)
        try:
            taken = await self._sender.send(
                letter,
                email=email,
                phone=phone,
                report_to=f"{self._reports_base}/{attempt_id}",
            )
        except SendingFailure as failure:
            permanent = isinstance(failure, PermanentFailure)
            outcome: Outcome = "failed" if permanent else "deferred"
            said = _Answer(outcome, failure.code, failure.answer)
            await self._end(session, attempt_id, said, phone, now)
            if not permanent:
                raise
        else:
            said = _Answer("taken", taken.code, taken.answer, taken.reference)
            await self._end(session, attempt_id, said, phone, now)

    async def _begin(
        self,
        session: AsyncSession,
        notification: NotificationColumns,
        letter: Letter,
        now: datetime,
    ) -> UUID:
        values = {
            "notification_id": notification.id,
            "round": notification.round,
            "channel": letter.channel,
            "provider": self._sender.provider(letter.channel),
            "outcome": "asked",
            "asked_at": now,
        }
        statement = insert(self._log.attempt).values(values).returning(self._log.attempt.id)
        async with apart(session) as own:
            attempt_id: UUID = (await own.execute(statement)).scalar_one()
            return attempt_id

    async def _end(
        self, session: AsyncSession, attempt_id: UUID, said: _Answer, phone: str, now: datetime
    ) -> None:
        """A report may have been quicker than the answer: then the stronger word stays."""
        async with apart(session) as own:
            attempt = await own.get_one(self._log.attempt, attempt_id, with_for_update=True)
            attempt.answered_at = now
            attempt.reference = attempt.reference or said.reference
            attempt.outcome = merged(attempt.outcome, said.outcome)
            if attempt.outcome == said.outcome:
                attempt.code, attempt.answer = said.code, said.answer
            if said.code == STOPPED:
                await replies.keep(own, self._log, str(attempt_id), phone, "refused", now)
