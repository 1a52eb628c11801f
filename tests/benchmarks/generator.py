"""The load, from a process of its own: `python -m tests.benchmarks.generator`, with the plan as
JSON on standard input and what became of it on standard output.

Requests come when they come (Poisson), whether or not earlier ones are answered, and latency
counts from the moment at which one was to be sent.
"""

import asyncio
import json
import random
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httptools
import uvloop

HOST = "127.0.0.1"
TIMEOUT_SECONDS = 10.0
LOST = 0
LATE = -1
"""In place of a status: the line broke, or there was no answer in time."""


class Line(asyncio.Protocol):
    """A connection that is asked one thing after another."""

    def __init__(self) -> None:
        self.answers = 0
        self.is_open = True
        self._answer: asyncio.Future[tuple[int, bool]] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._retry_after = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def ask(self, data: bytes) -> "asyncio.Future[tuple[int, bool]]":
        """The status, and whether it says when to come again; ConnectionError."""
        self._retry_after = False
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(data)
        return self._answer

    def close(self) -> None:
        self.is_open = False
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.close()

    def on_header(self, name: bytes, _value: bytes) -> None:
        self._retry_after = self._retry_after or name.lower() == b"retry-after"

    def on_message_complete(self) -> None:
        self.is_open = self.is_open and self._parser.should_keep_alive()
        self.answers += 1
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((self._parser.get_status_code(), self._retry_after))

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError())


@dataclass
class Load:
    """Sends what the plan says; `asked` has one entry a request: when it was to be sent, how long
    it took (seconds), its status, whether it says when to come again, and the number of its kind.
    """

    kinds: list[dict[str, Any]]
    dice: random.Random
    asked: list[tuple[float, float, int, bool, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._idle: dict[int, list[Line]] = defaultdict(list)
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, phases: list[tuple[float, float]]) -> None:
        """Each phase is a rate a second and how many seconds it lasts."""
        begin = time.perf_counter()
        planned = begin
        end = begin
        for rate, seconds in phases:
            end += seconds
            while (planned := planned + self.dice.expovariate(rate)) < end:
                if (early := planned - time.perf_counter()) > 0:
                    await asyncio.sleep(early)
                task = asyncio.create_task(self._send(planned, planned - begin))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            planned = end
        await asyncio.gather(*self._tasks)
        for lines in self._idle.values():
            for line in lines:
                line.close()

    async def _send(self, planned: float, at: float) -> None:
        number, request = self._next()
        data = request.replace("{key}", str(uuid4())).encode()
        status, retry_after = await self._answered(self.kinds[number]["port"], data)
        latency = time.perf_counter() - planned
        self.asked.append((round(at, 4), round(latency, 5), status, retry_after, number))

    def _next(self) -> tuple[int, str]:
        weights = [kind["weight"] if kind["requests"] else 0 for kind in self.kinds]
        [number] = self.dice.choices(range(len(self.kinds)), weights)
        kind = self.kinds[number]
        if kind["once"]:
            return number, kind["requests"].pop()
        return number, self.dice.choice(kind["requests"])

    async def _answered(self, port: int, data: bytes) -> tuple[int, bool]:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                while True:
                    line = await self._line(port)
                    kept = line.answers > 0
                    try:
                        answer = await line.ask(data)
                    except ConnectionError:
                        if kept:
                            # The other side may have closed it as this was sent.
                            continue
                        return LOST, False
                    except asyncio.CancelledError:
                        line.close()
                        raise
                    if line.is_open:
                        self._idle[port].append(line)
                    return answer
        except TimeoutError:
            return LATE, False
        except OSError:
            return LOST, False

    async def _line(self, port: int) -> Line:
        while self._idle[port]:
            line = self._idle[port].pop()
            if line.is_open:
                return line
        loop = asyncio.get_running_loop()
        return (await loop.create_connection(Line, HOST, port))[1]


def main() -> None:
    plan = json.load(sys.stdin)
    load = Load(plan["kinds"], random.Random(plan["seed"]))
    began = time.perf_counter()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(load.run(plan["phases"]))
    seconds = time.perf_counter() - began
    used = time.process_time() / seconds
    json.dump({"asked": sorted(load.asked), "processor": round(used, 3)}, sys.stdout)


if __name__ == "__main__":
    main()
