"""The job does both, with the roles that the runner gives it, and counts what it did."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from orchestration.local.code_roles import CODE_ROLES
from orchestration.personal_data.assets import defs
from tests.orchestration.personal_data.history import History


async def test_the_job_makes_exports_and_takes_erasures_further(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, (database, role) in CODE_ROLES["operations"].items():
        monkeypatch.setenv(variable, history.databases.url(database, role))
    await history.file("export", early=timedelta(0))
    job = defs.resolve_job_def("personal_data_job")
    done: Any = await asyncio.to_thread(job.execute_in_process)
    assert done.success
    (made,) = done.asset_materializations_for_node("operations__data_exports")
    assert made.metadata["made"].value == 1

    await history.file()
    history.databases.execute("customer", "UPDATE data_request SET due_at = '2026-01-01'")
    done = await asyncio.to_thread(job.execute_in_process)
    (further,) = done.asset_materializations_for_node("operations__erasures")
    assert further.metadata["under_way"].value == 1
    (check,) = done.get_asset_check_evaluations()
    assert (check.check_name, check.passed) == ("erasures_go_on", False)
