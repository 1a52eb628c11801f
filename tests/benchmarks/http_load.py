"""A client that asks as much as connections allow, in a process of its own.

It writes requests that are bytes already and reads of an answer its status and its length alone:
an HTTP library would take more of a processor than what it measures.
"""

import asyncio
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from time import perf_counter
from typing import Final, Self, cast
from uuid import uuid4

import uvloop

HOST: Final = "127.0.0.1"
EACH_ITS_OWN: Final = "00000000-each-request-its-own-000000"
"""Stands for a UUID that is another one each time the request is sent."""
REFUSED = 503
LAST_ANSWER_SECONDS: Final = 60
_OWN: Final = EACH_ITS_OWN.encode()
_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length:"


@dataclass(frozen=True)
class Answers:
    """What came back: how many of each status, and the seconds that each answer took, in order, but
    of those that were refused as too many."""

    statuses: dict[int, int]
    seconds: list[float]
    took: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.seconds) / self.took

    def percentile(self, share: float) -> float:
        """Seconds within which this share of the answers came."""
        return self.seconds[max(math.ceil(share * len(self.seconds)) - 1, 0)]


def request(
    method: str, path: str, body: bytes = b"", headers: Sequence[tuple[str, str]] = ()
) -> bytes:
    """A whole request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}"]
    lines += [f"{name}: {value}" for name, value in headers]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + _END + body


def asked(port: int, connections: int, requests: Sequence[bytes], seconds: float) -> Answers:
    """Ask the requests again and again for so long, each connection one after the other."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_ask, port, connections, requests, seconds).result()


def _ask(port: int, connections: int, requests: Sequence[bytes], seconds: float) -> Answers:
    return uvloop.run(_ask_all(port, connections, requests, seconds))


async def _ask_all(
    port: int, connections: int, requests: Sequence[bytes], seconds: float
) -> Answers:
    loop = asyncio.get_running_loop()
    waiting = _round(requests)
    began = perf_counter()
    until = began + seconds
    made = [
        await loop.create_connection(lambda: _Connection(waiting, until), HOST, port)
        for _ in range(connections)
    ]
    async with asyncio.timeout(seconds + LAST_ANSWER_SECONDS):
        await asyncio.gather(*(one.done for _, one in made))
    took = perf_counter() - began
    statuses = sum((one.statuses for _, one in made), Counter[int]())
    return Answers(dict(statuses), sorted(it for _, one in made for it in one.seconds), took)


def _round(requests: Sequence[bytes]) -> Iterator[bytes]:
    while True:
        for one in requests:
            yield one.replace(_OWN, str(uuid4()).encode()) if _OWN in one else one


class _Connection(asyncio.Protocol):
    """Sends the next request when the answer to the one before is whole."""

    def __init__(self, requests: Iterator[bytes], until: float) -> None:
        self.statuses: Counter[int] = Counter()
        self.seconds: list[float] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests, self._until = requests, until
        self._answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        whole = _Whole.of(self._answer)
        if whole is None or len(self._answer) < whole.size:
            return
        now = perf_counter()
        self.statuses[whole.status] += 1
        if whole.status != REFUSED:
            self.seconds.append(now - self._sent)
        self._answer = b""
        if now < self._until:
            self._next()
        else:
            self._transport.close()
            self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("The server hung up."))

    def _next(self) -> None:
        self._sent = perf_counter()
        self._transport.write(next(self._requests))


@dataclass(frozen=True)
class _Whole:
    """How an answer begins: its status, and the size of all of it in bytes."""

    status: int
    size: int

    @classmethod
    def of(cls, begun: bytes) -> Self | None:
        """None while its headers are not all there; an answer has a length, or nothing more."""
        end = begun.find(_END)
        if end < 0:
            return None
        head = begun[:end].lower()
        at = head.find(_LENGTH)
        length = 0 if at < 0 else int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0])
        return cls(int(begun[9:12]), end + len(_END) + length)
