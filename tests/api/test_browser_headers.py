"""What browsers are told: on every answer, whatever it is, and what little the pages may do."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from api.kernel.browsers import HEADERS, HTTPS_ALONE
from tests.api.served import customer, served, token
from tests.api.support import bearer
from tests.api.test_permissions import EVERYBODY, QUANTA, apps, rows_of
from tests.databases import Databases

__all__ = ["apps"]

CHROMIUM = Path("/usr/bin/chromium")
ELSEWHERE = ("/", "/health/live", "/health/ready", "/no-such-thing", "/customer/surveys/x/y/z")
DOCUMENTATION = ("/docs", "/docs/openapi.json", "/docs/start.js", "/docs/no-such-page")
# Of these the answer may be kept: files that are the same for everybody.
KEPT = re.compile(r"/docs-assets/")


def missing(answer: httpx.Response) -> Iterator[str]:
    """What an answer does not tell a browser."""
    told = f"{answer.request.method} {answer.request.url.path} ({answer.status_code})"
    yield from (f"{told} has no {name}" for name in HEADERS if name not in answer.headers)
    policy = answer.headers.get("content-security-policy", "")
    for directive in ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        if directive not in policy:
            yield f"{told} lacks {directive}"
    scripts = re.search(r"script-src ([^;]*)", policy)
    if scripts and "unsafe" in scripts[1]:
        yield f"{told} lets scripts in: {scripts[0]}"
    if answer.headers["x-content-type-options"] != "nosniff":
        yield f"{told} may be taken for something else"
    if answer.headers["cache-control"] != "no-store" and not KEPT.search(answer.request.url.path):
        yield f"{told} may be kept: {answer.headers['cache-control']}"
    kind = answer.headers.get("content-type", "")
    if kind.startswith("text/") and "charset=utf-8" not in kind:
        yield f"{told} does not say how its letters are written"


@pytest.mark.parametrize("quantum", QUANTA)
async def test_every_answer_of_every_route_tells_browsers_to_keep_and_run_nothing(
    quantum: str, apps: dict[str, Litestar]
) -> None:
    wrong: list[str] = []
    async with AsyncTestClient(apps[quantum]) as client:
        for row in rows_of(quantum):
            path = re.sub(r"\{[^}]*\}", str(uuid4()), row.path.replace("{day}", "2026-12-25"))
            role = min(row.roles)
            issuer = "customer" if role == "customer" else "sysops"
            signed_in = {} if row.roles == EVERYBODY else bearer(token(issuer, uuid4(), role))
            for headers in ({}, signed_in):
                wrong += missing(await client.request(row.method, path, headers=headers))
        for path in (*ELSEWHERE, *DOCUMENTATION, "/docs-assets/swagger-ui.css"):
            for method in ("GET", "HEAD", "OPTIONS", "TRACE", "POST"):
                wrong += missing(await client.request(method, path))
    assert wrong == []


async def test_a_browser_that_came_by_https_is_told_to_stay_with_it(
    apps: dict[str, Litestar],
) -> None:
    async with AsyncTestClient(apps["customer"]) as client:
        plain = await client.get("/health/live")
        secure = await client.get("https://testserver.local/health/live")
    assert "strict-transport-security" not in plain.headers
    assert secure.headers["strict-transport-security"] == HTTPS_ALONE


@pytest.fixture
def page() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield chromium.new_page()
        chromium.close()


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing")
def test_the_documentation_works_in_a_browser_that_keeps_to_what_it_was_told(
    databases: Databases, page: Any
) -> None:
    from playwright.sync_api import expect

    quantum, _ = customer(databases)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    with served(quantum) as url:
        page.goto(f"{url}/docs")
        page.get_by_role("button", name="GET /customer/plans Support").click()
        page.get_by_role("button", name="Try it out").click()
        page.get_by_role("button", name="Execute").click()
        expect(page.get_by_text("content-security-policy").first).to_be_visible(timeout=30_000)
        # Its own address is all that it may ask.
        refused = page.evaluate("fetch('http://127.0.0.1:1/').then(() => '', String)")
    assert "Failed to fetch" in refused
    unexpected = [it for it in said if "http://127.0.0.1:1/" not in it]
    assert unexpected == []
