"""One request is one transaction, committed before the answer is sent (docs/decisions/0008).

A POST with an `Idempotency-Key` writes its key and its answer in the same transaction; an update
with `If-Match` reads what it is about in it, too.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from litestar import Request
from litestar.di import NamedDependency
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from litestar.utils.scope.state import ScopeState
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.kernel import conditional
from api.kernel.auth import Principal
from api.kernel.idempotency import (
    HEADER,
    Attempt,
    body_of,
    checked_key,
    fingerprint,
    read_body,
)

SESSION: Final = "session"
STANDS: Final = "stands"
SECRET_ANSWER: Final = "secret_answer"  # noqa: S105 - the name of a route's option
"""`opt` of a route whose answer holds a secret (a token): it is never written down."""
MAY_REFUSE: Final = "may_refuse"
"""`opt` of a route that refuses with more statuses than others of its kind: 403 without signing in,
when who proves to be somebody is not let in; 409 to a question about what cannot be done now."""


async def provide_session(
    request: Request[Any, Any, Any], now: NamedDependency[datetime]
) -> AsyncSession:
    """The session of this request; a Litestar dependency. Nobody but the middleware commits it.

    It asks for `now` to come after it: for what could come at once, Litestar makes a task each.
    """
    del now
    session: AsyncSession = request.scope["state"][SESSION]
    return session


def let_it_stand(session: AsyncSession) -> None:
    """What is written stays written, although the request is refused: a wrong password counts."""
    session.info[STANDS] = True


@dataclass(frozen=True)
class OneTransaction(ASGIMiddleware):
    """Opens the session of a request, and commits it when its answer is ready but not yet sent.

    A commit that fails is therefore an error to the client and never an acknowledged write.
    `secret` keys the fingerprints of requests.
    """

    sessions: async_sessionmaker[AsyncSession]
    secret: bytes
    scopes = (ScopeType.HTTP,)

    def __deepcopy__(self, _: dict[int, Any]) -> Self:
        # Litestar copies routes with all they have, and an engine is one.
        return self

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if SESSION in scope["state"]:
            # The GET within a conditional update: it sees what the update will see.
            await next_app(scope, receive, send)
            return
        answer: list[Message] = []
        attempt, receive = await self._attempt(scope, receive)
        async with self.sessions() as session:
            given = await attempt.claim(session) if attempt else None
            if given is not None:
                answer = given.messages()
            else:
                scope["state"][SESSION] = session
                if await self._holds(scope, session, answer):
                    await next_app(scope, receive, _into(answer))
                conditional.tag(scope, answer)
                try:
                    await _finish(session, attempt, answer)
                except BaseException:
                    # The handler's answer was held back: another takes its place.
                    ScopeState.from_scope(scope).response_started = False
                    raise
        for message in answer:
            await send(message)

    async def _holds(self, scope: Scope, session: AsyncSession, answer: list[Message]) -> bool:
        """Whether the conditions of a request hold; raises Stale.

        The GET of the path is answered first. From then on the transaction sees one moment, and
        fails (as busy) if what it writes was changed after it. Whoever may not see a thing gets
        that answer, and changes nothing.
        """
        if not conditional.is_conditional_update(scope):
            return True
        current = None
        if scope["route_handler"].opt.get(conditional.CONDITIONAL):
            await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            asked = conditional.representation_request(scope)
            asked["state"][SESSION] = session
            await scope["litestar_app"].asgi_router(asked, conditional.no_body, _into(answer))
            start: Any = answer[0]
            if start["status"] not in {200, 404}:
                return False
            current = (
                conditional.entity_tag(body_of(answer[1:])) if start["status"] == 200 else None
            )
            answer.clear()
        conditional.check(scope, current)
        return True

    async def _attempt(self, scope: Scope, receive: Receive) -> tuple[Attempt | None, Receive]:
        request = Request[Any, Any, Any](scope)
        raw = request.headers.get(HEADER)
        handler: Any = scope["route_handler"]
        if request.method != "POST" or raw is None or handler.opt.get(SECRET_ANSWER):
            return None, receive
        key = checked_key(raw)
        body, receive = await read_body(receive, handler.resolve_request_max_body_size())
        if body is None:
            return None, receive
        user: Principal | None = scope.get("user")
        who = f"{user.issuer}:{user.id}" if user else "anonymous"
        target = scope["path"].encode()
        if scope["query_string"]:
            target += b"?" + scope["query_string"]
        asked = fingerprint(self.secret, target, body)
        return Attempt(who, key, asked), receive


def _into(answer: list[Message]) -> Send:
    async def hold(message: Message) -> None:
        answer.append(message)

    return hold


async def _finish(session: AsyncSession, attempt: Attempt | None, answer: list[Message]) -> None:
    start: Any = answer[0] if answer else {"status": 500}
    if start["status"] >= 400:
        if session.info.get(STANDS):
            await session.commit()
        return
    if attempt is not None:
        await attempt.keep(session, answer)
    await session.commit()
