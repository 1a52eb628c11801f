"""The survey's pages."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from api.customer.linked_pages import LinkedPages, Page
from api.customer.surveys.rules import LONGEST_TEXT, SCORES, Return, values_of
from api.customer.surveys.service import Subject, questions_of
from api.customer.surveys.tables import SurveyTemplate
from api.customer.tickets.rules import REOPEN_WITHIN
from api.messages import Question

_NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")
_QUESTIONS_A_MINUTE = 4

_pages = LinkedPages(
    "api.customer.surveys", scores=SCORES, longest_text=LONGEST_TEXT, values_of=values_of
)


def form(
    subject: Subject,
    typed: Mapping[str, Sequence[str]] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Page:
    """The questions, with what was typed and what is wrong with it."""
    return _form(
        subject.template,
        ticket_number=subject.ticket_number,
        device=subject.device,
        trouble=subject.trouble,
        typed=typed or {},
        errors=errors or {},
        preview=None,
    )


def preview(template: SurveyTemplate) -> Page:
    """The page as a customer would get it, for whoever keeps it; its button sends nothing."""
    return _form(
        template,
        ticket_number=100_001,
        device="Laptop",
        trouble="Does not start",
        typed={},
        errors={},
        preview=f"{template.code}, version {template.version}",
    )


def _form(template: SurveyTemplate, *, errors: Mapping[str, str], **context: object) -> Page:
    questions = questions_of(template)
    return _pages.page(
        "form.html",
        422 if errors else 200,
        heading=template.heading,
        introduction=introduction(questions),
        questions=questions,
        errors=errors,
        **context,
    )


def introduction(questions: Sequence[Question]) -> str:
    """How much there is to answer, and what must be."""
    count = len(questions)
    minutes = -(-count // _QUESTIONS_A_MINUTE)
    length = f"{_NUMBERS[count]} question{'s' * (count > 1)}"
    time = f"{_NUMBERS[minutes].lower()} minute{'s' * (minutes > 1)}"
    needed = [question.required for question in questions]
    if all(needed):
        return f"{length}, {time}."
    if needed == [True, *[False] * (count - 1)]:
        return f"{length}, {time}. Only the first one needs an answer."
    return f"{length}, {time}. What is marked as optional can be left out."


def thanks(
    subject: Subject,
    coming_back: Return = "none",
    *,
    action: str | None = None,
    reason: str = "",
    error: str | None = None,
) -> Page:
    """The survey has its answer; after a low score another visit can be asked for.

    `action` is where the request goes, None for the address of this page itself.
    """
    until = subject.resolved_at + REOPEN_WITHIN if subject.resolved_at else None
    return _pages.page(
        "thanks.html",
        422 if error else 200,
        answered=_day(subject.survey.answered_at, subject),
        coming_back=coming_back,
        until=_day(until, subject) if until else None,
        action=action,
        reason=reason,
        error=error,
    )


def already_answered(subject: Subject) -> Page:
    """A second answer is not kept."""
    return _pages.message(
        409,
        "You have already answered",
        f"We received your answer on {_day(subject.survey.answered_at, subject)}, "
        "and a survey can be answered once.",
        "Your first answer stays as it is. Thank you.",
    )


def expired(subject: Subject) -> Page:
    """Its time is over."""
    return _pages.message(
        410,
        "This survey is closed",
        f"It could be answered until {_day(subject.survey.expires_at, subject)}.",
        "Is something still wrong? Open your ticket and ask to reopen it, or call us.",
    )


def unknown() -> Page:
    """A link that we did not make."""
    return _pages.message(
        404,
        "We do not know this survey",
        "The link may be cut off. Open it from the e-mail again, or copy all of it.",
    )


def refused(status: int) -> Page:
    """A request that our form does not make."""
    return _pages.message(
        status,
        "That did not work",
        "Your answer could not be read. Go back, shorten it if it is very long, and try again.",
    )


def not_possible(status: int, why: str) -> Page:
    """What was asked for cannot be; the reason is meant for people."""
    return _pages.message(status, "That is not possible", why)


def trouble(status: int) -> Page:
    """We are to blame; nothing was kept."""
    return _pages.message(
        status,
        "Something went wrong on our side",
        "Your answer was not saved. Go back and send it again in a minute.",
    )


def _day(moment: datetime | None, subject: Subject) -> str:
    """A day as the customer's calendar has it."""
    if moment is None:
        raise ValueError(f"Survey {subject.survey.id} has no such day.")
    return f"{moment.astimezone(ZoneInfo(subject.time_zone)):%A, %B %-d}"
