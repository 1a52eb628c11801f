"""What readers may rely on when a new version is to be published."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Unpublished:
    """What was written of a mart since a version: the months that fulfil a condition. Of the
    version's rows, `kept` are in other months, where nothing was written."""

    condition: str
    kept: int


ALL: Final = Unpublished("true", 0)


def promises(
    now: datetime,
    words: Mapping[str, Sequence[str]],
    published: Manifest | None,
    unpublished: Mapping[str, Unpublished],
) -> list[Promise]:
    """All promises of the marts; `words` are their text columns, `published` is what readers
    see now, None when the comparison with it is not wanted or not possible.

    `unpublished` is what was written of each mart since that version, whose own rows kept every
    promise that blocks. Of a mart that is not in it all rows are looked at.
    """
    return [
        Promise(
            "marts.dim_landed_table",
            "freshness",
            "ExpectColumnMinToBeBetween",
            {"column": "as_of", "min_value": now - LATEST},
        ),
        *_volumes(published, unpublished),
        *_schemas(published),
        *_usual(now),
        *_possible(unpublished),
        *personal_data("marts", words, {mart: one.condition for mart, one in unpublished.items()}),
    ]


def _volumes(
    published: Manifest | None, unpublished: Mapping[str, Unpublished]
) -> Iterator[Promise]:
    for mart, table in (published.tables if published else {}).items():
        if mart in LASTING:
            there = unpublished.get(mart, ALL)
            yield _volume(mart, there, int(0.5 * table.rows), table.rows, blocks=True)
            yield _volume(mart, there, int(0.95 * table.rows), table.rows, blocks=False)


def _volume(mart: str, there: Unpublished, least: int, seen: int, *, blocks: bool) -> Promise:
    """Rows where nothing was written are there: they need not be counted again."""
    return Promise(
        f"marts.{mart}",
        "volume",
        "UnexpectedRowsExpectation",
        {
            "unexpected_rows_query": "SELECT 1 AS found FROM {batch} "  # noqa: S608 - our names
            f"WHERE {there.condition} HAVING count(*) < {least - there.kept}"
        },
        blocks,
        says=f"at least {least:,} rows, where readers see {seen:,}",
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


def _usual(now: datetime) -> list[Promise]:
    """Lately: among years of rows, a month of wrong ones would not show."""
    lately = now - LATELY
    return [
        _mean("fct_ticket", "minutes_to_assign", 0, 60 * 24 * 7, "submitted_at", lately),
        _mean("fct_ticket", "minutes_to_resolve", 0, 60 * 24 * 30, "submitted_at", lately),
        _mean("fct_visit", "minutes_on_site", 5, 300, "started_at", lately),
        _mean("fct_visit", "minutes_late", 0, 240, "started_at", lately),
        _mean("fct_assignment", "travel_km", 0, 300, "proposed_at", lately),
        _mean("fct_survey_response", "score", 1.5, 5, "answered_at", lately),
        _mean("fct_invoice", "total_cents", 100, 100_000, "period_start", lately),
    ]


def _mean(mart: str, column: str, low: float, high: float, by: str, since: datetime) -> Promise:
    return Promise(
        f"marts.{mart}",
        "distribution",
        "ExpectColumnMeanToBeBetween",
        {"column": column, "min_value": low, "max_value": high},
        since=(by, since),
    )


def _possible(unpublished: Mapping[str, Unpublished]) -> list[Promise]:
    """Anything else is impossible, not merely unusual."""
    return [
        no_row(
            f"marts.{mart}",
            "distribution",
            condition,
            says,
            among=unpublished.get(mart, ALL).condition,
            blocks=True,
        )
        for mart, condition, says in (
            ("fct_ticket", "minutes_to_resolve < 0", "no ticket is resolved before it is there"),
            ("fct_ticket_interval", "minutes < 0", "no interval is negative"),
            (
                "fct_contract_month",
                "mrr_cents < 0 OR mrr_cents > 1000000",
                "a month of a contract is at most 10,000 dollars, and not negative",
            ),
            ("fct_invoice", "collected_cents < 0", "nothing negative is collected"),
        )
    ]
