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
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{base.rstrip('/')}{path}"
    try:
        answer = httpx.get(url, params=params, headers=headers, timeout=SECONDS, trust_env=False)
    except httpx.HTTPError:
        raise NotShown("The API does not answer. Reload the page in a minute.") from None
    if answer.status_code == 200:
        return answer.json()
    if answer.status_code == 404:
        raise NotShown(missing)
    if answer.status_code in {401, 403}:
        raise NotShown("Your account may not see this. Sign out, and sign in again.")
    raise NotShown("The API could not answer. Reload the page in a minute.")
