"""What readers may rely on when a new version is to be published."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from data_tests.landing import LATEST
from data_tests.personal import personal_data
from data_tests.promise import Promise, no_row
from warehouse.manifest import Manifest

LATELY: Final = timedelta(days=90)
"""How far back rows count for what is usual."""

# Facts are added to; when half of one is gone, something is wrong with the build.
LASTING: Final = (
    "dim_customer", "dim_expert", "fct_ticket", "fct_ticket_event", "fct_ticket_interval",
    "fct_assignment", "fct_search", "fct_survey_response", "fct_invoice", "fct_payment",
    "fct_ledger_entry", "fct_contract_month",
)  # fmt: skip


# Anything else is impossible, not merely unusual. The conditions are SQL of PostgreSQL and of
# DuckDB: the files of a version are looked at, too.
IMPOSSIBLE: Final[Mapping[str, tuple[str, str]]] = {
    "fct_ticket": ("minutes_to_resolve < 0", "no ticket is resolved before it is there"),
    "fct_ticket_interval": ("minutes < 0", "no interval is negative"),
    "fct_contract_month": (
        "mrr_cents < 0 OR mrr_cents > 1000000",
        "a month of a contract is at most 10,000 dollars, and not negative",
    ),
    "fct_invoice": ("collected_cents < 0", "nothing negative is collected"),
}

# Column, least and greatest mean, and the column of the moments that count.
USUAL: Final[Sequence[tuple[str, str, float, float, str]]] = (
    ("fct_ticket", "minutes_to_assign", 0, 60 * 24 * 7, "submitted_at"),
    ("fct_ticket", "minutes_to_resolve", 0, 60 * 24 * 30, "submitted_at"),
    ("fct_visit", "minutes_on_site", 5, 300, "started_at"),
    ("fct_visit", "minutes_late", 0, 240, "started_at"),
    ("fct_assignment", "travel_km", 0, 300, "proposed_at"),
    ("fct_survey_response", "score", 1.5, 5, "answered_at"),
    ("fct_invoice", "total_cents", 100, 100_000, "period_start"),
)
ENOUGH: Final = 100
"""Of so many rows lately, some have a value."""


def promises(
    now: datetime,
    words: Mapping[str, Sequence[str]],
    published: Manifest | None,
    unpublished: Mapping[str, str],
) -> list[Promise]:
    """All promises of the marts; `words` are their columns that may hold words, `published` is
    what readers see now, None when the comparison with it is not wanted or not possible.

    `unpublished` are conditions for what was written since that version, in whose own files
    nothing was impossible. Of a mart without one all rows are looked at.
    """
    return [
        Promise(
            "marts.dim_landed_table",
            "freshness",
            "ExpectColumnMinToBeBetween",
            {"column": "as_of", "min_value": now - LATEST},
        ),
        *_volumes(published),
        *_schemas(published),
        *(_usual(now, *one) for one in USUAL),
        *(
            no_row(
                f"marts.{mart}",
                "distribution",
                condition,
                says,
                among=unpublished.get(mart, "true"),
                blocks=True,
            )
            for mart, (condition, says) in IMPOSSIBLE.items()
        ),
        *personal_data("marts", words, unpublished),
    ]


def _volumes(published: Manifest | None) -> Iterator[Promise]:
    """All rows are counted: also of a mart from which they went without a trigger's knowledge."""
    for mart, table in (published.tables if published else {}).items():
        for share, blocks in ((0.5, True), (0.95, False)):
            least = int(share * table.rows)
            if mart in LASTING:
                yield Promise(
                    f"marts.{mart}",
                    "volume",
                    "ExpectTableRowCountToBeBetween",
                    {"min_value": least},
                    blocks,
                    says=f"at least {least:,} rows, where readers see {table.rows:,}",
                )


def _schemas(published: Manifest | None) -> list[Promise]:
    """Columns may be added; one that readers have seen stays."""
    return [
        Promise(
            f"marts.{mart}",
            "schema",
            "ExpectTableColumnsToMatchSet",
            {"column_set": list(table.columns), "exact_match": False},
            blocks=True,
        )
        for mart, table in (published.tables if published else {}).items()
    ]


def _usual(now: datetime, mart: str, column: str, low: float, high: float, by: str) -> Promise:
    """Lately: among years of rows, a month of wrong ones would not show."""
    since = now - LATELY
    return Promise(
        f"marts.{mart}",
        "distribution",
        "UnexpectedRowsExpectation",
        {
            "unexpected_rows_query": "SELECT 1 AS found FROM {batch} "  # noqa: S608 - our names
            f"WHERE {by} >= '{since:%Y-%m-%d}' "
            f"HAVING avg({column}) NOT BETWEEN {low} AND {high} "
            f"OR avg({column}) IS NULL AND count(*) >= {ENOUGH}"
        },
        says=f"the mean of {column} is {low:,} to {high:,} in the last {LATELY.days} days",
        of_all=True,
    )
