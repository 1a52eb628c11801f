"""The sign-in page and the gate before every other one, as plain HTTP beside Streamlit.

Streamlit's scripts cannot set a cookie, so this part is Starlette: a form, the question to the
sysops API, an HttpOnly cookie, and a redirect to where the reader wanted to go.
"""

from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, quote, urlsplit

from jinja2 import Environment
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboards import browsers, staff_api
from dashboards.session import SESSIONS, NotAdmitted, cookie_name
from dashboards.settings import settings
from dashboards.staff_api import Refused, Tokens

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


def show_page(
    status: int = 200, *, target: str = "/", email: str = "", error: str = "", onward: bool = False
) -> HTMLResponse:
    """The form; with `onward` a page that leads to the target at once."""
    html = _PAGE.render(
        target=target,
        email=email,
        error=error,
        onward=onward,
        provider=bool(settings().oidc_redirect_url),
    )
    return HTMLResponse(html, status_code=status, headers=_HEADERS)


def inside(target: str) -> str:
    """The target if it is a page of ours, else the first page: no redirect leads elsewhere."""
    parts = urlsplit(target)
    own = target.startswith("/") and not target.startswith("//") and "\\" not in target
    own = own and not (parts.scheme or parts.netloc) and target.isprintable()
    return target if own and not target.startswith((SIGN_IN, SIGN_OUT)) else "/"


async def show(request: Request) -> Response:
    """The form; what the reader wanted to see comes after it."""
    return show_page(target=inside(request.query_params.get("next", "/")))


async def sign_in(request: Request) -> Response:
    """Ask the API, begin a session, and go on."""
    if not _from_our_own_page(request):
        return PlainTextResponse("This form can only be sent from its own page.", 403)
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:  # what more there is of it is not even taken in
            return PlainTextResponse("This is not the form of this page.", 413)
    form = {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    target, email = inside(form.get("next", "/")), form.get("email", "").strip()
    password = form.get("password", "")
    try:
        tokens = await run_in_threadpool(staff_api.sign_in, email, password)
        answer = RedirectResponse(target, status_code=303, headers={"Cache-Control": "no-store"})
        return await enter(request, tokens, answer)
    except Refused as refused:
        return show_page(refused.status, target=target, email=email, error=str(refused))
    except NotAdmitted as refused:
        return show_page(403, target=target, email=email, error=str(refused))


async def enter(request: Request, tokens: Tokens, answer: Response) -> Response:
    """Begin a session with the tokens, and give its name along; raises NotAdmitted."""
    key = settings().staff_public_key
    name = await run_in_threadpool(SESSIONS.begin, tokens, key)
    answer.set_cookie(
        cookie_name(key),
        name,
        max_age=int(tokens.refresh_life.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


async def sign_out(request: Request) -> Response:
    """End the session, unless another site asks for it."""
    if request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        return PlainTextResponse("Sign out on a page of the dashboards.", 403)
    headers = {"Cache-Control": "no-store", "Clear-Site-Data": '"cache", "storage"'}
    answer = RedirectResponse(SIGN_IN, status_code=303, headers=headers)
    name = cookie_name(settings().staff_public_key)
    await run_in_threadpool(SESSIONS.end, request.cookies.get(name, ""))
    answer.delete_cookie(name, httponly=True, samesite="strict")
    return answer


def _from_our_own_page(request: Request) -> bool:
    """Whether the browser says that the form came from here; a foreign page cannot hide itself."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


async def front_page(request: Request) -> Response:
    """The first page by its name; Streamlit knows it by `/` alone."""
    query = request.url.query
    return RedirectResponse(f"/?{query}" if query else "/")


ROUTES: Final = [
    Route("/overview", front_page, methods=["GET"]),
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
                for name, value in browsers.HEADERS.items():
                    headers[name] = value
                headers.setdefault("Content-Security-Policy", browsers.policy())
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = browsers.HTTPS_ALONE
            await send(message)

        if scope["path"].startswith(OPEN) or await _is_signed_in(HTTPConnection(scope)):
            await self._app(scope, receive, guarded)
            return
        await _turned_away(scope)(scope, receive, guarded)


async def _is_signed_in(connection: HTTPConnection) -> bool:
    key = settings().staff_public_key
    name = connection.cookies.get(cookie_name(key), "")
    try:
        await run_in_threadpool(SESSIONS.viewer, name, key)
    except NotAdmitted:
        return False
    return True


def _turned_away(scope: Scope) -> Response:
    if "text/html" not in Headers(scope=scope).get("accept", ""):
        return PlainTextResponse("Sign in first.", 401)
    query = scope["query_string"].decode("ascii", "replace")
    target = scope["path"] + (f"?{query}" if query else "")
    return RedirectResponse(f"{SIGN_IN}?next={quote(inside(target), safe='')}", status_code=303)
