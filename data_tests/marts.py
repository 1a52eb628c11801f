"""What readers may rely on when a new version is to be published."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from data_tests.landing import LATEST
from data_tests.personal import personal_data
from data_tests.promise import Promise
from warehouse.manifest import Manifest

# Facts are added to; when half of one is gone, something is wrong with the build.
LASTING: Final = (
    "dim_customer", "dim_expert", "fct_ticket", "fct_ticket_event", "fct_ticket_interval",
    "fct_assignment", "fct_search", "fct_survey_response", "fct_invoice", "fct_payment",
    "fct_ledger_entry", "fct_contract_month",
)  # fmt: skip


def promises(
    now: datetime,
    words: Mapping[str, Sequence[str]],
    published: Manifest | None,
    unpublished: Mapping[str, str],
) -> list[Promise]:
    """All promises of the marts; `words` are their text columns, `published` is what readers
    see now, None when the comparison with it is not wanted or not possible.

    `unpublished` are conditions for what was written since that version: the files of a version
    were looked at for personal data. Of a mart without one all rows are.
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
        *_distributions(),
        *personal_data("marts", words, unpublished),
    ]


def _volumes(published: Manifest | None) -> list[Promise]:
    tables = published.tables if published else {}
    return [
        Promise(
            f"marts.{mart}",
            "volume",
            "ExpectTableRowCountToBeBetween",
            {"min_value": int(share * tables[mart].rows)},
            blocks,
        )
        for mart in LASTING
        if mart in tables
        for share, blocks in ((0.5, True), (0.95, False))
    ]


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


def _distributions() -> list[Promise]:
    return [
        _mean("fct_ticket", "minutes_to_assign", 0, 60 * 24 * 7),
        _mean("fct_ticket", "minutes_to_resolve", 0, 60 * 24 * 30),
        _mean("fct_visit", "minutes_on_site", 5, 300),
        _mean("fct_visit", "minutes_late", 0, 240),
        _mean("fct_assignment", "travel_km", 0, 300),
        _mean("fct_survey_response", "score", 1.5, 5),
        _mean("fct_invoice", "total_cents", 100, 100_000),
        _between("fct_ticket", "minutes_to_resolve", 0, None),
        _between("fct_ticket_interval", "minutes", 0, None),
        _between("fct_contract_month", "mrr_cents", 0, 1_000_000),
        _between("fct_invoice", "collected_cents", 0, None),
    ]


def _mean(mart: str, column: str, low: float, high: float) -> Promise:
    return Promise(
        f"marts.{mart}",
        "distribution",
        "ExpectColumnMeanToBeBetween",
        {"column": column, "min_value": low, "max_value": high},
    )


def _between(mart: str, column: str, low: float, high: float | None) -> Promise:
    """Anything else is impossible, not merely unusual."""
    return Promise(
        f"marts.{mart}",
        "distribution",
        "ExpectColumnValuesToBeBetween",
        {"column": column, "min_value": low, "max_value": high},
        blocks=True,
    )
