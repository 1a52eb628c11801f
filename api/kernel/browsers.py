"""What every answer tells a browser: keep nothing, run nothing, load nothing, and stay in no frame.

An answer that needs more (a page with a style, a picture that may be kept) says so itself, and
these stand for all that it does not say.
"""

from typing import Final

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # A path may be a key: of a survey, of a photo.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
HTTPS_ALONE: Final = "max-age=31536000; includeSubDomains"
"""For a year, once a browser came by https. Said over http, it means nothing (RFC 6797, 7.2)."""

_OVER_HTTP: Final = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
_OVER_HTTPS: Final = [*_OVER_HTTP, (b"strict-transport-security", HTTPS_ALONE.encode())]


class BrowserHeaders(ASGIMiddleware):
    """Adds to an answer what it does not say to browsers."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = _OVER_HTTPS if scope["scheme"] == "https" else _OVER_HTTP
                said = {name.lower() for name, _ in message["headers"]}
                more = [header for header in added if header[0] not in said]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        await next_app(scope, receive, send_guarded)
