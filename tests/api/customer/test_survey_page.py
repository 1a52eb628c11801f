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
from tests.api.customer.test_surveys import kept, survey
from tests.databases import Databases

__all__ = ["survey"]

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
        overflow = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert await page.evaluate(overflow) is False
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
