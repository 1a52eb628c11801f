"""The log's newest link is known outside of its database: a log written anew does not pass."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.billing.anchoring import HASH, defs
from tests.databases import Databases
from tests.integration.billing.support import deliver, make_keys, sealed


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as opened:
        yield opened


async def check(instance: dg.DagsterInstance) -> Any:
    job = defs.resolve_job_def("vault_log_job")
    result = await asyncio.to_thread(job.execute_in_process, instance=instance)
    (found,) = result.get_asset_check_evaluations()
    return found


async def test_a_log_that_grows_passes_and_one_that_was_cut_off_or_written_anew_never_again(
    databases: Databases, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SQUAD_BILLING_URL", databases.url("billing", "biller"))
    monkeypatch.setenv("SQUAD_BILLING_CHARGE_URL", databases.url("billing", "card_charge"))
    await make_keys(databases)
    assert (await check(instance)).passed
    await deliver(databases, sealed(), sealed())
    first = await check(instance)
    assert first.passed
    await deliver(databases, sealed())
    second = await check(instance)
    assert second.passed
    assert first.metadata[HASH] != second.metadata[HASH]

    # Whole as a chain, for its newest link alone is gone.
    databases.execute("billing", "DELETE FROM vault_access WHERE id = 3")
    for _ in range(2):
        cut = await check(instance)
        assert not cut.passed
        assert "Link 3 is gone" in cut.description
    await deliver(databases, sealed())
    assert not (await check(instance)).passed
