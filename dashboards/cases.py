"""One ticket as the APIs have it now: asked with the reader's own token, and kept nowhere.

Reports hold no name and no text; whoever has to look into a single case gets both from the
quanta that own them, with the rights that the reader has there.
"""

from typing import Any
from uuid import UUID

import httpx

from dashboards.settings import settings

Json = dict[str, Any]
SECONDS = 10


class NotShown(Exception):
    """The case cannot be shown; says why in words for the reader."""


def ticket(token: str, ticket_id: UUID) -> Json:
    """The ticket with its events and assignments, as the sysops API tells it."""
    found: Json = _ask(settings().sysops_api_url, f"/sysops/tickets/{ticket_id}", token)
    return found


def explanation(token: str, ticket_id: UUID) -> Json:
    """Why it got its expert, or nobody, as the sysops API tells it."""
    path = f"/sysops/tickets/{ticket_id}/explanation"
    found: Json = _ask(settings().sysops_api_url, path, token)
    return found


def surveys(token: str, ticket_id: UUID) -> list[Json]:
    """What its customer answered, the latest first, as the customer API tells it."""
    path = f"/customer/survey-answers/{ticket_id}"
    found: list[Json] = _ask(settings().customer_api_url, path, token)
    return found


def _ask(base: str, path: str, token: str) -> Any:
    """Raises NotShown."""
    headers = {"Authorization": f"Bearer {token}"}
    try:
        answer = httpx.get(
            f"{base.rstrip('/')}{path}", headers=headers, timeout=SECONDS, trust_env=False
        )
    except httpx.HTTPError:
        raise NotShown("The API does not answer. Reload the page in a minute.") from None
    if answer.status_code == 200:
        return answer.json()
    if answer.status_code == 404:
        raise NotShown("There is no such ticket.")
    if answer.status_code in {401, 403}:
        raise NotShown("Your account may not see this. Sign out, and sign in again.")
    raise NotShown("The API could not answer. Reload the page in a minute.")
