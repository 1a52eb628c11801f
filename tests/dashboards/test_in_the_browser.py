"""A manager in front of a browser: signs in, filters, reads a definition, takes the rows along."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.api.sysops.conftest import PASSWORD, add_staff
from tests.dashboards import live, small_world
from tests.dashboards.marts import uuid
from tests.dashboards.publishing import publish
from tests.databases import Databases

CHROMIUM = Path("/usr/bin/chromium")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM.exists(),
        reason=f"{CHROMIUM} is missing: apt-get install chromium fonts-dejavu-core",
    ),
]


@pytest.fixture
def site(databases: Databases, published: Path) -> Iterator[str]:
    add_staff(databases, "manager")
    with (
        live.sysops_api(databases.url("sysops", "sysops_api")) as sysops,
        live.dashboards(published, sysops) as url,
    ):
        yield url


@pytest.fixture
def page(site: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        context = chromium.new_context(base_url=site, timezone_id="America/New_York")
        context.set_default_timeout(60_000)
        yield context.new_page()
        chromium.close()


def _publish_without_ticket_4(warehouse: Path) -> None:
    rows = small_world.marts()
    rows["fct_ticket"] = [row for row in rows["fct_ticket"] if row["ticket_id"] != uuid(4)]
    publish(warehouse, rows, small_world.AS_OF + timedelta(minutes=1))


def _sign_in(page: Any) -> None:
    from playwright.sync_api import expect

    expect.set_options(timeout=60_000)
    page.goto("/")
    page.get_by_label("E-mail address").fill("manager@squad.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()


def test_a_tile_of_the_overview_leads_to_its_page_with_the_filters_and_to_where_it_comes_from(
    page: Any,
) -> None:
    from playwright.sync_api import expect

    _sign_in(page)
    # The definition of the first number, and from there what it rests on.
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="About").first.click()
        page.get_by_role("link", name="Where this comes from").first.click()
    trust = opened.value
    expect(trust.get_by_role("heading", name="SLA attainment")).to_be_visible()
    assert trust.url.endswith("/trust?metric=SLA%20attainment")
    trust.close()
    page.keyboard.press("Escape")

    page.get_by_role("combobox", name="Region").fill("West")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?region=West")
    page.keyboard.press("Escape")  # while the choices are open, the rest of the page is not
    expect(page.get_by_text(" · West")).to_be_visible()
    # Until the page is whole again, its button belongs to what was chosen before.
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    with page.expect_download() as taken:
        page.get_by_role("button", name="Management report (PDF)").click()
    assert taken.value.suggested_filename == "management-report-2026-03-31.pdf"
    assert Path(taken.value.path()).read_bytes().startswith(b"%PDF-")
    page.get_by_test_id("stPageLink-NavLink").filter(has_text="Ticketing").first.click()
    expect(page.get_by_role("heading", name="Ticketing")).to_be_visible()
    page.wait_for_url("**/ticketing?region=West")
    submitted = page.get_by_test_id("stMetric").filter(has_text="Submitted")
    expect(submitted).to_contain_text("2")


def _read_satisfaction_and_knowledge(page: Any) -> None:
    """With the filter of the page before: nobody in the West answered the survey sent there."""
    from playwright.sync_api import expect

    page.get_by_role("link", name="Satisfaction").click()
    rate = page.get_by_test_id("stMetric").filter(has_text="Response rate")
    expect(rate).to_contain_text("0.0 %")
    page.get_by_role("radio", name="Region").click()
    expect(page.get_by_text("Satisfied by region")).to_be_visible()
    assert "split=Region" in page.url
    page.get_by_role("link", name="Knowledge").click()
    expect(page.get_by_text("Where an article is missing").first).to_be_visible()
    # Asked of the sysops API just then, with the reader's token.
    expect(page.get_by_text("Nothing to show of the last 86 days")).to_be_visible()


def test_a_manager_signs_in_filters_shares_the_address_and_downloads(
    page: Any, site: str, warehouse: Path
) -> None:
    from playwright.sync_api import expect

    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    open_tickets = page.get_by_test_id("stMetric").filter(has_text="Open tickets")

    _sign_in(page)
    page.get_by_role("link", name="Operations now").click()
    expect(page.get_by_role("heading", name="Operations now")).to_be_visible()
    # The reader's own clock: New York is four hours behind UTC in March.
    expect(page.get_by_text("As of Mar 31, 2026, 08:00 EDT")).to_be_visible()
    expect(open_tickets).to_contain_text("4")

    page.get_by_role("combobox", name="Region").fill("West")
    page.keyboard.press("Enter")
    expect(open_tickets).to_contain_text("2")
    page.wait_for_url("**/operations?region=West")

    page.reload()
    expect(open_tickets).to_contain_text("2")

    # A newer version appears by itself, and the filter stays.
    _publish_without_ticket_4(warehouse)
    expect(open_tickets).to_contain_text("1")
    assert page.url.endswith("/operations?region=West")

    page.get_by_role("button", name="About").first.click()
    expect(page.get_by_text("neither resolved nor closed nor cancelled").last).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV", exact=True).click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))
    assert sum(int(row["tickets"]) for row in rows) == 1
    page.keyboard.press("Escape")

    _read_satisfaction_and_knowledge(page)
    page.get_by_role("link", name="Finance").click()
    expect(page.get_by_text("agrees with the ledger")).to_be_visible()
    page.get_by_role("link", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert hosts == {urlsplit(site).netloc}
