"""More than a process can do is refused at once, and what was too much is forgotten at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest
from sqlalchemy.engine import make_url

from api.kernel import admission
from api.kernel.database import create_engine
from api.kernel.quantum import Quantum
from tests.api import served
from tests.api.support import bearer
from tests.databases import Databases

SURVEY = "/customer/surveys/unknown"


def narrow(databases: Databases, *, port: int | None = None) -> tuple[Quantum, dict[str, str]]:
    """A customer quantum with one place, whose database may be reached by another port."""
    quantum, token = served.customer(databases)
    url = make_url(databases.url("customer", "customer_api"))
    url = url if port is None else url.set(host="127.0.0.1", port=port)
    engine = create_engine(
        url.render_as_string(hide_password=False), name="customer-api", pool_size=3
    )
    return replace(quantum, engine=engine), bearer(token)


def client_of(url: str, headers: dict[str, str]) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=60, trust_env=False)


async def test_what_is_too_much_is_told_to_come_again_and_the_rest_is_done(
    databases: Databases,
) -> None:
    quantum, me = narrow(databases)
    async with served.served_beside(quantum, 0) as url, client_of(url, me) as client:
        with databases.connect("customer") as other, other.transaction():
            other.execute("LOCK TABLE account")
            first = asyncio.create_task(client.get("/customer/me"))
            await _working(databases)
            survey, unsubscribing, health, page, *crowd = await asyncio.gather(
                client.post(SURVEY, data={"score": "4"}),
                client.get("/customer/notifications/unsubscribe/all/unknown"),
                client.get("/health/live"),
                client.get("/docs"),
                *(client.get("/customer/me") for _ in range(30)),
            )
        done = await first
        after = await client.get("/customer/me")
    assert {one.status_code for one in crowd} == {503}
    assert {one.headers["Retry-After"] for one in crowd} == {"2"}
    assert {one.headers["Content-Type"] for one in crowd} == {"application/problem+json"}
    assert all(one.headers["X-Request-Id"] and one.json()["status"] == 503 for one in crowd)
    for one in (survey, unsubscribing):
        assert (one.status_code, one.headers["Retry-After"]) == (503, "2")
        assert one.headers["Content-Type"].startswith("text/html")
    assert (health.status_code, page.status_code) == (200, 200)
    assert (done.status_code, after.status_code) == (200, 200)


async def test_a_body_that_is_not_there_yet_takes_no_place(databases: Databases) -> None:
    quantum, me = narrow(databases)

    async def never_ending() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(60)

    async with served.served_beside(quantum, 0) as url, client_of(url, me) as client:
        slow = [
            asyncio.create_task(client.post("/customer/tickets", content=never_ending()))
            for _ in range(5)
        ]
        await asyncio.sleep(0.2)
        assert (await client.get("/customer/me")).status_code == 200
        for one in slow:
            one.cancel()
        await asyncio.gather(*slow, return_exceptions=True)


async def test_bodies_hold_so_much_memory_and_no_more(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "MOST_HELD_BYTES", 100_000)
    quantum, me = narrow(databases)
    async with served.served_beside(quantum, 0) as url, client_of(url, me) as client:
        # In pieces and without a length, which could be a lie anyway.
        answer = await client.post("/customer/tickets", content=_pieces(200_000))
        after = [await client.post("/customer/tickets", content=_pieces(60_000)) for _ in range(3)]
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    # What was held is given back.
    assert {one.status_code for one in after} == {400}


async def _pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 10_000):
        yield b" " * 10_000


async def test_a_database_that_hangs_holds_no_request_for_ever(databases: Databases) -> None:
    async with _hole(databases) as hole:
        quantum, me = narrow(databases, port=hole.port)
        short = replace(quantum, request_seconds=5)
        async with served.served_beside(short, 0) as url, client_of(url, me) as client:
            assert (await client.get("/customer/me")).status_code == 200
            hole.swallows = True
            hangs = await client.get("/customer/me")
            hole.swallows = False
            after = [await client.get("/customer/me") for _ in range(5)]
    assert (hangs.status_code, hangs.headers["Retry-After"]) == (503, "2")
    assert {one.status_code for one in after} == {200}


async def _working(databases: Databases) -> None:
    """Until a request waits for the lock."""
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    for _ in range(200):
        if (await asyncio.to_thread(databases.rows, "customer", waits))[0][0]:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("nothing waits")


class _Hole:
    """A line to the database in which everything may disappear."""

    def __init__(self, host: str, port: int) -> None:
        self.swallows = False
        self.port = 0
        self._there = host, port
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection(*self._there)
        for source, target in ((reader, there[1]), (there[0], writer)):
            task = asyncio.create_task(self._carry(source, target))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while chunk := await source.read(65_536):
                if not self.swallows:
                    target.write(chunk)
        except ConnectionError:
            pass
        finally:
            target.close()

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def _hole(databases: Databases) -> AsyncIterator[_Hole]:
    url = make_url(databases.url("customer", "customer_api"))
    assert url.host is not None
    assert url.port is not None
    hole = _Hole(url.host, url.port)
    server = await asyncio.start_server(hole.take, "127.0.0.1", 0)
    hole.port = server.sockets[0].getsockname()[1]
    try:
        yield hole
    finally:
        server.close()
        await hole.end()
