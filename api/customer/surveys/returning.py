"""Coming again after a low score: asked for on the survey's own page. Services never commit."""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.surveys import rules
from api.customer.surveys.service import Subject
from api.customer.surveys.tables import Survey
from api.customer.tickets import service as tickets
from api.customer.tickets.rules import requests_allowed


async def return_of(session: AsyncSession, subject: Subject, now: datetime) -> rules.Return:
    """What the page of an answered survey says of another visit."""
    survey = subject.survey
    later = exists().where(
        Survey.ticket_id == survey.ticket_id, Survey.ticket_version > survey.ticket_version
    )
    allowed = requests_allowed(subject.ticket_status, now=now, resolved_at=subject.resolved_at)
    return rules.return_of(
        score=survey.score,
        is_latest=not await session.scalar(select(later)),
        status=subject.ticket_status,
        pending_request=subject.pending_request,
        may_reopen="reopen" in allowed,
    )


async def ask(session: AsyncSession, subject: Subject, reason: str, now: datetime) -> None:
    """Ask sysops to reopen the ticket of a locked survey, as its customer can with a password.

    Raises what the request from the customer's account would: sysops decides either way.
    """
    survey = subject.survey
    await tickets.ask(session, survey.account_id, survey.ticket_id, "reopen", now, reason=reason)
