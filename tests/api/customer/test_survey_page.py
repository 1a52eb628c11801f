"""The survey page in a real browser: at phone and desktop width, by keyboard alone."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from litestar import Litestar
from playwright.async_api import Page, async_playwright

from api.app import create_app
from api.customer.quantum import QuantumSettings, quantum
from tests.api.customer.surveys import kept, long_survey, survey
from tests.databases import Databases

__all__ = ["long_survey", "survey"]

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no Chromium on this machine"),
]


@asynccontextmanager
async def served(app: Litestar) -> AsyncIterator[str]:
    """The application on a port of its own, for a client outside this process."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None))
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


@asynccontextmanager
async def browser_page(width: int, height: int) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            yield await browser.new_page(viewport={"width": width, "height": height})
        finally:
            await browser.close()


OVERFLOW = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


async def focused(page: Page) -> str:
    return str(await page.evaluate("document.activeElement.id || document.activeElement.className"))


@pytest.mark.parametrize("width", [320, 1280])
async def test_a_customer_answers_by_keyboard_alone(
    settings: QuantumSettings, databases: Databases, survey: str, width: int
) -> None:
    app = create_app([quantum(settings)])
    async with served(app) as address, browser_page(width, 800) as page:
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        await page.goto(address + survey)
        assert await page.evaluate(OVERFLOW) is False
        # The style's hash is right: the policy would have refused it otherwise.
        radius = "getComputedStyle(document.querySelector('button')).borderRadius"
        assert await page.evaluate(radius) == "8px"

        # Nothing chosen: the error summary takes the focus and leads to the question.
        for _ in range(4):
            await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.type") == "submit"
        await page.keyboard.press("Enter")
        await page.wait_for_selector(".summary")
        assert (await page.title()).startswith("Error: ")
        assert await focused(page) == "summary"
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        assert await focused(page) == "score-5"

        await page.keyboard.press("Space")
        await page.keyboard.press("Tab")
        await page.keyboard.press("ArrowUp")
        await page.keyboard.press("Tab")
        await page.keyboard.type("All fine.")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("h1:has-text('Thank you')")
        # The browser itself tells of the answer 422, and of nothing else.
        assert [text for text in complaints if "422" not in text] == []
    assert kept(databases) == (5, 10, "All fine.", True)


@pytest.mark.parametrize("width", [320, 1280])
async def test_every_kind_of_question_and_another_visit_are_answered_by_keyboard_alone(
    settings: QuantumSettings, databases: Databases, long_survey: str, width: int
) -> None:
    databases.execute("customer", "UPDATE ticket SET status = 'resolved', resolved_at = now()")
    app = create_app([quantum(settings)])
    async with served(app) as address, browser_page(width, 800) as page:
        await page.goto(address + long_survey)
        assert await page.evaluate(OVERFLOW) is False

        async def press(*keys: str) -> None:
            for key in keys:
                await page.keyboard.press(key)

        # Nine stops: each group of radio buttons is one, each box another, then the button.
        await press("Tab", "Tab", "Tab", "Tab", "Space", "Tab", "Tab", "Tab", "Tab", "Tab", "Enter")
        await page.wait_for_selector(".summary")
        assert await page.evaluate(OVERFLOW) is False
        # What was chosen is still there; the first error leads to its question.
        assert await page.is_checked("#went_well-clear")
        await press("Tab", "Enter")
        assert await focused(page) == "time-on_time"
        await press("ArrowDown", "Tab", "ArrowUp", "Tab", "ArrowUp")
        assert await focused(page) == "manners-1"
        await press("Tab", "Tab", "Space", "Tab", "Tab")
        await page.keyboard.type("A spare part.")
        await press("Tab", "Tab", "Enter")
        # So low a score is met with an offer to come again.
        await page.wait_for_selector("h2:has-text('Shall we come again?')")
        assert await page.evaluate(OVERFLOW) is False
        await press("Tab", "Tab", "Enter")
        await page.wait_for_selector(".summary")
        await press("Tab", "Enter")
        assert await focused(page) == "reason"
        await page.keyboard.type("It is dark again.")
        await press("Tab", "Enter")
        await page.wait_for_selector("h2:has-text('We have your request')")
    assert databases.rows("customer", "SELECT pending_request FROM ticket") == [("reopen",)]
    assert databases.rows("customer", "SELECT score, answers FROM survey") == [
        (
            1,
            {
                "time": ["late"],
                "manners": ["1"],
                "went_well": ["clear", "clean"],
                "missing": "A spare part.",
            },
        )
    ]
