"""The warehouse job: from a row in a source to the number that a manager sees, or not."""

import time
from pathlib import Path

import dagster as dg
import pytest

from orchestration.definitions.analytics import defs
from tests.databases import Databases
from warehouse.read import Snapshot, Warehouse

# A cent that comes from nowhere.
SPOIL = (
    "UPDATE ledger_entry SET amount_cents = amount_cents + 1 "
    "WHERE id = (SELECT id FROM ledger_entry ORDER BY id LIMIT 1)"
)


@pytest.fixture
def warehouse(business: Databases, tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse")


def run(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    job = defs.resolve_job_def("warehouse")
    return job.execute_in_process(instance=instance, raise_on_error=False)


def tickets(snapshot: Snapshot) -> dict[str, int]:
    """Those that sysops has received, by status."""
    rows = snapshot.rows(
        "SELECT status, count(*) AS n FROM fct_ticket WHERE version > 0 GROUP BY 1"
    )
    return {row["status"]: row["n"] for row in rows}


def wait_until_mirrored(business: Databases) -> None:
    """Landing stops before the oldest transaction that is open on the server, whoever's it is."""
    ((ours,),) = business.rows("billing", "SELECT pg_current_xact_id()::text")
    passed = "SELECT pg_snapshot_xmin(pg_current_snapshot()) > %s::text::xid8"
    deadline = time.monotonic() + 60
    while not business.rows("billing", passed, ours)[0][0]:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_the_job_publishes_what_is_true_and_holds_back_what_is_not(
    business: Databases, warehouse: Warehouse
) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert run(instance).success
        first = warehouse.snapshot()
        assert tickets(first) == dict(
            business.rows("sysops", "SELECT status, count(*) FROM ticket GROUP BY 1")
        )
        assert all(check.passed for check in first.manifest.checks)
        assert first.held_back is None
        # Every dataset says what it holds, and how far the tables behind it have landed is known.
        marts = first.manifest.tables.values()
        assert all(mart.grain.startswith("One row") for mart in marts)
        landed = {row["landed_table"] for row in first.rows("FROM dim_landed_table")}
        assert {source for mart in marts for source in mart.sources} <= landed

        business.execute("billing", SPOIL)
        wait_until_mirrored(business)
        assert not run(instance).success
        held = warehouse.snapshot()
        assert held.version == first.version
        assert held.held_back is not None
        assert any("postings_balance" in reason for reason in held.held_back.reasons)

        business.execute("billing", SPOIL.replace("+", "-"))
        business.execute("sysops", "UPDATE ticket SET priority = 'urgent'")
        wait_until_mirrored(business)
        assert run(instance).success
        again = warehouse.snapshot()
        assert again.version > first.version
        assert again.held_back is None
        assert again.rows("SELECT DISTINCT priority FROM fct_ticket WHERE version > 0") == [
            {"priority": "urgent"}
        ]
        unchanged = {file.name for file in first.manifest.tables["fct_invoice"].files}
        assert {file.name for file in again.manifest.tables["fct_invoice"].files} == unchanged


def test_a_source_that_cannot_be_reached_is_told_to_readers(
    business: Databases, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SQUAD_SYSOPS_URL", "postgresql://nobody:x@127.0.0.1:1/nowhere")
    with dg.DagsterInstance.ephemeral() as instance:
        assert not run(instance).success
    held_back = Warehouse(tmp_path / "warehouse")._store.held_back()
    assert held_back is not None
    assert "replicate failed" in held_back.reasons[0]
