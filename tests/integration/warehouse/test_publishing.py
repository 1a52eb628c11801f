"""Publishing reads what changed and nothing else, and its summaries say what the rows say."""

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from orchestration.publishing import export, summaries
from tests.warehouse.built import Built
from tests.warehouse.versions import names, published
from warehouse import counting, reports
from warehouse.counting import month_with_margin
from warehouse.macros import SUMMARIES
from warehouse.manifest import Summary
from warehouse.read import Snapshot, Warehouse
from warehouse.store import Store

# Two rows that exchange a value add up to the same, column by column.
EXCHANGE = """
UPDATE marts.fct_ticket AS it SET updated_at = other.updated_at
FROM marts.fct_ticket AS other
WHERE it.ticket_id IN ({one}, {two}) AND other.ticket_id IN ({one}, {two})
    AND it.ticket_id <> other.ticket_id
"""
OF_TICKETS = (
    "UPDATE marts.fct_ticket SET priority = 'urgent' WHERE ticket_id = {one}",
    "DELETE FROM marts.fct_ticket WHERE ticket_id = {one}",
    EXCHANGE,
    "UPDATE marts.fct_ticket SET resolved_at = NULL WHERE ticket_id = {one}",
)
OF_A_MONTH = """
SELECT ticket_id, updated_at FROM marts.fct_ticket
WHERE to_char(submitted_at AT TIME ZONE 'UTC', 'YYYY-MM') = %s AND resolved_at IS NOT NULL
"""


def test_what_has_not_changed_is_not_read(own: Built, tmp_path: Path) -> None:
    first = published(own, tmp_path, 1)
    assert (first.kept, first.written > 0) == (0, True)
    again = published(own, tmp_path, 2)
    files = sum(len(table.files) for table in again.manifest.tables.values())
    assert (again.kept, again.written) == (files, 0)
    assert again.manifest.tables == first.manifest.tables
    assert again.manifest.summaries == first.manifest.summaries


def test_an_old_month_in_which_a_row_changed_is_written_anew_and_no_other(
    own: Built, tmp_path: Path
) -> None:
    done = published(own, tmp_path / "a").manifest
    month = max(done.tables["fct_ticket"].files[:-2], key=lambda file: file.rows).partition
    for number, change in enumerate(OF_TICKETS, start=2):
        found = own.databases.rows("analytics", OF_A_MONTH, month)
        one, two = found[0][0], next(row[0] for row in found if row[1] != found[0][1])
        own.databases.execute("analytics", change.format(one=f"'{one}'", two=f"'{two}'"))
        old = names(done.tables["fct_ticket"].files)
        done = published(own, tmp_path / "a", number).manifest
        new = names(done.tables["fct_ticket"].files)
        assert {it for it in old if old[it] != new.get(it)} == {month}, change
        # One that knows of no version before writes the same.
        whole = published(own, tmp_path / f"whole{number}", number).manifest
        assert (done.tables, done.summaries) == (whole.tables, whole.summaries), change


