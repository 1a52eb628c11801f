"""What pages ask the APIs live, with the reader's own token and rights; nothing of it is kept."""

from collections.abc import Mapping
from typing import Any

import httpx

Json = dict[str, Any]
SECONDS = 10


class NotShown(Exception):
    """It cannot be shown; says why in words for the reader."""


def ask(
    base: str,
    path: str,
    token: str,
    *,
    missing: str,
    params: Mapping[str, str] | None = None,
) -> Any:
    """An API's answer; `missing` is what the reader is told of a 404. Raises NotShown."""
    return _answer("GET", base, path, token, missing=missing, params=params)


def act(base: str, path: str, token: str, body: Json, *, key: str, missing: str) -> Any:
    """Have an API do something, once for a `key` however often it is asked. Raises NotShown, with
    the API's own words when it refuses.
    """
    return _answer("POST", base, path, token, missing=missing, body=body, key=key)


def _answer(
    method: str,
    base: str,
    path: str,
    token: str,
    *,
    missing: str,
    params: Mapping[str, str] | None = None,
    body: Json | None = None,
    key: str | None = None,
) -> Any:
    headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})
    url = f"{base.rstrip('/')}{path}"
    try:
        with httpx.Client(timeout=SECONDS, trust_env=False) as client:
            answer = client.request(method, url, params=params, json=body, headers=headers)
    except httpx.HTTPError:
        raise NotShown("The API does not answer. Reload the page in a minute.") from None
    if answer.is_success:
        return answer.json()
    if answer.status_code == 404:
        raise NotShown(missing)
    if answer.status_code in {401, 403}:
        raise NotShown("Your account may not see this. Sign out, and sign in again.")
    if answer.status_code in {400, 409}:
        raise NotShown(str(answer.json()["detail"]))
    raise NotShown("The API could not answer. Reload the page in a minute.")
