"""Whatever people typed is shown as what they typed: a page runs nothing of it."""

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from uuid import UUID

import httpx
import pytest

from api.kernel.auth import STAFF_ISSUER
from tests.api.customer.conftest import Customer
from tests.api.customer.surveys import QUESTIONS, add_survey
from tests.api.customer.test_balance_and_statements import settled, statement
from tests.api.customer.test_unsubscribe import link
from tests.api.served import token
from tests.api.support import bearer
from tests.databases import Databases

SCRIPT = "<script>alert(1)</script>"
HOSTILE = f"{SCRIPT}\"' onfocus=alert(1) autofocus x='<img src=x onerror=alert(1)>-->{{{{ 7*7 }}}}"
STAFF = "00000000-0000-7000-8000-000000000001"
# What the pages are made of themselves.
RUNS_NOTHING = {
    "html", "head", "meta", "title", "style", "body", "main", "header", "footer", "section", "h1",
    "h2", "p", "span", "strong", "a", "ul", "li", "form", "fieldset", "legend", "div", "label",
    "input", "textarea", "button", "table", "caption", "tbody", "tfoot", "tr", "th", "td",
    "address", "br",
}  # fmt: skip


class Parts(HTMLParser):
    """The elements of a page and their attributes, as a browser would find them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs


def wrong(page: httpx.Response) -> Iterator[str]:
    """What of the typed words became a part of a page, or of a template."""
    parts = Parts(page.text)
    yield from (f"<{tag}>" for tag in parts.tags - RUNS_NOTHING)
    for name, value in parts.attributes:
        if name.startswith("on") or (name in {"href", "action", "src"} and SCRIPT in (value or "")):
            yield f"{name}={value}"
    if "49" in page.text and "7*7" not in page.text:
        yield "a template in it was run"


def poison(databases: Databases) -> None:
    """The words of everything that a page shows."""
    questions = [
        one | {"text": HOSTILE, "choices": [it | {"text": HOSTILE} for it in one["choices"]]}
        if "choices" in one
        else one | {"text": HOSTILE}
        for one in QUESTIONS
    ]
    lines = json.dumps([[HOSTILE, 2499], [HOSTILE, 163]])
    for statement_ in (
        "UPDATE account SET full_name = %s",
        "UPDATE address SET line1 = %s, line2 = %s, city = %s",
        "UPDATE ticket SET description = %s",
        "UPDATE ticket_type SET name = %s",
        "UPDATE survey_template SET heading = %s",
    ):
        databases.execute("customer", statement_, *[HOSTILE] * statement_.count("%s"))
    databases.execute(
        "customer", "UPDATE survey_template SET questions = %s", json.dumps(questions)
    )
    databases.execute("customer", "UPDATE statement SET lines = %s, reason = %s", lines, HOSTILE)


@pytest.fixture
async def survey(ada: Customer, databases: Databases) -> str:
    path = await add_survey(ada, databases)
    databases.execute(
        "customer", "UPDATE ticket SET status = 'resolved', resolved_at = now(), version = 6"
    )
    return path


async def test_a_script_in_every_field_is_shown_and_not_run(
    ada: Customer, bob: Customer, databases: Databases, survey: str
) -> None:
    http = ada.http
    made, _ = await statement(bob, databases, settled("payment", 500))
    poison(databases)
    typed = {"score": HOSTILE, "comment": HOSTILE, "missing": HOSTILE, "time": HOSTILE}
    staff = bearer(token(STAFF_ISSUER, UUID(STAFF), "administrator"))
    pages = {
        "the form": await http.get(survey),
        "what was typed": await http.post(survey, data=typed),
        "the preview": await http.get("/customer/survey-templates/default/preview", headers=staff),
        "the statement": await bob.get(f"/statements/{made}/html"),
    }
    answer = {"score": "1", "time": "late", "comment": HOSTILE}
    pages["the thanks"] = await http.post(survey, data=answer)
    again = await http.post(f"{survey}/reopen", data={"reason": HOSTILE + "x" * 2_000})
    pages["another visit"] = again
    pages["unsubscribed"] = await http.post(link(ada), data={"again": HOSTILE})
    pages["no such link"] = await http.get(f"/customer/surveys/{SCRIPT}")
    found = [f"{name}: {it}" for name, page in pages.items() for it in wrong(page)]
    assert found == []
    # It was there to be run.
    shown = {name for name, page in pages.items() if "&lt;script&gt;" in page.text}
    assert shown >= {"the form", "what was typed", "the preview", "the statement", "another visit"}
