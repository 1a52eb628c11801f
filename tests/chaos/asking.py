"""HTTP as a good client does it: asks again until there is an answer, under the same key."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

PATIENCE = 180.0
"""Seconds until a client gives up: longer than any fault is meant to last."""
IN_TIME = 5.0
"""Seconds within which an answer, asked again under the same key, counts as available."""
PAUSE = 0.25


class GaveUp(Exception):
    """There was no answer within PATIENCE."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, however often it was sent; times are of the monotonic clock, in seconds."""

    endpoint: str
    began: float
    ended: float
    answered: bool

    @property
    def in_time(self) -> bool:
        return self.answered and self.ended - self.began <= IN_TIME


@dataclass
class Caller:
    """Sends requests and remembers how each of them went."""

    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._client = httpx.AsyncClient(timeout=10, trust_env=False)

    async def close(self) -> None:
        await self._client.aclose()

    async def ask(
        self,
        method: str,
        url: str,
        endpoint: str,
        *,
        headers: Mapping[str, str] | None = None,
        **arguments: Any,
    ) -> httpx.Response:
        """The first answer that is one: neither an error of the server nor "not now".

        Raises GaveUp.
        """
        began = time.monotonic()
        while True:
            try:
                answer = await self._client.request(
                    method, url, headers=dict(headers or {}), **arguments
                )
            except httpx.TransportError as error:
                worst = type(error).__name__
            else:
                if answer.status_code < 500 and answer.status_code != 429:
                    self._note(endpoint, began, answered=True)
                    return answer
                worst = f"{answer.status_code} {answer.text[:120]}"
            if time.monotonic() - began > PATIENCE:
                self._note(endpoint, began, answered=False)
                raise GaveUp(f"{method} {endpoint}: {worst}")
            await asyncio.sleep(PAUSE)

    def _note(self, endpoint: str, began: float, *, answered: bool) -> None:
        self.asked.append(Asked(endpoint, began, time.monotonic(), answered))


Outage = tuple[float, float]
"""From when to when the database was down, by the monotonic clock."""


def availability(asked: Sequence[Asked], outages: Sequence[Outage]) -> dict[str, tuple[int, int]]:
    """Requests outside of the database's outages by endpoint: how many, and how many of them in
    time."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for one in asked:
        if any(one.began < end and one.ended > start for start, end in outages):
            continue
        found[one.endpoint][0] += 1
        found[one.endpoint][1] += one.in_time
    return {endpoint: (all_, good) for endpoint, (all_, good) in sorted(found.items())}
