"""More than a process can do is refused at once (503), before all of it comes too late.

A request waits for one of a few places. As long as the queue runs empty now and then, it waits
for a burst to pass; once the queue stands, waiting helps nobody, and hardly anyone does: the
controlled delay of B. Maurer, "Fail at Scale", ACM Queue 13(8), 2015.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Self

from litestar import Request
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from sqlalchemy.ext.asyncio import AsyncEngine

from api.kernel.auth import roles_of
from api.kernel.errors import DomainError, NotSignedIn, Unavailable
from api.kernel.idempotency import read_body
from api.kernel.problems import RETRY_SECONDS
from api.kernel.transaction import SESSION

PATIENCE_SECONDS: Final = 1.0
"""How long a request waits for its place; also how long a queue may stand to be a burst."""
HASTE_SECONDS: Final = 0.25
"""How long it waits where the queue has stood longer."""
MOST_HELD_BYTES: Final = 64_000_000
"""Of bodies that a process has received and not yet answered, together."""
BESIDE: Final = 2
"""Connections of the pool that are left for what works beside requests, or needs two."""


class Unfinished(DomainError):
    """The client went away, or was too slow: nobody reads this, but it is no failure of ours."""

    status_code = 408
    title = "Request timeout"


def places_of(engine: AsyncEngine) -> int:
    """As many requests at once as have a connection to the database."""
    pool: Any = engine.pool
    size: int = pool.size()
    return max(size - BESIDE, 1)


@dataclass
class Queue:
    """At most `places` are in work at once; times are in seconds of the monotonic clock."""

    places: int
    _in_work: int = 0
    _waiting: deque[asyncio.Future[None]] = field(default_factory=deque)
    _stands_since: float = 0.0

    def patience(self, now: float) -> float:
        """How long who comes now would wait."""
        stands = bool(self._waiting) and now - self._stands_since > PATIENCE_SECONDS
        return HASTE_SECONDS if stands else PATIENCE_SECONDS

    @asynccontextmanager
    async def place(self) -> AsyncIterator[Callable[[], None]]:
        """A place, and what gives it up early; raises Unavailable when none is free in time."""
        await self._enter()
        given_up = False

        def leave() -> None:
            nonlocal given_up
            if not given_up:
                given_up = True
                self._leave()

        try:
            yield leave
        finally:
            leave()

    async def _enter(self) -> None:
        if self._in_work < self.places:
            self._in_work += 1
            return
        now = time.monotonic()
        patience = self.patience(now)
        if not self._waiting:
            self._stands_since = now
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(patience):
                await turn
        except BaseException as error:
            if not turn.cancelled():
                # The place came at the moment at which the wait ended.
                self._leave()
            elif turn in self._waiting:
                # Who left at that moment has passed it over, and removed it.
                self._waiting.remove(turn)
            if isinstance(error, TimeoutError):
                raise Unavailable("There is too much to do at the moment.", RETRY_SECONDS) from None
            raise

    def _leave(self) -> None:
        """Hand the place to who has waited longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._in_work -= 1


@dataclass(eq=False)
class Admission(ASGIMiddleware):
    """Receives the whole of a request, lets it wait for a place, and gives it so long and no more.

    The place is free again when the answer begins: how fast a client sends or reads is no matter
    to the others. A request whose `seconds` are over is undone and answered 503.
    """

    queue: Queue
    seconds: float
    scopes = (ScopeType.HTTP,)
    _held: int = 0

    def __deepcopy__(self, _: dict[int, Any]) -> Self:
        # Litestar copies routes with all they have; the queue is one.
        return self

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if SESSION in scope["state"]:
            # The GET within a conditional update, which has its place.
            await next_app(scope, receive, send)
            return
        # The guards, some of which ask the database, come after the body: strangers send none.
        if scope["user"] is None and roles_of(scope["route_handler"]) is not None:
            raise NotSignedIn("Sign in first.")
        async with (
            self._received(scope, receive) as whole,
            self.queue.place() as leave,
            asyncio.timeout(self.seconds) as limit,
        ):

            async def begin(message: Message) -> None:
                if message["type"] == "http.response.start":
                    leave()
                    limit.reschedule(None)
                await send(message)

            await next_app(scope, whole, begin)

    @asynccontextmanager
    async def _received(self, scope: Scope, receive: Receive) -> AsyncIterator[Receive]:
        """A `receive` that never waits for the client, but for a body that is too large anyway."""
        handler: Any = scope["route_handler"]
        most: int | None = handler.resolve_request_max_body_size()
        request = Request[Any, Any, Any](scope)
        if not _has_body(request, most):
            yield receive
            return
        held, whole = 0, False

        async def counted() -> Any:
            nonlocal held
            message: Any = await receive()
            if message["type"] == "http.disconnect" and not whole:
                raise Unfinished("The request did not arrive as a whole.")
            size = len(message.get("body", b""))
            if self._held + size > MOST_HELD_BYTES:
                raise Unavailable("Too much is being sent here at the moment.", RETRY_SECONDS)
            held, self._held = held + size, self._held + size
            return message

        try:
            _, again = await read_body(counted, most)
            whole = True
            yield again
        finally:
            self._held -= held


def _has_body(request: Request[Any, Any, Any], most: int | None) -> bool:
    length = request.headers.get("content-length", "")
    if length.isdecimal():
        return 0 < int(length) <= (most or MOST_HELD_BYTES)
    return "transfer-encoding" in request.headers
