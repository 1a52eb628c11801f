"""What every answer tells a browser: keep nothing, run nothing, load nothing, and stay in no frame.

An answer that needs more (a page with a style, a picture that may be kept) says so itself, and
these stand for all that it does not say.
"""

from typing import Final

from litestar.datastructures import MutableScopeHeaders
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


class BrowserHeaders(ASGIMiddleware):
    """Adds to an answer what it does not say to browsers."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", HTTPS_ALONE)
            await send(message)

        await next_app(scope, receive, send_guarded)
