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
from tests.api.billing.test_outliers import faulty
from tests.dashboards.conftest import Opener, token
from tests.databases import Databases
from tests.orchestration.billing.world import OCTOBER, World

__all__ = ["faulty"]


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
    checked = world.value("SELECT encode(rows_hash, 'hex') FROM billing_run WHERE status = 'held'")
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
    world.execute("UPDATE billing_run SET rows_hash = sha256('x'), updated_at = now()")
    # What was checked anew after the page was opened is not approved by who has not seen it.
    assert "not the ones you saw" in press(app, "Approve", "Looked at.")
    assert world.value("SELECT first_approved_hash FROM billing_run WHERE status = 'held'") is None
    world.execute(
        "UPDATE billing_run SET rows_hash = decode(%s, 'hex') WHERE status = 'held'", checked
    )
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


def test_what_blocks_a_run_is_said_and_it_can_only_be_refused(
    page: Opener, databases: Databases, api: None
) -> None:
    held(databases)
    world = World(databases)
    world.execute("UPDATE invoice_line SET amount_cents = amount_cents + 1 WHERE position = 1")

    async def check_again() -> None:
        await world.check()
        await world.close()

    run(check_again())
    app = page("billing_runs", person("finance"))
    said = texts(app)
    assert "Nobody can approve this run." in said
    assert "3 invoices differ from their lines. 3 rows are not as they were drafted." in said
    assert [it.label for it in app.button if it.disabled] == ["Approve"]
    assert "Refused" in press(app, "Refuse", "Wrong lines.")


def test_finance_refuses_and_an_administrator_only_looks(
    page: Opener, databases: Databases, api: None
) -> None:
    held(databases)
    looked = page("billing_runs", person("administrator"))
    assert "This run waits for finance to decide." in texts(looked)
    assert not [it for it in looked.button if it.label == "Approve"]
    assert "Refused" in press(page("billing_runs", person("finance")), "Refuse", "Wrong rates.")


def parked(databases: Databases) -> World:
    """October is issued but for two contracts, which are billed twice what their plan costs."""
    world = World(databases)
    world.plan()
    world.plan("bad", 1000)
    for plan in ("basic", "basic", "basic", "bad", "bad"):
        world.contract(plan, state="OR", starts_on=OCTOBER.first)
    world.previous_run(3, 3 * 1999)

    async def bill() -> None:
        await world.bill()
        await world.close()

    run(bill())
    return world


def outlier(app: AppTest, label: str, reason: str) -> str:
    (field,) = (it for it in app.text_input if it.label == "Reason for this outlier")
    field.set_value(reason)
    (button,) = (it for it in app.button if it.label.startswith(label))
    button.click().run()
    return texts(app)


def test_outliers_are_released_or_voided_on_the_page_and_everybody_sees_who_did_and_why(
    page: Opener, databases: Databases, api: None, faulty: None
) -> None:
    world = parked(databases)
    app, late = (page("billing_runs", person("finance")) for _ in range(2))
    assert "2 wait for finance, \\$40.00 with tax." in texts(app)
    assert "Say why" in outlier(app, "Release", " x ")
    assert "One waits for finance" in outlier(app, "Release", "A discount was agreed.")
    assert [it.value for it in app.text_input] == ["", ""]
    # Whoever still has the page open decides on what it shows, not on the one that came after it.
    assert "not parked as an outlier" in outlier(late, "Void", "Nothing is owed.")
    other = page("billing_runs", person("administrator"))
    world.execute("UPDATE invoice SET row_hash = sha256('x') WHERE status = 'parked'")
    assert "not the one you saw" in outlier(other, "Release", "It is right.")
    assert "All are decided." in outlier(other, "Void", "Nothing is owed.")
    assert world.rows("SELECT status, review FROM invoice WHERE review IS NOT NULL ORDER BY 1") == [
        ("draft", "released"),
        ("void", "outlier"),
    ]
    (decided,) = (it.value for it in other.dataframe if "Amount" in it.value and "By" in it.value)
    assert list(decided["Act"]) == ["Voided", "Released"]
    assert list(decided["Why"]) == ["Nothing is owed.", "A discount was agreed."]
    assert decided["By"][0] == "You" != decided["By"][1]


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
