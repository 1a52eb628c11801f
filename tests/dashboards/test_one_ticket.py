"""The page that a mail about a low score leads to, over the real APIs."""

from pathlib import Path
from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from dashboards.settings import settings
from tests.dashboards.apis import WORDS, told_by_both
from tests.dashboards.conftest import Opener, token
from tests.databases import Databases
from tests.integration.assignment.kept import run_and_keep
from tests.world import add_expert

NOBODY_HOME = (
    "INSERT INTO ticket_event"
    " (ticket_id, version, at, actor, from_status, to_status, action, reason)"
    " SELECT id, 2, now(), 'expert', 'accepted', 'open', 'no_show', 'I rang twice.' FROM ticket"
)


def texts(app: AppTest) -> str:
    assert not app.exception, app.exception
    kinds = (app.title, app.caption, app.markdown, app.text, app.info, app.warning)
    return "\n".join(str(one.value) for kind in kinds for one in kind)


async def test_a_manager_sees_what_the_customer_wrote_whom_to_call_and_what_happened(
    page: Opener, databases: Databases, manager: str
) -> None:
    ticket_id = await told_by_both(databases)
    databases.execute("sysops", NOBODY_HOME)
    app = page("ticket", manager, id=str(ticket_id))
    said = texts(app)
    assert [one.value for one in app.title] == ["Ticket 100001"]
    assert [one.value for one in app.metric] == ["1 of 5"]
    # As text: formatting would load what a customer's words name.
    assert WORDS in [one.value for one in app.text]
    assert "How likely are you to recommend us to friends?" in said
    assert "Ada Example\n+12125550123" in said
    assert "Nobody yet." in said
    assert "**Why nobody comes yet**\n" in said
    assert "No assignment run has decided on this ticket yet." in said
    assert "What would help now" in said
    (events,) = app.dataframe
    assert list(events.value["What"]) == ["Received", "Nobody at home"]
    assert list(events.value["Why"]) == ["", "I rang twice."]


async def test_a_manager_sees_why_the_expert_was_chosen_and_who_else_could_have_come(
    page: Opener, databases: Databases, manager: str, tmp_path: Path
) -> None:
    ticket_id = await told_by_both(databases)
    add_expert(databases, "eve")
    add_expert(databases, "mo *bold*", latitude=30.6)
    outcome = await run_and_keep(databases, tmp_path)
    app = page("ticket", manager, id=str(ticket_id))
    said = texts(app)
    assert "**Why this expert**" in said
    assert "Eve was chosen to come " in said
    assert "It costs " in said
    assert "Mo *Bold* lives " in next(one.value for one in app.text if "farther" in one.value)
    assert f"policy balanced/1, proven to be the best choice. Its id: {outcome.run_id}" in said
    others, *_ = app.dataframe
    assert list(others.value["Expert"]) == ["Mo *Bold*"]
    assert "What would help now" not in said


@pytest.mark.parametrize("asked", [{}, {"id": "nonsense"}])
def test_without_a_ticket_the_page_says_what_it_is_for(page: Opener, asked: dict[str, str]) -> None:
    assert "a link names" in texts(page("ticket", **asked))


def test_a_ticket_that_is_not_there_and_an_api_that_is_away_are_said_so(
    page: Opener, manager: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "There is no such ticket." in texts(page("ticket", manager, id=str(uuid4())))
    monkeypatch.setenv("SQUAD_SYSOPS_API_URL", "http://127.0.0.1:1")
    settings.cache_clear()
    assert "does not answer" in texts(page("ticket", manager, id=str(uuid4())))


def test_the_page_is_for_managers_alone(page: Opener) -> None:
    app = page("ticket", token("finance"), id=str(uuid4()))
    assert "Ticket" not in "".join(one.value for one in app.title)
