"""A link in a mail ends mails like it, and takes that back, without signing in."""

from pathlib import Path
from typing import get_args
from uuid import UUID, uuid4

import httpx
import pytest

from api.app import create_app
from api.customer.notifications.service import OPTIONAL, Kind
from api.customer.notifications.unsubscribing import PATH, UnsubscribeLinks
from api.customer.quantum import QuantumSettings, quantum
from tests.api.customer.conftest import SURVEY_KEY, Customer
from tests.api.customer.test_survey_page import CHROMIUM, browser_page, served
from tests.databases import Databases

LINKS = UnsubscribeLinks(SURVEY_KEY)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def link(one: Customer, kind: Kind = "invoice_paid") -> str:
    url = LINKS.url("", UUID(one.id), kind)
    assert url is not None
    return url


def choices(databases: Databases, one: Customer) -> dict[str, str]:
    query = "SELECT choices FROM notification_preference WHERE account_id = %s"
    found: dict[str, str] = databases.rows("customer", query, one.id)[0][0]
    return found


async def test_looking_at_the_page_changes_nothing_and_one_post_ends_this_kind_alone(
    ada: Customer, bob: Customer, databases: Databases
) -> None:
    page = await ada.http.get(link(ada))
    assert page.status_code == 200
    assert "No more mails like this?" in page.text
    assert "receipts for paid invoices" in page.text
    assert choices(databases, ada) == {}
    for _ in range(2):  # mail programs repeat it
        done = await ada.http.post(link(ada), data=ONE_CLICK)
        assert done.status_code == 200
        assert "you get no more of these mails" in done.text
    await ada.http.post(link(ada, "survey_invitation"), data=ONE_CLICK)
    assert choices(databases, ada) == {"invoice_paid": "none", "survey_invitation": "none"}
    assert choices(databases, bob) == {}
    preferences = (await ada.get("/me/notification-preferences")).json()["channels"]
    assert (preferences["invoice_paid"], preferences["another_visit"]) == ("none", "email")


async def test_it_can_be_taken_back_on_the_same_page(ada: Customer, databases: Databases) -> None:
    await ada.http.post(link(ada), data=ONE_CLICK)
    page = await ada.http.get(link(ada))
    assert "You get no mails like this" in page.text
    done = await ada.http.post(link(ada), data={"again": "yes"})
    assert "These mails come again" in done.text
    assert choices(databases, ada) == {"invoice_paid": "email"}


@pytest.mark.parametrize(
    "path",
    [
        "/invoice_paid/AAAA",
        "/invoice_paid/%00",
        "/payment_declined/AAAA",
        "/nothing/AAAA",
    ],
)
async def test_a_link_that_we_did_not_make_is_unknown_in_words(
    customer: httpx.AsyncClient, path: str
) -> None:
    for answer in (await customer.get(PATH + path), await customer.post(PATH + path)):
        assert answer.status_code == 404
        assert "We do not know this link" in answer.text


async def test_a_link_of_one_kind_or_account_opens_no_other(ada: Customer) -> None:
    token = link(ada).rpartition("/")[2]
    assert (await ada.http.get(f"{PATH}/survey_invitation/{token}")).status_code == 404
    gone = LINKS.url("", uuid4(), "invoice_paid")
    assert (await ada.http.get(str(gone))).status_code == 404


async def test_a_post_that_is_neither_changes_nothing(ada: Customer, databases: Databases) -> None:
    for body in (b"", b"List-Unsubscribe=No", b"\xff\xfe"):
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = await ada.http.post(link(ada), content=body, headers=headers)
        assert (answer.status_code, choices(databases, ada)) == (400, {})


def test_what_cannot_be_done_without_has_no_link() -> None:
    linked = {kind for kind in get_args(Kind) if LINKS.url("", UUID(int=1), kind)}
    assert linked == OPTIONAL


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no Chromium on this machine")
@pytest.mark.parametrize("width", [320, 1280])
async def test_the_page_works_by_keyboard_at_any_width(
    settings: QuantumSettings, ada: Customer, databases: Databases, width: int, tmp_path: Path
) -> None:
    async with (
        served(create_app([quantum(settings)])) as address,
        browser_page(width, 700) as page,
    ):
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        await page.goto(address + link(ada))
        overflow = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert await page.evaluate(overflow) is False
        for heading in ("Done: you get no more of these mails", "These mails come again"):
            await page.keyboard.press("Tab")
            await page.keyboard.press("Enter")
            await page.wait_for_selector(f"h1:has-text('{heading}')")
            await page.screenshot(path=tmp_path / f"{heading[:5]}.png")
        assert complaints == []
    assert choices(databases, ada) == {"invoice_paid": "email"}
