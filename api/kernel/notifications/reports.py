"""What the SMS provider says later of a message that it has taken."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.notifications.rules import REPORTED, merged
from api.kernel.notifications.tables import Log

log_ = structlog.get_logger()


@dataclass(frozen=True)
class Report:
    """`reference` is the provider's name of the message, `status` and `code` its own words."""

    reference: str
    status: str
    code: str | None


async def take(
    session: AsyncSession, log: Log, attempt_id: UUID, report: Report, now: datetime
) -> UUID | None:
    """Note a report; returns the notification to look at again if it says something new.

    A report for no message of ours is counted and otherwise ignored: the provider may have
    been told a wrong address, and repeating it would not help.
    """
    told = REPORTED.get(report.status)
    attempt = await session.get(log.attempt, attempt_id, with_for_update=True)
    if attempt is None or attempt.channel != "sms" or told is None:
        await _count(session, log, now)
        return None
    if attempt.reference not in {None, report.reference}:
        await _count(session, log, now)
        return None
    attempt.reference = report.reference
    attempt.reported_at = now
    known = attempt.outcome
    attempt.outcome = merged(known, told)
    if attempt.outcome == known:
        return None
    attempt.code = report.code
    attempt.answer = report.status
    return attempt.notification_id


async def _count(session: AsyncSession, log: Log, now: datetime) -> None:
    log_.warning("sms_report_unmatched")
    statement = insert(log.unmatched).values(day=now.date(), reports=1)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[log.unmatched.day], set_={"reports": log.unmatched.reports + 1}
        )
    )
