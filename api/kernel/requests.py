"""Every request has an id, in its answer and in every log line that it causes."""

import re
import time
from typing import Final
from uuid import uuid4

import structlog
from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

HEADER: Final = "X-Request-Id"
# What a client or a proxy may give; anything else could forge a log line.
_GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")

log = structlog.get_logger()


class RequestId(ASGIMiddleware):
    """Takes the `X-Request-Id` that a client sends, or makes one, and logs how it went.

    The log has the route and not the path, for a path may hold a survey's secret.
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

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await next_app(scope, receive, send_with_id)
            finally:
                log.info(
                    "request",
                    method=scope.get("method"),
                    route=scope.get("path_template"),
                    status=status,
                    ms=round((time.perf_counter() - begun) * 1000, 1),
                )
