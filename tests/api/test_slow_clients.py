"""Clients that send or read slowly, or without end: each is let go, and nobody else notices."""

import http.client
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest
import uvicorn
from litestar import Litestar, get
from prometheus_client import REGISTRY

from api.kernel import connections, metrics
from api.serve import configuration
from tests.api import served
from tests.databases import Databases

HEAD = b"GET /health/live HTTP/1.1\r\nHost: here\r\n"
POST = b"POST /customer/sessions HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"


@pytest.fixture
def server(databases: Databases) -> Iterator[str]:
    with served.served(served.customer(databases)[0]) as url:
        yield url


@pytest.fixture
def impatient(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Lets go of a client soon, so that nobody waits for these tests."""
    for name in ("HEAD_SECONDS", "BODY_SECONDS", "STALL_SECONDS"):
        monkeypatch.setattr(connections, name, 0.5)
    return server


LARGE = 24_000_000
"""More bytes than the kernel holds for both sides."""


@get("/large")
async def large_answer() -> bytes:
    return b"x" * LARGE


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> uvicorn.Server:
    # The kernel of who reads may make room for megabytes before it says so.
    monkeypatch.setattr(connections, "STALL_SECONDS", 2)
    config = configuration(Litestar([large_answer]), "127.0.0.1", 0)
    config.timeout_keep_alive = 1
    return uvicorn.Server(config)


def connected(url: str) -> socket.socket:
    where = httpx.URL(url)
    assert where.port is not None
    return socket.create_connection((where.host, where.port), 60)


def rest(line: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    found = b""
    while chunk := line.recv(65_536):
        found += chunk
    return found


def answered(line: socket.socket) -> int:
    """The status of one whole answer; its head and its body may come apart."""
    with http.client.HTTPResponse(line) as answer:
        answer.begin()
        answer.read()
        return answer.status


def asked(url: str) -> httpx.Response:
    return httpx.get(f"{url}/health/live", timeout=30, trust_env=False)


def dripped(line: socket.socket, endless: bytes) -> bytes:
    """Sends a byte now and then until an answer comes."""
    line.settimeout(0.1)
    for number in range(200):
        line.send(endless[number % len(endless) :][:1])
        try:
            return line.recv(65_536)
        except TimeoutError:
            continue
    raise AssertionError("it may go on for ever")


def ask_for_ever(line: socket.socket) -> None:
    """The answers fill what the kernel holds for both sides, and more."""
    while True:
        line.sendall(b"GET /docs/openapi.json HTTP/1.1\r\nHost: here\r\n\r\n" * 1_000)


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.05)


def test_headers_that_never_end_are_answered_with_a_timeout(impatient: str) -> None:
    with connected(impatient) as line:
        line.sendall(HEAD)
        answer = dripped(line, b"x-slow: 1\r\n")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in answer
    assert asked(impatient).status_code == 200


def test_the_next_request_of_a_connection_has_no_more_time_than_the_first(impatient: str) -> None:
    with connected(impatient) as line:
        line.sendall(HEAD + b"\r\n")
        assert answered(line) == 200
        line.sendall(HEAD)
        assert b"HTTP/1.1 408 " in rest(line)


def test_a_body_that_never_ends_is_answered_with_a_timeout(impatient: str) -> None:
    with connected(impatient) as line:
        line.sendall(POST + b"Content-Length: 500\r\n\r\n{")
        answer = dripped(line, b" ")
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_who_goes_away_while_sending_is_no_failure_of_ours(server: str) -> None:
    def counted(status: str) -> float:
        labels = {"method": "POST", "route": "/customer/sessions", "status": status}
        name = "squad_http_requests_total"
        return REGISTRY.get_sample_value(name, {"service": metrics.service(), **labels}) or 0

    before, ours = counted("4xx"), counted("5xx")
    with connected(server) as line:
        line.sendall(POST + b"Content-Length: 500\r\n\r\n{")
    wait_for(lambda: counted("4xx") + counted("5xx") > before + ours)
    assert (counted("4xx"), counted("5xx")) == (before + 1, ours)


def test_a_large_body_that_comes_fast_enough_has_its_time(
    impatient: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "LEAST_RATE", 1)
    body = b'{"email": "ada@example.com", "password": "long enough"}'
    with connected(impatient) as line:
        line.sendall(POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body))
        for place in range(0, len(body), 10):
            line.sendall(body[place : place + 10])
            # All of it takes longer than the time without its rate.
            time.sleep(0.2)
        assert rest(line).startswith(b"HTTP/1.1 401 ")


def test_who_connects_and_says_nothing_is_let_go_without_a_word(impatient: str) -> None:
    with connected(impatient) as line:
        assert rest(line) == b""


def test_headers_beyond_measure_are_refused(server: str) -> None:
    with connected(server) as line:
        line.sendall(HEAD)
        for _ in range(3):
            line.sendall(b"x-filler: " + b"x" * 30_000 + b"\r\n")
        assert rest(line).startswith(b"HTTP/1.1 431 ")
    assert asked(server).status_code == 200


@pytest.mark.parametrize("size", [100_000, 200_000, 700_000])
def test_a_large_body_is_not_taken_for_headers(server: str, size: int) -> None:
    body = b'{"email": "ada@example.com", "password": "long enough"}'.ljust(size)
    with connected(server) as line:
        line.sendall(POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        assert rest(line).startswith(b"HTTP/1.1 401 ")


def test_a_body_beyond_measure_is_refused(server: str) -> None:
    answer = httpx.post(
        f"{server}/customer/sessions",
        content=b" " * 1_000_001,
        headers={"Content-Type": "application/json"},
        trust_env=False,
    )
    assert answer.status_code == 413


def test_who_may_not_send_a_body_is_told_so_before_it_is_here(server: str) -> None:
    with connected(server) as line:
        line.sendall(b"POST /customer/attachments HTTP/1.1\r\nHost: here\r\n")
        line.sendall(b"Content-Length: 5000000\r\n\r\n" + b"x" * 1_000)
        assert answered(line) == 401


def test_who_does_not_read_is_let_go(impatient: str) -> None:
    with connected(impatient) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        # Before it can be let go, the server has to make megabytes of answers.
        line.settimeout(60)
        with pytest.raises(ConnectionError):
            ask_for_ever(line)
    assert asked(impatient).status_code == 200


def test_a_large_answer_that_is_read_fast_enough_is_given_whole(large: uvicorn.Server) -> None:
    with served.running(large) as url, connected(url) as line:
        line.sendall(b"GET /large HTTP/1.1\r\nHost: here\r\n\r\n")
        found, begun = b"", time.monotonic()
        while chunk := line.recv(200_000):
            found += chunk
            # Much longer than a connection without requests is kept; and at first so slowly that
            # the kernel asks for more only after longer than a reader may stand still.
            time.sleep(0.3 if time.monotonic() - begun < 6 else 0.02)
        assert time.monotonic() - begun > 2 * large.config.timeout_keep_alive
    assert len(found) > LARGE


def test_above_its_connections_a_server_says_so_and_then_has_room_again(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 10)
    # For as long as this test may take, none of them is let go.
    monkeypatch.setattr(connections, "HEAD_SECONDS", 600.0)
    with ExitStack() as lines:
        for _ in range(10):
            lines.enter_context(connected(server)).sendall(HEAD)
        wait_for(lambda: asked(server).status_code == 503)
        answer = asked(server)
        assert (answer.headers["Retry-After"], answer.json()["status"]) == ("2", 503)
    wait_for(lambda: asked(server).status_code == 200)


def test_a_body_that_comes_at_once_is_no_head(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_BYTES", 5_000)
    body = b" " * 50_000
    with connected(server) as line:
        for _ in range(2):
            line.sendall(POST + b"Content-Length: 50000\r\n\r\n" + body)
            assert answered(line) == 400
