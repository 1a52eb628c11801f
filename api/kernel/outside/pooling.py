"""Many connections to one server without httpcore's cost for many connections."""

from types import TracebackType
from typing import Self

import httpx

CONNECTIONS_A_POOL = 8


class SpreadTransport(httpx.AsyncBaseTransport):
    """Up to `connections` connections, spread over small pools; the least busy one is used.

    httpcore's pool looks at every connection and every waiting request each time a request begins
    or ends. With 64 at once that is most of a client's time; pools of 8 cost next to nothing.

    Proxies named in the environment are not used: what is charged or sent goes where the settings
    say. Behind a proxy, bring a client of your own.
    """

    def __init__(self, connections: int) -> None:
        pools = -(-connections // CONNECTIONS_A_POOL)
        each = -(-connections // pools)
        limits = httpx.Limits(max_connections=each, max_keepalive_connections=each)
        self._pools = [httpx.AsyncHTTPTransport(limits=limits) for _ in range(pools)]
        self._busy = [0] * pools

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        place = min(range(len(self._pools)), key=self._busy.__getitem__)
        self._busy[place] += 1
        try:
            return await self._pools[place].handle_async_request(request)
        finally:
            self._busy[place] -= 1

    async def __aenter__(self) -> Self:
        for pool in self._pools:
            await pool.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        for pool in self._pools:
            await pool.__aexit__(kind, error, trace)

    async def aclose(self) -> None:
        for pool in self._pools:
            await pool.aclose()
