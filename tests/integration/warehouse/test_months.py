"""Months of marts that nobody wrote to are left alone, and no write is ever missed."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orchestration.publishing.months import written_since
from orchestration.publishing.publish import AuditFailed
from orchestration.quality.assets import MONTHS_OF
from tests.warehouse.built import Built, bad
from tests.warehouse.versions import UNSEEN, names, published
from warehouse.store import Store

URGENT = "UPDATE marts.fct_ticket SET priority = 'urgent' WHERE ticket_id = {}"
GONE = "DELETE FROM marts.fct_ticket WHERE ticket_id = {}"
ANOTHER_TABLE = """
ALTER TABLE marts.{0} RENAME TO was;
CREATE TABLE marts.{0} AS TABLE marts.was;
GRANT SELECT ON marts.{0} TO publisher
"""
WAITING = "SELECT FROM pg_locks WHERE relation = 'marts.fct_visit'::regclass AND NOT granted"


def test_months_that_nobody_wrote_to_are_counted_and_not_looked_at(
    own: Built, tmp_path: Path
) -> None:
    first = published(own, tmp_path, 1).manifest.tables["fct_ticket"]
    own.databases.execute(
        "analytics", UNSEEN.format("UPDATE marts.fct_ticket SET priority = 'urgent'")
    )
    assert published(own, tmp_path, 2).manifest.tables["fct_ticket"] == first
    month = first.files[0].partition
    own.databases.execute("analytics", URGENT.format(oldest(own)))
    third = names(published(own, tmp_path, 3).manifest.tables["fct_ticket"].files)
    assert {it for it, file in names(first.files).items() if third[it] != file} == {month}
    own.databases.execute("analytics", UNSEEN.format(GONE.format(oldest(own))))
    whole = published(own, tmp_path / "whole", 4).manifest.tables["fct_ticket"]
    fourth = published(own, tmp_path, 4).manifest.tables["fct_ticket"]
    assert (names(fourth.files), fourth.rows) == (names(whole.files), first.rows - 1)


def oldest(built: Built) -> str:
    sql = "SELECT ticket_id FROM marts.fct_ticket ORDER BY submitted_at LIMIT 1"
    return f"'{built.databases.rows('analytics', sql)[0][0]}'"


@pytest.mark.parametrize(
    "change",
    [
        "DROP TRIGGER months_update_new ON marts.fct_ticket",
        "ALTER TABLE marts.fct_ticket DISABLE TRIGGER months_update_old",
        ANOTHER_TABLE.format("fct_ticket"),
    ],
)
def test_a_mart_that_does_not_tell_of_every_write_is_looked_at_whole(
    own: Built, tmp_path: Path, change: str
) -> None:
    first = published(own, tmp_path, 1).manifest.tables["fct_ticket"]
    own.databases.execute("analytics", change)
    own.databases.execute("analytics", UNSEEN.format(URGENT.format(oldest(own))))
    second = published(own, tmp_path, 2).manifest.tables["fct_ticket"]
    assert names(second.files) != names(first.files)
    assert "fct_ticket" not in written_since(
        Store(tmp_path).manifest(Store(tmp_path).versions()[-1]),
        own.databases.url("analytics", "publisher"),
        MONTHS_OF,
    )


def test_a_build_of_everything_stamps_months_of_utc_in_any_time_zone(own: Built) -> None:
    [[name]] = own.databases.rows("analytics", "SELECT current_database()")
    own.databases.execute(
        "analytics", f"ALTER DATABASE \"{name}\" SET timezone = 'America/Chicago'"
    )
    own.databases.execute(
        "analytics", "UPDATE raw.sysops__article_query SET asked_at = '2024-03-01 02:00+00'"
    )
    assert bad(own.dbt("run", "--select", "fct_search", "--full-refresh")) == {}
    stamped = "SELECT month FROM landing.mart_month WHERE mart = 'fct_search'"
    assert own.databases.rows("analytics", stamped) == [("2024-03",)]


def test_no_file_has_what_looks_like_personal_data(own: Built, tmp_path: Path) -> None:
    published(own, tmp_path, 1)
    own.databases.execute(
        "analytics",
        "UPDATE marts.fct_invoice_line SET description = 'ask jo@example.com' "
        "WHERE invoice_line_key = (SELECT min(invoice_line_key) FROM marts.fct_invoice_line)",
    )
    with pytest.raises(AuditFailed, match="fct_invoice_line: 1 rows have what looks like"):
        published(own, tmp_path, 2)
    assert len(Store(tmp_path).versions()) == 1


def test_a_mart_that_is_built_anew_meanwhile_is_waited_for(own: Built, tmp_path: Path) -> None:
    """Otherwise its new table would be read, without a row that the publication could see."""
    with own.databases.connect("analytics") as builder, ThreadPoolExecutor(1) as threads:
        builder.execute("BEGIN")
        builder.execute(ANOTHER_TABLE.format("fct_visit").encode())
        done = threads.submit(published, own, tmp_path)
        while not own.databases.rows("analytics", WAITING):
            assert not done.done()
            time.sleep(0.05)
        builder.execute("COMMIT")
        rows = done.result().manifest.tables["fct_visit"].rows
    assert own.databases.rows("analytics", "SELECT count(*) FROM marts.fct_visit") == [(rows,)]
    assert rows > 0


def test_rows_written_again_as_they_were_are_no_change(own: Built, tmp_path: Path) -> None:
    first = published(own, tmp_path, 1).manifest
    own.databases.execute("analytics", "UPDATE marts.fct_ticket SET priority = priority")
    again = published(own, tmp_path, 2)
    assert (again.written, again.manifest.summaries) == (0, first.summaries)
    files = again.manifest.tables["fct_ticket"].files
    assert names(files) == names(first.tables["fct_ticket"].files)
    assert not {file.stamp for file in files} & {
        file.stamp for file in first.tables["fct_ticket"].files
    }


def test_a_mart_that_was_emptied_or_moved_to_other_months_is_published_so(
    own: Built, tmp_path: Path
) -> None:
    published(own, tmp_path, 1)
    own.databases.execute("analytics", "TRUNCATE marts.fct_search")
    own.databases.execute(
        "analytics", "UPDATE marts.fct_visit SET started_at = started_at - interval '2 years'"
    )
    own.databases.execute("analytics", "DELETE FROM marts.fct_refund")
    done = published(own, tmp_path, 2).manifest
    whole = published(own, tmp_path / "whole", 2).manifest
    assert done.tables == whole.tables
    assert (done.tables["fct_search"].rows, done.tables["fct_refund"].rows) == (0, 0)
    assert len(done.tables["fct_visit"].files) > 1
