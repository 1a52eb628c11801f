"""Signing in to the dashboards through the identity provider of staff.

The attempt's secret is in a cookie of this browser until it comes back, so that nobody can be
signed in by somebody else's answer.
"""

from typing import Final
from urllib.parse import quote, unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from dashboards import staff_api
from dashboards.session import NotAdmitted, cookie_name
from dashboards.settings import settings
from dashboards.signing_in import SIGN_IN, enter, inside, show_page
from dashboards.staff_api import Refused

BEGIN: Final = f"{SIGN_IN}/provider"
COMING_BACK: Final = f"{SIGN_IN}/callback"
_SECONDS: Final = 600


def _attempt_cookie() -> str:
    return f"{cookie_name(settings().staff_public_key)}_attempt"


async def begin(request: Request) -> Response:
    """To the provider; what the reader wanted to see waits beside the attempt."""
    target = inside(request.query_params.get("next", "/"))
    if not settings().oidc_redirect_url:
        return show_page(404, target=target, error="Sign in with your password here.")
    try:
        redirect_url = settings().oidc_redirect_url
        attempt, url = await run_in_threadpool(staff_api.begin, redirect_url)
    except Refused as refused:
        return show_page(refused.status, target=target, error=str(refused))
    answer = RedirectResponse(url, status_code=303, headers={"Cache-Control": "no-store"})
    answer.set_cookie(
        _attempt_cookie(),
        f"{attempt}.{quote(target, safe='')}",
        max_age=_SECONDS,
        path=SIGN_IN,
        httponly=True,
        samesite="lax",  # it has to come along when the provider sends the reader back
        secure=request.url.scheme == "https",
    )
    return answer


async def come_back(request: Request) -> Response:
    """From the provider, with its answer."""
    attempt, _, wanted = request.cookies.get(_attempt_cookie(), "").partition(".")
    target = inside(unquote(wanted) or "/")
    given = request.query_params
    if "error" in given or not attempt or "code" not in given or "state" not in given:
        words = "The identity provider did not sign you in. Try again."
        return _over(show_page(401, target=target, error=words))
    try:
        tokens = await run_in_threadpool(
            staff_api.finish, attempt, given["code"], given["state"], given.get("iss")
        )
        # A page of ours leads on: a browser that another site sent here would not bring along
        # the session's cookie, which is for this site alone.
        return _over(await enter(request, tokens, show_page(200, target=target, onward=True)))
    except Refused as refused:
        return _over(show_page(refused.status, target=target, error=str(refused)))
    except NotAdmitted as refused:
        return _over(show_page(403, target=target, error=str(refused)))


def _over(answer: Response) -> Response:
    answer.delete_cookie(_attempt_cookie(), path=SIGN_IN, httponly=True, samesite="lax")
    return answer


ROUTES: Final = [
    Route(BEGIN, begin, methods=["GET"]),
    Route(COMING_BACK, come_back, methods=["GET"]),
]
