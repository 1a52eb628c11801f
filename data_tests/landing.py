"""What the warehouse may rely on when rows land from the sources."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from data_tests.personal import personal_data
from data_tests.promise import Promise

WATERMARK: Final = "landing.watermark"
LATEST: Final = timedelta(minutes=15)
"""A source may be this far behind when its rows are looked at."""

# Without these no mart can be built; they may have more.
COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "customer__account": ("id", "created_at"),
    "customer__address": ("id", "account_id", "state", "zip", "time_zone"),
    "customer__contract": ("id", "account_id", "plan_code", "status", "starts_on", "ends_on"),
    "customer__survey": ("id", "ticket_id", "ticket_version", "sent_at", "answered_at", "score"),
    "sysops__ticket": ("id", "customer_id", "status", "version", "submitted_at", "sla_due_at"),
    "sysops__ticket_event": ("id", "ticket_id", "version", "at", "from_status", "to_status"),
    "sysops__assignment": ("id", "ticket_id", "expert_id", "status", "during_start"),
    "billing__invoice": ("id", "customer_id", "status", "total_cents", "period_start"),
    "billing__payment": ("id", "invoice_id", "attempt", "amount_cents", "status"),
    "billing__ledger_entry": ("id", "posting_id", "account", "amount_cents", "posted_at"),
}
CATALOGUES: Final = ("device_type", "ticket_type", "support_plan", "skill")


def promises(now: datetime, words: Mapping[str, Sequence[str]]) -> list[Promise]:
    """All promises at landing; `words` are the text columns of each table."""
    return [
        Promise(
            WATERMARK,
            "freshness",
            "ExpectColumnMinToBeBetween",
            {"column": "as_of", "min_value": now - LATEST},
        ),
        *(
            Promise(
                f"raw.{table}",
                "schema",
                "ExpectTableColumnsToMatchSet",
                {"column_set": list(columns), "exact_match": False},
                blocks=True,
            )
            for table, columns in COLUMNS.items()
        ),
        *(
            Promise(
                f"raw.sysops__{table}", "volume", "ExpectTableRowCountToBeBetween", {"min_value": 1}
            )
            for table in CATALOGUES
        ),
        *_distributions(),
        # Whole tables were looked at when they landed; here is proof for the last hour.
        *personal_data("raw", words, dict.fromkeys(words, "landed_at > now() - interval '1 hour'")),
    ]


def _distributions() -> list[Promise]:
    return [
        _between("raw.customer__survey", "score", 1, 5, blocks=True),
        _between("raw.customer__survey", "would_recommend", 0, 10, blocks=True),
        _between("raw.sysops__assignment", "travel_km", 0, 1000),
        _between("raw.sysops__expert", "radius_km", 1, 500),
        _between("raw.sysops__ticket_type", "duration_minutes", 15, 120),
        _between("raw.billing__payment", "amount_cents", 1, 10_000_000, blocks=True),
        _between("raw.billing__invoice", "total_cents", 0, 10_000_000),
        _later("raw.sysops__ticket", "sla_due_at", "submitted_at"),
        _later("raw.sysops__assignment", "during_end", "during_start"),
        _complete("raw.sysops__ticket", "time_zone"),
        _complete("raw.customer__address", "time_zone"),
        Promise(
            "raw.customer__address",
            "distribution",
            "ExpectColumnValuesToMatchRegex",
            {"column": "zip", "regex": "^[0-9]{5}$", "mostly": 0.99},
        ),
    ]


def _between(table: str, column: str, low: float, high: float, *, blocks: bool = False) -> Promise:
    return Promise(
        table,
        "distribution",
        "ExpectColumnValuesToBeBetween",
        {"column": column, "min_value": low, "max_value": high},
        blocks,
    )


def _later(table: str, later: str, earlier: str) -> Promise:
    return Promise(
        table,
        "distribution",
        "ExpectColumnPairValuesAToBeGreaterThanB",
        {"column_A": later, "column_B": earlier, "ignore_row_if": "either_value_is_missing"},
        blocks=True,
    )


def _complete(table: str, column: str) -> Promise:
    """Days at the place of the visit cannot be told without it."""
    return Promise(
        table, "distribution", "ExpectColumnValuesToNotBeNull", {"column": column}, blocks=True
    )
