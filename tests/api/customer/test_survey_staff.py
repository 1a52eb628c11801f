"""What staff see of surveys at the customer API, with the token that sysops gave them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.kernel.auth import STAFF_ISSUER, TokenSigner
from tests.api.customer.conftest import Customer, counts
from tests.api.customer.surveys import GOOD, long_survey, survey
from tests.api.support import bearer, key_pair
from tests.databases import Databases

__all__ = ["long_survey", "survey"]

Ask = Callable[..., Any]


@pytest.fixture
def ask(customer: httpx.AsyncClient) -> Ask:
    """A GET as somebody of the staff."""

    async def get(path: str, *roles: str, audience: str = "customer") -> httpx.Response:
        signer = TokenSigner(STAFF_ISSUER, key_pair("sysops")[0])
        token = signer.sign(uuid4(), roles, ["sysops", audience], datetime.now(UTC))
        return await customer.get(f"/customer{path}", headers=bearer(token))

    return get


def ticket_of(databases: Databases) -> str:
    return str(databases.rows("customer", "SELECT ticket_id FROM survey")[0][0])


async def test_a_manager_reads_an_answer_by_the_questions_that_were_asked(
    customer: httpx.AsyncClient, databases: Databases, long_survey: str, ask: Ask
) -> None:
    path = f"/survey-answers/{ticket_of(databases)}"
    (waiting,) = (await ask(path, "manager")).json()
    assert (waiting["answered_at"], waiting["score"], waiting["answers"]) == (None, None, [])
    form = {
        "time": "late",
        "score": "2",
        "went_well": ["clear", "clean"],
        "would_recommend": "0",
        "comment": "It was late.\r\nAgain.",
    }
    await customer.post(long_survey, data=form)
    (read,) = (await ask(path, "manager")).json()
    assert (read["template"], read["template_version"], read["score"]) == ("repairs", 2, 2)
    assert {it["code"]: it["answer"] for it in read["answers"]} == {
        "time": ["Late"],
        "score": ["2: Dissatisfied"],
        "manners": [],
        "went_well": ["I understood what was done", "All was left <clean>"],
        "would_recommend": ["0"],
        "missing": [],
        "comment": ["It was late.\nAgain."],
    }
    assert read["answers"][0]["question"] == "Did the expert come in time?"


async def test_of_a_ticket_without_a_survey_nothing_is_read_and_an_unknown_one_is_not_found(
    ada: Customer, ask: Ask
) -> None:
    ticket_id = await ada.ticket_id()
    assert (await ask(f"/survey-answers/{ticket_id}", "manager")).json() == []
    assert (await ask(f"/survey-answers/{uuid4()}", "manager")).status_code == 404


async def test_an_administrator_sees_a_template_as_customers_do_and_nothing_is_kept(
    customer: httpx.AsyncClient, databases: Databases, long_survey: str, ask: Ask
) -> None:
    before = counts(databases)
    newest = await ask("/survey-templates/repairs/preview", "administrator")
    assert newest.status_code == 200
    assert newest.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>And now?</h1>" in newest.text
    assert "Preview of the survey template repairs, version 3." in newest.text
    assert 'type="submit"' not in newest.text
    older = await ask("/survey-templates/repairs/preview?version=2", "administrator")
    shown = older.text[older.text.index("<form") :].replace('type="button"', 'type="submit"')
    assert shown == (text := (await customer.get(long_survey)).text)[text.index("<form") :]
    assert counts(databases) == before


@pytest.mark.parametrize("where", ["unheard-of/preview", "repairs/preview?version=9"])
async def test_a_template_that_is_not_here_is_said_so(
    long_survey: str, ask: Ask, where: str
) -> None:
    answer = await ask(f"/survey-templates/{where}", "administrator")
    assert answer.status_code == 404
    assert "on its way" in answer.json()["detail"]


async def test_staff_are_nobodys_customer_and_a_token_for_elsewhere_opens_nothing(
    databases: Databases, survey: str, ask: Ask
) -> None:
    answers = f"/survey-answers/{ticket_of(databases)}"
    assert (await ask(answers, "manager", audience="billing")).status_code == 401
    for role in ("administrator", "helpdesk", "expert", "finance", "customer"):
        assert (await ask(answers, role)).status_code == 403
    for path in ("/me", "/tickets", "/survey-templates/default/preview"):
        assert (await ask(path, "manager")).status_code == 403
    for path in ("/me", "/tickets", "/cards"):
        assert (await ask(path, "administrator", "customer")).status_code == 403


async def test_a_customer_reads_no_answers_of_anybody(
    ada: Customer, databases: Databases, survey: str
) -> None:
    await ada.http.post(survey, data=GOOD)
    assert (await ada.get(f"/survey-answers/{ticket_of(databases)}")).status_code == 403
