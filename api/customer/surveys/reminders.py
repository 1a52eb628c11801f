"""One reminder of a survey that nobody has answered. Services never commit."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from api.customer.accounts.tables import Address, NotificationPreference
from api.customer.contracts.tables import TicketType
from api.customer.notifications.service import notify
from api.customer.surveys import rules
from api.customer.surveys.tables import Survey, SurveyReminder
from api.customer.tickets.tables import Ticket

_Later = aliased(Survey)
# Columns are named: the role of this job reads no others.
_RESOLVED_AGAIN = exists(_Later.id).where(
    _Later.ticket_id == Survey.ticket_id, _Later.ticket_version > Survey.ticket_version
)
_DECIDED = exists(SurveyReminder.survey_id).where(SurveyReminder.survey_id == Survey.id)


async def remind(session: AsyncSession, now: datetime, *, limit: int = 500) -> tuple[int, int]:
    """Decide on the surveys that are old enough; returns how many, and how many were reminded.

    A decision is kept in the transaction that sends the mail, so whatever is run twice, or at
    the same time, reminds once. While sysops decides whether to reopen a ticket, it waits.
    """
    found = (await session.execute(_due(now).limit(limit))).all()
    reminded = 0
    for row in found:
        wanted = rules.is_reminded(
            status=row.status, is_latest=not row.resolved_again, choices=row.choices or {}
        )
        if not await _decide(session, row.id, now, reminded=wanted) or not wanted:
            continue
        reminded += 1
        await notify(
            session,
            row.account_id,
            "survey_reminder",
            cause=str(row.id),
            channel="email",
            context={
                "number": row.number,
                "subject": f"{row.device_name}: {row.name}",
                "time_zone": row.time_zone,
                "survey_id": str(row.id),
                "open_until": row.expires_at.isoformat(),
            },
            ticket_id=row.ticket_id,
            now=now,
        )
    return len(found), reminded


def _due(now: datetime) -> Select[*tuple[Any, ...]]:
    """The surveys that nobody has answered or decided on, the oldest first."""
    return (
        select(
            Survey.id,
            Survey.account_id,
            Survey.ticket_id,
            Survey.expires_at,
            _RESOLVED_AGAIN.label("resolved_again"),
            Ticket.number,
            Ticket.status,
            TicketType.device_name,
            TicketType.name,
            Address.time_zone,
            NotificationPreference.choices,
        )
        .join(Ticket, Ticket.id == Survey.ticket_id)
        .join(TicketType, TicketType.code == Ticket.ticket_type)
        .join(Address, Address.id == Ticket.address_id)
        .outerjoin(NotificationPreference, NotificationPreference.account_id == Survey.account_id)
        .where(
            Survey.answered_at.is_(None),
            Survey.sent_at <= now - rules.REMIND_AFTER,
            Survey.sent_at > now + rules.LEAST_LEFT - rules.OPEN_FOR,
            Ticket.pending_request.is_(None),
            ~_DECIDED,
        )
        .order_by(Survey.sent_at)
    )


async def is_moot(session: AsyncSession, survey_id: UUID, now: datetime) -> bool:
    """Whether a reminder came too late to be sent: it may have waited, for quiet hours or for a
    provider.
    """
    query = (
        select(Ticket.status)
        .join(Survey, Survey.ticket_id == Ticket.id)
        .where(Survey.id == survey_id, Survey.answered_at.is_(None), Survey.expires_at > now)
    )
    return await session.scalar(query) not in {"resolved", "closed"}


async def _decide(session: AsyncSession, survey_id: UUID, now: datetime, *, reminded: bool) -> bool:
    """Keep the decision; False when another run was quicker."""
    decision = (
        insert(SurveyReminder)
        .values(survey_id=survey_id, decided_at=now, reminded=reminded)
        .on_conflict_do_nothing()
        .returning(SurveyReminder.survey_id)
    )
    return await session.scalar(decision) is not None
