"""Before the first version there is nothing to read, and the API says so."""

from pathlib import Path

import httpx
import pytest

from api.analytics.quantum import quantum
from tests.api.analytics.conftest import settings, staff
from tests.api.support import client
from tests.dashboards.marts import utc, uuid
from tests.dashboards.publishing import hold_back
from tests.databases import Databases


@pytest.mark.parametrize("path", ["snapshot", "reports/operations-summary", f"tickets/{uuid(1)}"])
async def test_what_needs_a_version_is_not_available_yet(
    analytics: httpx.AsyncClient, path: str
) -> None:
    answer = await analytics.get(f"/analytics/{path}", headers=staff("manager"))
    assert answer.status_code == 503
    assert answer.json()["title"] == "Nothing published yet"


async def test_the_reports_can_be_listed_already(analytics: httpx.AsyncClient) -> None:
    answer = await analytics.get("/analytics/reports", headers=staff("manager"))
    assert answer.status_code == 200


async def test_a_first_build_that_was_held_back_is_named(
    analytics: httpx.AsyncClient, warehouse: Path
) -> None:
    hold_back(warehouse, utc("2026-03-31 12:05"), "fct_ticket is empty")
    answer = await analytics.get("/analytics/snapshot", headers=staff("manager"))
    assert answer.status_code == 503
    assert "fct_ticket is empty" in answer.json()["detail"]


async def test_the_process_is_ready_all_the_same(databases: Databases, warehouse: Path) -> None:
    url = databases.url("analytics", "analytics_api")
    async with client(quantum, settings(warehouse, url)) as analytics:
        assert (await analytics.get("/health/ready")).json()["quanta"] == ["analytics"]
