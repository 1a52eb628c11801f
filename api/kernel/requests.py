"""Every request has an id, in its answer and in every log line that it causes."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final
from uuid import UUID, uuid4

import structlog
from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from opentelemetry.trace import SpanKind

from api.kernel import metrics, tracing

HEADER: Final = "X-Request-Id"
# What a client or a proxy may give; anything else could forge a log line.
_GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")

REFUSALS: Final = frozenset({400, 401, 403, 404, 429})
"""Whoever gets these may have named a ticket that is not theirs, and writes nothing of it."""

log = structlog.get_logger()


class RequestId(ASGIMiddleware):
    """Takes the `X-Request-Id` that a client sends, or makes one, and tells how it went.

    The log and the trace have the route and not the path, for a path may hold a survey's secret.
    """

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        given = Headers.from_scope(scope).get(HEADER, "")
        request_id = given if _GIVEN.fullmatch(given) else uuid4().hex
        begun, status = time.perf_counter(), 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableScopeHeaders.from_message(message)[HEADER] = request_id
            await send(message)

        with (
            structlog.contextvars.bound_contextvars(request_id=request_id),
            _traced(scope, lambda: status),
            metrics.in_flight(),
        ):
            try:
                await next_app(scope, receive, send_with_id)
            finally:
                took, route = time.perf_counter() - begun, scope.get("path_template")
                metrics.answered(str(scope.get("method")), route, status, took)
                log.info(
                    "request",
                    method=scope.get("method"),
                    route=route,
                    status=status,
                    ms=round(took * 1000, 1),
                )


@contextmanager
def _traced(scope: Scope, status: Callable[[], int]) -> Iterator[None]:
    """The request as a span of its ticket's trace, or of its own; probes are none.

    A client's own `traceparent` is linked to: whose trace a request is in is not for others to say.
    """
    if not tracing.enabled() or scope["path"].startswith("/health/"):
        yield
        return
    work = tracing.Work(str(scope.get("method")), SpanKind.SERVER, partial(_ticket, scope, status))
    if caller := tracing.remote(Headers.from_scope(scope).get("traceparent")):
        work.links.append(caller)
    try:
        with tracing.current(work):
            yield
    finally:
        route = scope.get("path_template")
        work.attributes |= {
            "http.request.method": work.name,
            "http.response.status_code": status(),
        }
        if route:
            work.attributes["http.route"] = route
            work.name = f"{work.name} {route}"
        work.end(str(status()) if status() >= 500 else None)


def _ticket(scope: Scope, status: Callable[[], int]) -> UUID | None:
    """The ticket in the path, unless who asked was not let in to it or not understood."""
    given: object = (scope.get("path_params") or {}).get(tracing.TICKET)
    if given is None or status() in REFUSALS:
        return None
    try:
        ticket = UUID(str(given))
    except ValueError:
        return None
    # Of zeros alone: no id of a trace, and no ticket's.
    return ticket if ticket.int else None
