"""The survey that a customer opens from an e-mail. The link is all it needs."""

from datetime import datetime
from typing import Any

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.linked_pages import HEADERS, AnyRequest, failing
from api.customer.surveys import pages, returning, rules, service
from api.customer.surveys.links import PATH, SurveyLinks
from api.kernel.errors import DomainError


def _not_possible(_: AnyRequest, error: DomainError) -> Response[Any]:
    return pages.not_possible(error.status_code, error.detail)


class SurveyController(Controller):
    path = "/surveys"
    # The application answers with JSON; whoever answers a survey reads pages.
    exception_handlers = {  # noqa: RUF012 - Litestar's own way
        **failing(PATH, pages.refused, pages.trouble),
        DomainError: _not_possible,
    }

    @get("/{token:str}", media_type="text/html", summary="The survey page")
    async def show(
        self,
        token: FromPath[str],
        session: NamedDependency[AsyncSession],
        links: NamedDependency[SurveyLinks],
        now: NamedDependency[datetime],
    ) -> Response[str]:
        """A page with the questions; 404 for an unknown link, 410 after 14 days."""
        subject = await _subject(session, links, token)
        if subject is None:
            return pages.unknown()
        state = _state(subject, now)
        if state == "answered":
            coming_back = await returning.return_of(session, subject, now)
            return pages.thanks(subject, coming_back, action=f"{token}/reopen")
        return pages.form(subject) if state == "open" else pages.expired(subject)

    @post("/{token:str}", status_code=303, media_type="text/html", summary="Answer the survey")
    async def answer(
        self,
        token: FromPath[str],
        request: AnyRequest,
        session: NamedDependency[AsyncSession],
        links: NamedDependency[SurveyLinks],
        now: NamedDependency[datetime],
    ) -> Response[str]:
        """A form with a field for each question of the page: `score` (1 to 5), and what else its
        template asks. 303 to the page that says thank you; 422 shows what to correct, 409 that
        there is an answer already.
        """
        subject = await _subject(session, links, token, to_answer=True)
        if subject is None:
            return pages.unknown()
        state = _state(subject, now)
        if state == "answered":
            return pages.already_answered(subject)
        if state == "expired":
            return pages.expired(subject)
        typed = await _typed(request)
        if typed is None:
            return pages.refused(400)
        given, errors = rules.read_form(subject.questions, typed)
        if given is None:
            return pages.form(subject, typed, errors)
        await service.answer(session, subject.survey, given, now)
        return _to_page(token)

    @get(
        "/{token:str}/reopen",
        status_code=303,
        media_type="text/html",
        summary="Back to the survey page",
    )
    async def back(
        self, token: FromPath[str], links: NamedDependency[SurveyLinks]
    ) -> Response[str]:
        """For browsers that open the address of a refused form again, as a restored tab does."""
        return _to_page(f"../{token}") if links.read(token) else pages.unknown()

    @post(
        "/{token:str}/reopen",
        status_code=303,
        media_type="text/html",
        summary="Ask for another visit after a low score",
    )
    async def reopen(
        self,
        token: FromPath[str],
        request: AnyRequest,
        session: NamedDependency[AsyncSession],
        links: NamedDependency[SurveyLinks],
        now: NamedDependency[datetime],
    ) -> Response[str]:
        """A form with `reason`: what is still wrong. 303 to the page, which says what became of
        it; 422 shows what to correct. The page offers it for 14 days after the resolution.
        """
        subject = await _subject(session, links, token, to_answer=True)
        if subject is None:
            return pages.unknown()
        if await returning.return_of(session, subject, now) == "offered":
            typed = await _typed(request)
            if typed is None:
                return pages.refused(400)
            reason, error = rules.read_reason(typed.get("reason", ()))
            if error is not None:
                return pages.thanks(subject, "offered", reason=reason, error=error)
            await returning.ask(session, subject, reason, now)
        return _to_page(f"../{token}")


async def _subject(
    session: AsyncSession, links: SurveyLinks, token: str, *, to_answer: bool = False
) -> service.Subject | None:
    """The survey that a link leads to; None for a link that we did not make."""
    survey_id = links.read(token)
    return await service.find(session, survey_id, to_answer=to_answer) if survey_id else None


async def _typed(request: AnyRequest) -> dict[str, list[str]] | None:
    """The texts of a form by their names; None for what is no form."""
    try:
        form = await request.form()
    except UnicodeDecodeError:
        return None
    return {
        name: [value for value in values if isinstance(value, str)]
        for name, values in form.dict().items()
    }


def _to_page(location: str) -> Response[str]:
    """Relative, so that it holds under whatever address the page is published."""
    return Response("", status_code=303, headers={**HEADERS, "Location": location})


def _state(subject: service.Subject, now: datetime) -> rules.State:
    survey = subject.survey
    return rules.state_of(answered_at=survey.answered_at, expires_at=survey.expires_at, now=now)
