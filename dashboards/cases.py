"""One ticket as the APIs have it now: asked with the reader's own token, and kept nowhere.

Reports hold no name and no text; whoever has to look into a single case gets both from the
quanta that own them, with the rights that the reader has there.
"""

from uuid import UUID

from dashboards.asking import Json, ask
from dashboards.settings import settings

_MISSING = "There is no such ticket."


def ticket(token: str, ticket_id: UUID) -> Json:
    """The ticket with its events and assignments, as the sysops API tells it."""
    path = f"/sysops/tickets/{ticket_id}"
    found: Json = ask(settings().sysops_api_url, path, token, missing=_MISSING)
    return found


def explanation(token: str, ticket_id: UUID) -> Json:
    """Why it got its expert, or nobody, as the sysops API tells it."""
    path = f"/sysops/tickets/{ticket_id}/explanation"
    found: Json = ask(settings().sysops_api_url, path, token, missing=_MISSING)
    return found


def surveys(token: str, ticket_id: UUID) -> list[Json]:
    """What its customer answered, the latest first, as the customer API tells it."""
    path = f"/customer/survey-answers/{ticket_id}"
    found: list[Json] = ask(settings().customer_api_url, path, token, missing=_MISSING)
    return found
