"""The sign-in page and the gate before every other one, as plain HTTP beside Streamlit.

Streamlit's scripts cannot set a cookie, so this part is Starlette: a form, the question to the
sysops API, an HttpOnly cookie, and a redirect to where the reader wanted to go.
"""

from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, quote, urlsplit

import httpx
from jinja2 import Environment
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboards.session import NotAdmitted, admit, cookie_name
from dashboards.settings import settings

SIGN_IN: Final = "/sign-in"
SIGN_OUT: Final = "/sign-out"
# What a reader without a session may fetch: this page, and what Streamlit needs to run at all.
# Data travels over its web socket, where the script itself asks for the session.
OPEN: Final = (SIGN_IN, SIGN_OUT, "/_stcore/", "/static/", "/favicon")
MOST_BYTES: Final = 4_096

_PAGE = Environment(autoescape=True).from_string(
    (Path(__file__).parent / "sign_in.html").read_text(encoding="utf-8")
)
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
}


def _page(
    status: int = 200, *, target: str = "/", email: str = "", error: str = ""
) -> HTMLResponse:
    html = _PAGE.render(target=target, email=email, error=error)
    return HTMLResponse(html, status_code=status, headers=_HEADERS)


def inside(target: str) -> str:
    """The target if it is a page of ours, else the first page: no redirect leads elsewhere."""
    parts = urlsplit(target)
    own = target.startswith("/") and not target.startswith("//") and "\\" not in target
    own = own and not (parts.scheme or parts.netloc) and target.isprintable()
    return target if own and not target.startswith((SIGN_IN, SIGN_OUT)) else "/"


async def show(request: Request) -> Response:
    """The form; what the reader wanted to see comes after it."""
    return _page(target=inside(request.query_params.get("next", "/")))


async def sign_in(request: Request) -> Response:
    """Ask the API, keep its token in the cookie, and go on."""
    if not _from_our_own_page(request):
        return PlainTextResponse("This form can only be sent from its own page.", 403)
    body = await request.body()
    if len(body) > MOST_BYTES:
        return PlainTextResponse("This is not the form of this page.", 413)
    form = {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    target, email = inside(form.get("next", "/")), form.get("email", "").strip()
    known = settings()
    try:
        token, seconds = await _ask(email, form.get("password", ""))
        admit(token, known.staff_public_key)
    except _Refused as refused:
        return _page(refused.status, target=target, email=email, error=str(refused))
    except NotAdmitted as refused:
        return _page(403, target=target, email=email, error=str(refused))
    answer = RedirectResponse(target, status_code=303, headers={"Cache-Control": "no-store"})
    answer.set_cookie(
        cookie_name(known.staff_public_key),
        token,
        max_age=seconds,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


async def sign_out(request: Request) -> Response:
    """Forget the token, unless another site asks for it."""
    if request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        return PlainTextResponse("Sign out on a page of the dashboards.", 403)
    answer = RedirectResponse(SIGN_IN, status_code=303, headers={"Cache-Control": "no-store"})
    answer.delete_cookie(cookie_name(settings().staff_public_key), httponly=True, samesite="strict")
    return answer


class _Refused(Exception):
    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


async def _ask(email: str, password: str) -> tuple[str, int]:
    """A token and its life in seconds, from the sysops API."""
    url = f"{settings().sysops_api_url.rstrip('/')}/sysops/sessions"
    try:
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            answer = await client.post(url, json={"email": email, "password": password})
    except httpx.HTTPError:
        raise _Refused(503, "Signing in is not possible now: the API does not answer.") from None
    if answer.status_code == 200:
        session = answer.json()
        return session["access_token"], int(session["expires_in"])
    if answer.status_code == 429:
        raise _Refused(429, "Too many attempts. Wait a little, then try again.")
    if answer.status_code >= 500:
        raise _Refused(503, "Signing in is not possible now. Try again in a moment.")
    raise _Refused(401, "The e-mail address or the password is wrong.")


def _from_our_own_page(request: Request) -> bool:
    """Whether the browser says that the form came from here; a foreign page cannot hide itself."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


async def front_page(request: Request) -> Response:
    """The first page by its name; Streamlit knows it by `/` alone."""
    query = request.url.query
    return RedirectResponse(f"/?{query}" if query else "/")


ROUTES: Final = [
    Route("/operations", front_page, methods=["GET"]),
    Route(SIGN_IN, show, methods=["GET"]),
    Route(SIGN_IN, sign_in, methods=["POST"]),
    Route(SIGN_OUT, sign_out, methods=["GET"]),
]


class Gate:
    """Sends readers without a session to the sign-in page, and names what browsers may do."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["X-Frame-Options"] = "DENY"
                headers["Referrer-Policy"] = "same-origin"
            await send(message)

        if scope["path"].startswith(OPEN) or _is_signed_in(HTTPConnection(scope)):
            await self._app(scope, receive, guarded)
            return
        await _turned_away(scope)(scope, receive, guarded)


def _is_signed_in(connection: HTTPConnection) -> bool:
    key = settings().staff_public_key
    try:
        admit(connection.cookies.get(cookie_name(key), ""), key)
    except NotAdmitted:
        return False
    return True


def _turned_away(scope: Scope) -> Response:
    if "text/html" not in Headers(scope=scope).get("accept", ""):
        return PlainTextResponse("Sign in first.", 401)
    query = scope["query_string"].decode("ascii", "replace")
    target = scope["path"] + (f"?{query}" if query else "")
    return RedirectResponse(f"{SIGN_IN}?next={quote(inside(target), safe='')}", status_code=303)
