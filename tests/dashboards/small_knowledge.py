"""Three articles, five searches and four times that an article helped."""

from tests.dashboards.marts import Row, utc, uuid

LAPTOP, ANY, DRAFT = uuid(0xB1), uuid(0xB2), uuid(0xB3)


def knowledge() -> dict[str, list[Row]]:
    return {
        "dim_article": [
            _article(LAPTOP, "laptop", "published", "customers", helpful=2),
            _article(ANY, None, "published", "internal", helpful=0),
            _article(DRAFT, "tv", "draft", "internal", helpful=0),
        ],
        "fct_search": [
            _search(1, "customers", 3, "2026-03-02 10:00", solved=True),
            _search(2, "customers", 0, "2026-03-03 10:00"),
            _search(3, "staff", 2, "2026-03-10 10:00"),
            _search(4, "staff", 0, "2026-03-31 10:00"),
            _search(5, "staff", 0, "2026-02-27 10:00"),
        ],
        "fct_article_use": [
            _use(1, LAPTOP, "ended_online", "2026-03-02 10:05"),
            _use(2, ANY, "ended_call", "2026-03-10 10:05"),
            _use(3, LAPTOP, "resolved", "2026-03-04 10:00", ticket=1),
            _use(4, LAPTOP, "resolved", "2026-02-04 10:00", ticket=3),
        ],
    }


def _article(article: object, device: str | None, status: str, audience: str, helpful: int) -> Row:
    return {
        "article_id": article, "device_type": device, "status": status, "audience": audience,
        "version": 1, "is_published": status == "published", "helpful_votes": helpful,
        "unhelpful_votes": 1, "created_at": utc("2026-01-01 00:00"),
        "updated_at": utc("2026-02-01 00:00"),
    }  # fmt: skip


def _search(number: int, asked_by: str, results: int, at: str, *, solved: bool = False) -> Row:
    return {
        "search_id": uuid(0xC0 + number), "asked_by": asked_by, "results": results,
        "is_in_vain": results == 0, "is_solved": solved, "asked_at": utc(at),
    }  # fmt: skip


def _use(number: int, article: object, kind: str, at: str, ticket: int | None = None) -> Row:
    return {
        "use_id": uuid(0xD0 + number), "article_id": article, "kind": kind, "used_at": utc(at),
        "ticket_id": ticket and uuid(ticket),
    }  # fmt: skip
