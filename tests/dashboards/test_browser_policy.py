"""The pages work in a browser that is told to load from here alone, and every answer says so."""

from typing import Any

import httpx

from dashboards.browsers import HEADERS
from tests.dashboards.test_in_the_browser import _sign_in, page, pytestmark, site

__all__ = ["page", "pytestmark", "site"]

PAGES = (
    "Operations now", "Ticketing", "Experts", "Satisfaction", "Knowledge", "Finance",
    "Policies", "Trust",
)  # fmt: skip


def test_no_page_needs_more_than_browsers_are_told_it_may_do(page: Any) -> None:
    from playwright.sync_api import expect

    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    _sign_in(page)
    for name in PAGES:
        page.get_by_role("link", name=name).first.click()
        app = page.get_by_test_id("stApp")
        expect(app).to_have_attribute("data-test-script-state", "notRunning")
        expect(page.locator("canvas, svg, table, [data-testid='stMetric']").first).to_be_visible()
    # Elsewhere than here nothing is asked.
    refused = page.evaluate("fetch('http://127.0.0.1:1/').then(() => '', String)")
    assert "Failed to fetch" in refused
    assert [it for it in said if "Content Security Policy" in it and "127.0.0.1:1/" not in it] == []


def test_every_answer_tells_browsers_what_it_may_do(site: str) -> None:
    paths = ("/", "/sign-in", "/no-such-page", "/_stcore/health", "/static/no-such-file.js")
    for path in paths:
        answer = httpx.get(f"{site}{path}", headers={"Accept": "text/html"}, trust_env=False)
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy, path
        assert "base-uri 'none'" in policy, path
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS, path
