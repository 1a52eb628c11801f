"""Showing a survey and keeping its answer. Services never commit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import and_, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts.tables import Address
from api.customer.contracts.tables import TicketType
from api.customer.notifications.service import notify
from api.customer.surveys.rules import OPEN_FOR, Answer
from api.customer.surveys.tables import Survey, SurveyTemplate
from api.customer.tickets.tables import Ticket
from api.kernel import outbox
from api.messages import (
    DEFAULT_SURVEY_TEMPLATE,
    Question,
    SurveyAnswered,
    SurveyOutcome,
    TicketStatus,
)


@dataclass(frozen=True)
class Subject:
    """A survey and what it is about: as much as whoever holds the link may read."""

    survey: Survey
    template: SurveyTemplate
    ticket_number: int | None
    ticket_status: TicketStatus
    resolved_at: datetime | None
    pending_request: str | None
    device: str
    trouble: str
    time_zone: str

    @property
    def questions(self) -> list[Question]:
        return questions_of(self.template)


def questions_of(template: SurveyTemplate) -> list[Question]:
    """What a version of a template asks, in order."""
    return msgspec.convert(template.questions, list[Question])


ASKED_BY = and_(
    SurveyTemplate.code == Survey.template, SurveyTemplate.version == Survey.template_version
)


async def find(
    session: AsyncSession, survey_id: UUID, *, to_answer: bool = False
) -> Subject | None:
    """The survey, locked when it is to be answered, so that two answers follow one another."""
    if to_answer:
        # By itself: a query that waits for the lock has looked at the ticket before.
        await session.execute(select(Survey.id).where(Survey.id == survey_id).with_for_update())
    query = (
        select(
            Survey,
            SurveyTemplate,
            Ticket.number,
            Ticket.status,
            Ticket.resolved_at,
            Ticket.pending_request,
            TicketType.device_name,
            TicketType.name,
            Address.time_zone,
        )
        .join(SurveyTemplate, ASKED_BY)
        .join(Ticket, Ticket.id == Survey.ticket_id)
        .join(TicketType, TicketType.code == Ticket.ticket_type)
        .join(Address, Address.id == Ticket.address_id)
        .where(Survey.id == survey_id)
    )
    row = (await session.execute(query)).one_or_none()
    return Subject(*row) if row else None


async def invite(
    session: AsyncSession, ticket: Ticket, version: int, context: dict[str, Any], now: datetime
) -> None:
    """Make the survey of one resolution, and send its link by e-mail; once, whatever repeats.

    A resolution that became known late has its survey, too.
    """
    template = await _asking(session, ticket.ticket_type)
    survey_id = await session.scalar(
        insert(Survey)
        .values(
            ticket_id=ticket.id,
            ticket_version=version,
            account_id=ticket.account_id,
            template=template.code,
            template_version=template.version,
            sent_at=now,
            expires_at=now + OPEN_FOR,
        )
        .on_conflict_do_nothing()
        .returning(Survey.id)
    )
    if survey_id is None:
        return
    await notify(
        session,
        ticket.account_id,
        "survey_invitation",
        cause=f"{ticket.id}/{version}",
        channel="email",
        context=context | {"survey_id": str(survey_id), "open_days": OPEN_FOR.days},
        ticket_id=ticket.id,
        now=now,
    )


async def _asking(session: AsyncSession, ticket_type: str) -> SurveyTemplate:
    """The newest version of what asks for a ticket type.

    While word of the template that it names is on its way, the default one asks: a resolution
    waits for nothing.
    """
    own = select(TicketType.survey_template).where(TicketType.code == ticket_type)
    is_default = SurveyTemplate.code == DEFAULT_SURVEY_TEMPLATE
    query = (
        select(SurveyTemplate)
        .where(or_(is_default, SurveyTemplate.code == own.scalar_subquery()))
        .order_by(is_default, SurveyTemplate.version.desc())
        .limit(1)
    )
    return (await session.scalars(query)).one()


async def answer(session: AsyncSession, survey: Survey, given: Answer, now: datetime) -> None:
    """Keep the answer of a locked survey; analytics learns the scores, sysops the outcome."""
    survey.answered_at = now
    survey.score = given.score
    survey.would_recommend = given.would_recommend
    survey.comment = given.comment
    survey.answers = given.others or None
    await session.flush()
    await outbox.send(
        session,
        SurveyAnswered(
            survey_id=survey.id,
            ticket_id=survey.ticket_id,
            score=given.score,
            would_recommend=given.would_recommend,
            has_comment=bool(given.texts),
            answered_at=now,
            template=survey.template,
            template_version=survey.template_version,
            choices={code: list(chosen) for code, chosen in given.drivers.items()},
        ),
        SurveyOutcome(
            ticket_id=survey.ticket_id,
            score=given.score,
            answered_at=now,
            ticket_version=survey.ticket_version,
        ),
    )
