"""The page on which finance decides on a billing run, over the real Billing API."""

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any
from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from api.kernel.auth import STAFF_ISSUER
from dashboards import runs
from dashboards.settings import settings
from tests.api import served
from tests.dashboards.conftest import Opener, token
from tests.databases import Databases
from tests.orchestration.billing.world import OCTOBER, World


@pytest.fixture
def api(databases: Databases, environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with served.served(served.billing_quantum(databases)) as url:
        monkeypatch.setenv("SQUAD_BILLING_API_URL", url)
        settings.cache_clear()
        yield


def person(*roles: str) -> str:
    return served.token(STAFF_ISSUER, uuid4(), *roles)


def held(databases: Databases) -> World:
    """October waits: 59.97 after a month over 9,000.00, with a limit of 10.00."""
    world = World(databases)
    world.execute(
        "INSERT INTO approval_limit (limit_cents, set_by, set_at, reason)"
        " VALUES (1000, uuidv7(), now(), 'Tried out.')"
    )
    world.plan()
    for _ in range(3):
        world.contract(state="OR", starts_on=OCTOBER.first)
    world.previous_run(3, 900_000)

    async def bill() -> None:
        await world.bill()
        await world.close()

    run(bill())
    return world


def run(it: Coroutine[Any, Any, None]) -> None:
    asyncio.run(it)


def texts(app: AppTest) -> str:
    assert not app.exception, app.exception
    kinds = (app.title, app.caption, app.markdown, app.info, app.warning, app.error)
    return "\n".join(str(one.value) for kind in kinds for one in kind)


def press(app: AppTest, label: str, reason: str) -> str:
    app.text_input[0].set_value(reason)
    (button,) = (it for it in app.button if it.label == label)
    button.click().run()
    return texts(app)


def test_two_people_of_finance_approve_on_the_page_what_they_see(
    page: Opener, databases: Databases, api: None
) -> None:
    world = held(databases)
    first = person("finance")
    app = page("billing_runs", first)
    said = texts(app)
    assert "Waits for finance" in said
    assert "two different people of finance approve it" in said
    values = {it.label: it.value for it in app.metric}
    assert values == {
        "Invoices": "3", "Total": "$59.97", "Approvals": "0 of 2", "Charged": "Not begun"
    }  # fmt: skip
    assert app.dataframe[1].value.loc[0, "Result"] == "Holds"
    app.selectbox(key="kind").select("new").run()
    assert list(app.dataframe[2].value["Difference"]) == ["+$19.99"] * 3
    assert set(app.dataframe[2].value["Why"]) == {"The contract began in this month."}
    assert "Say why" in press(app, "Approve", "")
    assert "The first was given" in press(app, "Approve", "Looked at.")
    assert "somebody else of finance has to as well" in press(app, "Approve", "Again.")
    other = page("billing_runs", person("finance"))
    assert "Approved, being issued" in press(other, "Approve", "Looked at too.")
    assert world.rows(
        "SELECT approved_hash = rows_hash, approved_hash = first_approved_hash,"
        " approved_by <> first_approved_by FROM billing_run WHERE status = 'approved'"
    ) == [(True, True, True)]
    file = runs.as_csv(first, "2026-10", "new", None).decode().splitlines()
    assert file[0].startswith("customer_id,contract_id,this_cents")
    assert len(file) == 4


def test_finance_refuses_and_an_administrator_only_looks(
    page: Opener, databases: Databases, api: None
) -> None:
    held(databases)
    looked = page("billing_runs", person("administrator"))
    assert "This run waits for finance to decide." in texts(looked)
    assert not [it for it in looked.button if it.label == "Approve"]
    assert "Refused" in press(page("billing_runs", person("finance")), "Refuse", "Wrong rates.")


def test_without_a_run_or_without_the_api_the_page_says_so(
    page: Opener, api: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "No month has been billed yet." in texts(page("billing_runs", person("finance")))
    monkeypatch.setenv("SQUAD_BILLING_API_URL", "http://127.0.0.1:1")
    settings.cache_clear()
    assert "The API does not answer." in texts(page("billing_runs", person("finance")))
    assert "Billing runs" not in "".join(
        it.value for it in page("billing_runs", token("manager")).title
    )
