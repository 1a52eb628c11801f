"""What the dashboards ask the sysops API: to sign somebody in, to go on, and to sign out."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import httpx

from dashboards.settings import settings

_SIGN_IN: Final = "/sysops/sessions"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tokens:
    """What a signed-in member of staff holds; it stays on this side."""

    access: str
    refresh: str
    refresh_life: timedelta


class Refused(Exception):
    """No tokens; says why in words for the reader."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


def sign_in(email: str, password: str) -> Tokens:
    """Tokens for a password; raises Refused."""
    wrong = "The e-mail address or the password is wrong."
    return _tokens(_post(_SIGN_IN, {"email": email, "password": password}, {401: wrong}))


def refresh(token: str) -> Tokens:
    """The next tokens; raises Refused."""
    return _tokens(_post(f"{_SIGN_IN}/refresh", {"refresh_token": token}))


def sign_out(token: str) -> None:
    """End what came of one signing-in. The token ends by itself if the API does not answer."""
    try:
        _post(f"{_SIGN_IN}/sign-out", {"refresh_token": token})
    except Refused as refused:
        log.warning("sign_out_failed status=%s", refused.status)


def begin(redirect_url: str) -> tuple[str, str]:
    """The secret of an attempt at the identity provider, and where it goes on; raises Refused."""
    begun = _post(f"{_SIGN_IN}/oidc", {"redirect_url": redirect_url}).json()
    return begun["attempt"], begun["authorization_url"]


def finish(attempt: str, code: str, state: str, issuer: str | None) -> Tokens:
    """Tokens for the provider's answer; raises Refused."""
    body = {"attempt": attempt, "code": code, "state": state, "iss": issuer}
    unknown = "There is no active account with your verified e-mail address. Ask an administrator."
    return _tokens(_post(f"{_SIGN_IN}/oidc/callback", body, {403: unknown}))


def _tokens(answer: httpx.Response) -> Tokens:
    held = answer.json()
    life = timedelta(seconds=held["refresh_expires_in"])
    return Tokens(held["access_token"], held["refresh_token"], life)


def _post(path: str, body: dict[str, Any], words: dict[int, str] | None = None) -> httpx.Response:
    url = settings().sysops_api_url.rstrip("/") + path
    try:
        with httpx.Client(timeout=10, trust_env=False) as client:
            answer = client.post(url, json=body)
    except httpx.HTTPError:
        away = "Signing in is not possible now: the API does not answer. Try again in a moment."
        raise Refused(503, away) from None
    if answer.is_success:
        return answer
    if answer.status_code == 429:
        raise Refused(429, "Too many attempts. Wait a little, then try again.")
    if answer.status_code >= 500:
        raise Refused(503, "Signing in is not possible now. Try again in a moment.")
    refused = (words or {}).get(answer.status_code, "This did not work. Sign in again.")
    raise Refused(answer.status_code, refused)
