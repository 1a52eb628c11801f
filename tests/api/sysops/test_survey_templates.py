"""Administrators keep what customers are asked, and the customer quantum hears every version."""

from typing import Any

import httpx
import pytest

from tests.api.support import pointers
from tests.api.sysops.conftest import SignIn, add_staff
from tests.api.sysops.test_catalogue import TICKET_TYPE, Desk, desk
from tests.databases import Databases
from tests.messaging import deliver, queued

__all__ = ["desk"]

SCORE: dict[str, Any] = {
    "code": "score",
    "kind": "score",
    "text": "How satisfied are you with the repair?",
    "required": True,
    "choices": [],
}
LIKED: dict[str, Any] = {
    "code": "went_well",
    "kind": "multiple_choice",
    "text": "What went well?",
    "required": False,
    "choices": [
        {"code": "on_time", "text": "The expert came in time"},
        {"code": "clear", "text": "I understood what was done"},
    ],
}
TEMPLATE = {"name": "Repairs", "heading": "How was the repair?", "questions": [SCORE, LIKED]}


async def test_a_template_has_versions_that_all_reach_the_customer_quantum(
    desk: Desk, databases: Databases
) -> None:
    made = await desk.put("/survey-templates/repairs", TEMPLATE)
    assert made.status_code == 200
    assert made.json() == TEMPLATE | {"code": "repairs", "version": 1, "ticket_types": []}
    turned = TEMPLATE | {"questions": [LIKED, SCORE]}
    for _ in range(2):
        assert (await desk.put("/survey-templates/repairs", turned)).json()["version"] == 2
    assert (await desk.get("/survey-templates/repairs")).json()["questions"] == [LIKED, SCORE]

    # Whichever comes first.
    databases.execute("sysops", "UPDATE to_customer.pgqueuer SET priority = id")
    assert await deliver(databases, "sysops", "customer") == 2
    assert databases.rows(
        "customer",
        "SELECT version, heading, questions FROM survey_template WHERE code = 'repairs' ORDER BY 1",
    ) == [(1, "How was the repair?", [SCORE, LIKED]), (2, "How was the repair?", [LIKED, SCORE])]
    entries = databases.rows(
        "sysops",
        "SELECT before -> 'questions', after -> 'questions' FROM audit_entry"
        " WHERE action = 'survey_template.kept' AND subject_id = 'repairs' ORDER BY at",
    )
    assert entries == [(None, [SCORE, LIKED]), ([SCORE, LIKED], [LIKED, SCORE])]


async def test_a_ticket_type_names_its_template_and_the_default_asks_for_the_others(
    desk: Desk, databases: Databases
) -> None:
    await desk.put("/survey-templates/repairs", TEMPLATE)
    own = TICKET_TYPE | {"survey_template": "repairs"}
    kept = (await desk.put("/ticket-types/screen-repair", own)).json()
    assert (kept["survey_template"], kept["version"]) == ("repairs", 1)
    assert {
        it["code"]: it["ticket_types"] for it in (await desk.get("/survey-templates")).json()
    } == {
        "default": ["laptop-repair", "tv-repair"],
        "repairs": ["screen-repair"],
    }
    await deliver(databases, "sysops", "customer")
    named = "SELECT survey_template FROM ticket_type WHERE code = 'screen-repair'"
    assert databases.rows("customer", named) == [("repairs",)]

    assert (await desk.put("/ticket-types/screen-repair", TICKET_TYPE)).json()["version"] == 2
    await deliver(databases, "sysops", "customer")
    assert databases.rows("customer", named) == [(None,)]

    unknown = await desk.put("/ticket-types/screen-repair", own | {"survey_template": "gone"})
    assert (unknown.status_code, pointers(unknown)) == (422, {"/survey_template"})


async def test_a_bad_template_lists_every_error_and_tells_nobody(
    desk: Desk, databases: Databases
) -> None:
    malformed = {
        "heading": " ",
        "questions": [SCORE | {"kind": "stars"}, LIKED | {"code": "Went-Well", "order": 1}],
    }
    answer = await desk.put("/survey-templates/repairs", malformed)
    assert answer.status_code == 400
    assert pointers(answer) == {
        "/name",
        "/heading",
        "/questions/0/kind",
        "/questions/1/code",
        "/questions/1/order",
    }
    impossible = TEMPLATE | {"questions": [LIKED | {"choices": []}, LIKED]}
    refused = await desk.put("/survey-templates/repairs", impossible)
    assert refused.status_code == 422
    assert pointers(refused) == {"/questions", "/questions/0/choices", "/questions/1/code"}
    assert (await desk.get("/survey-templates/repairs")).status_code == 404
    assert queued(databases, "sysops", "customer") == []


async def test_the_default_template_is_there_from_the_beginning_and_can_be_changed(
    desk: Desk, databases: Databases
) -> None:
    default = (await desk.get("/survey-templates/default")).json()
    assert [it["code"] for it in default["questions"]] == ["score", "would_recommend", "comment"]
    published = "SELECT heading, questions FROM survey_template WHERE code = 'default'"
    assert databases.rows("customer", published) == [(default["heading"], default["questions"])]
    changed = await desk.put("/survey-templates/default", TEMPLATE)
    assert (changed.json()["version"], changed.json()["heading"]) == (2, "How was the repair?")


@pytest.mark.parametrize("role", ["helpdesk", "manager"])
async def test_only_an_administrator_keeps_templates(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn, role: str
) -> None:
    add_staff(databases, role)
    other = Desk(sysops, await sign_in(f"{role}@squad.example"))
    assert (await other.put("/survey-templates/repairs", TEMPLATE)).status_code == 403
