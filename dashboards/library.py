"""Titles of articles and what was looked for in vain, as the sysops API tells this reader now."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

from dashboards.asking import Json, NotShown, ask
from dashboards.settings import settings

_KEPT_DAYS = 90
"""So long sysops keeps the words of a search."""
_TOGETHER = 5
"""Articles asked for at the same time."""


def in_vain(token: str, since: date, today: date) -> tuple[list[Json], int]:
    """What found nothing since a day, the most frequent first, and how many days back that is:
    as long as words are kept at most. Raises NotShown.
    """
    days = min(max((today - since).days + 1, 1), _KEPT_DAYS)
    found: list[Json] = ask(
        settings().sysops_api_url,
        "/sysops/articles/searches-without-results",
        token,
        missing="The API does not know of searches.",
        params={"days": str(days), "limit": "20"},
    )
    return found, days


def titles(token: str, article_ids: Iterable[str]) -> dict[str, str]:
    """The titles of the articles that this reader may read now; a draft may be out of reach."""

    def title(article_id: str) -> tuple[str, str | None]:
        path = f"/sysops/articles/{article_id}"
        try:
            found = ask(settings().sysops_api_url, path, token, missing="It is gone.")
        except NotShown:
            return article_id, None
        return article_id, found["title"]

    with ThreadPoolExecutor(_TOGETHER) as pool:
        return {name: words for name, words in pool.map(title, article_ids) if words}