def test_another_column_or_another_writer_is_another_file(
    own: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(own, tmp_path, 1)
    own.databases.execute("analytics", "ALTER TABLE marts.dim_expert ADD COLUMN more int")
    own.databases.execute("analytics", "ALTER TABLE marts.fct_visit RENAME travel_km TO far_km")
    own.databases.execute("analytics", "ALTER TABLE marts.fct_visit RENAME far_km TO travel_km")
    second = published(own, tmp_path, 2)
    assert second.written == 1
    assert "more" in second.manifest.tables["dim_expert"].columns
    monkeypatch.setattr(export, "WRITER", "another")
    assert published(own, tmp_path, 3).kept == 0


def test_a_file_that_is_gone_is_written_again(own: Built, tmp_path: Path) -> None:
    first = published(own, tmp_path, 1)
    gone = Store(tmp_path).path(first.manifest.tables["fct_visit"].files[0].name)
    gone.unlink()
    assert published(own, tmp_path, 2).written == 1
    assert gone.exists()


def answers(
    snapshot: Snapshot, filters: reports.Filters, stored: Iterable[str]
) -> dict[str, list[list[str]]]:
    """Every report, from these summaries' files and from rows."""
    found = {}
    for report in reports.REPORTS:
        with snapshot.cursor() as cursor:
            table = reports.run(cursor, report, filters, snapshot.as_of, stored)
        found[report.name] = sorted(
            [f"{it:.9g}" if isinstance(it, float) else repr(it) for it in row] for row in table.rows
        )
    return found


def test_reports_say_the_same_from_summaries_as_from_rows(built: Built, tmp_path: Path) -> None:
    manifest = published(built, tmp_path).manifest
    snapshot = Warehouse(tmp_path).snapshot()
    assert snapshot.stored == {*SUMMARIES}
    today = manifest.as_of.date()
    experts = snapshot.rows("SELECT expert_id FROM dim_expert LIMIT 3")
    asked = [
        reports.Filters(grain="month", by="region"),
        reports.Filters(since=today - timedelta(45), until=today, grain="day", by="type"),
        reports.Filters(
            since=date(today.year - 1, 3, 7), until=today - timedelta(9),
            state=("NY",), plan=("basic-month",), measure="accepted", by="plan",
        ),
        reports.Filters(expert=tuple(str(row["expert_id"]) for row in experts), by="channel"),
        reports.Filters(region=("Northeast", "West"), plan=("basic-month", "pro-month")),
    ]  # fmt: skip
    for filters in asked:
        stored = answers(snapshot, filters, SUMMARIES)
        assert answers(snapshot, filters, ()) == stored
        assert sum(bool(rows) for rows in stored.values()) > 20


def test_months_counted_one_by_one_are_those_counted_at_once(
    built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = published(built, tmp_path).manifest
    monkeypatch.setattr(counting, "AT_ONCE", 0)
    store = Store(tmp_path)
    again, _ = summaries.summarise(store, whole.tables, whole.as_of, None)
    assert again == whole.summaries


CHANGES = {
    "a channel that no sum reads": "UPDATE marts.dim_customer SET arrival_channel = 'email'",
    "a customer of whom there is nothing": """
        INSERT INTO marts.dim_customer
        SELECT uuidv7(), location_key, state, time_zone, arrival_channel, NULL, 0, false, 0, now()
        FROM marts.dim_customer LIMIT 1
    """,
    "a plan that costs more": "UPDATE marts.dim_support_plan SET price_cents = price_cents + 1",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_no_sum_reads_of_a_dimension_has_nothing_counted_anew(
    own: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    first = published(own, tmp_path, 1).manifest
    own.databases.execute("analytics", change)
    counted: list[date] = []
    count = counting.count

    def seen(*arguments: Any) -> Any:
        counted.append(arguments[2])
        return count(*arguments)

    monkeypatch.setattr(summaries, "count", seen)
    again = published(own, tmp_path, 2).manifest
    assert again.tables != first.tables
    assert set(counted) == {month_with_margin(f"{first.as_of:%Y-%m}")}
    assert again.summaries == first.summaries


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE marts.dim_customer SET state = 'TX', location_key = 'TX-787' WHERE state = 'NY'",
        "UPDATE marts.dim_support_plan SET plan_name = 'Other' WHERE plan_code = 'basic-month'",
        "UPDATE marts.dim_location SET region = 'Elsewhere' WHERE state = 'NY'",
    ],
)
def test_what_sums_read_of_a_dimension_has_them_counted_anew(
    own: Built, tmp_path: Path, change: str
) -> None:
    first = published(own, tmp_path / "a", 1).manifest
    own.databases.execute("analytics", change)
    again = published(own, tmp_path / "a", 2).manifest
    assert again.summaries != first.summaries
    assert again.summaries == published(own, tmp_path / "b").manifest.summaries


@pytest.mark.parametrize("at_once", [0, 1_000_000])
def test_a_version_with_other_summaries_counts_them_once_and_answers(
    built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    manifest = published(built, tmp_path).manifest
    filters = reports.Filters(grain="month", by="region")
    good = answers(Warehouse(tmp_path).snapshot(), filters, SUMMARIES)
    store = Store(tmp_path)
    older = {name: Summary("older", one.files) for name, one in manifest.summaries.items()}
    store.add_version(msgspec.structs.replace(manifest, version="older", summaries=older))
    store.switch("older")
    monkeypatch.setattr(counting, "AT_ONCE", at_once)
    snapshot = Warehouse(tmp_path).snapshot()
    assert snapshot.stored == frozenset()
    for report in reports.REPORTS:
        reports.ask(snapshot, report, filters)
    monkeypatch.setattr(counting, "keep", None)
    assert answers(snapshot, filters, SUMMARIES) == good
    reports.ask(snapshot, reports.REPORTS[0], filters)
