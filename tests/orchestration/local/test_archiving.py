"""An archive that takes nothing is told of, until it does."""

from io import StringIO
from pathlib import Path

from rich.console import Console

from orchestration.local.archiving import archive_problem
from orchestration.local.view import show
from orchestration.local.wal_archive import SWITCH
from orchestration.metrics.signals import SIGNALS
from tests.orchestration.local.backed_up import Databases
from tests.orchestration.local.test_healing import eventually

(METRIC,) = [it.sql for it in SIGNALS if it.name == "squad_wal_archive_failing"]


def change(rows: Databases, what: str) -> None:
    """A row in every database, and a file of WAL that is full."""
    rows.tell(what)
    rows.ask("postgres", "SELECT pg_switch_wal()::text")


def metric(rows: Databases) -> bool:
    """What the alert goes by."""
    return [str(it) for it in rows.ask("customer", METRIC)] == ["1"]


def test_an_archive_that_is_away_is_told_of_until_it_is_back(rows: Databases) -> None:
    assert archive_problem(rows.instance) is None, "nothing is archived before the first backup"
    rows.back_up()
    change(rows, "archived")
    assert archive_problem(rows.instance) is None
    assert not metric(rows)

    archive = (rows.server.data_dir / SWITCH).read_text().strip()
    away = f"{archive}.away"
    Path(archive).rename(away)
    change(rows, "not archived")
    eventually(lambda: archive_problem(rows.instance) is not None)
    assert archive in (archive_problem(rows.instance) or "")
    assert metric(rows)

    Path(away).rename(archive)
    change(rows, "archived again")
    eventually(lambda: archive_problem(rows.instance) is None)
    assert not metric(rows)

    rows.server.stop()
    assert archive_problem(rows.instance) is None, "that the server is away is told by itself"


def test_people_read_it_below_the_processes() -> None:
    output = StringIO()
    state = {
        "var": "var",
        "supervisor": {"why": None},
        "archive": {"healthy": False, "why": "WAL is not archived: [/] 0001"},
        "memory": {"rss_bytes": 1, "pss_bytes": None},
        "processes": [],
    }
    show(Console(file=output, width=120), state)
    assert "archive: WAL is not archived: [/] 0001" in output.getvalue()
