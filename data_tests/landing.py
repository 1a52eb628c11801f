"""What the warehouse may rely on when rows land from the sources."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from data_tests.personal import personal_data
from data_tests.promise import Promise, no_row

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
# A condition, what is said when a row fulfils it, and whether that holds publishing back. The
# index of each is made by a migration, with the same words: PostgreSQL uses it for no others.
IMPOSSIBLE: Final[Sequence[tuple[str, str, str, bool]]] = (
    ("customer__survey", "score < 1 OR score > 5", "a score is 1 to 5", True),
    (
        "customer__survey",
        "would_recommend < 0 OR would_recommend > 10",
        "a recommendation is 0 to 10",
        True,
    ),
    (
        "sysops__assignment",
        "travel_km < 0 OR travel_km > 1000",
        "a way is at most 1,000 kilometres",
        False,
    ),
    ("sysops__assignment", "during_end <= during_start", "a visit ends after it starts", True),
    ("sysops__ticket", "sla_due_at <= submitted_at", "a ticket is due after it is there", True),
    # Days at the place of the visit cannot be told without it.
    ("sysops__ticket", "time_zone IS NULL", "a ticket has a time zone", True),
    ("customer__address", "time_zone IS NULL", "an address has a time zone", True),
    ("customer__address", "zip !~ '^[0-9]{5}$'", "a ZIP code has five digits", False),
    (
        "billing__payment",
        "amount_cents < 1 OR amount_cents > 10000000",
        "a payment is at least a cent and at most 100,000 dollars",
        True,
    ),
    (
        "billing__invoice",
        "total_cents < 0 OR total_cents > 10000000",
        "an invoice is at most 100,000 dollars, and not negative",
        False,
    ),
)
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
    """Of what grows, only impossible rows are looked for: an index has them, and nothing else."""
    return [
        *(
            no_row(f"raw.{table}", "distribution", condition, says, blocks=blocks)
            for table, condition, says, blocks in IMPOSSIBLE
        ),
        _between("raw.sysops__expert", "radius_km", 1, 500),
        _between("raw.sysops__ticket_type", "duration_minutes", 15, 120),
    ]


def _between(table: str, column: str, low: float, high: float) -> Promise:
    return Promise(
        table,
        "distribution",
        "ExpectColumnValuesToBeBetween",
        {"column": column, "min_value": low, "max_value": high},
    )
