"""The reports over HTTP: the same numbers as on the pages, with what they are as of."""

import csv
import io
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.analytics.conftest import staff
from tests.dashboards.marts import utc, uuid
from tests.dashboards.publishing import hold_back
from tests.dashboards.small_world import AS_OF
from warehouse import read
from warehouse.database import open_database

pytestmark = pytest.mark.usefixtures("published")

MARCH = {"since": "2026-03-01", "until": "2026-03-31"}


async def test_a_report_says_what_it_is_as_of(analytics: httpx.AsyncClient) -> None:
    answer = await analytics.get("/analytics/reports/operations-summary", headers=staff("manager"))
    assert answer.status_code == 200
    body = answer.json()
    assert body["as_of"] == "2026-03-31T12:00:00Z"
    assert body["rows"][0]["open_tickets"] == 4
    assert {"name": "open_tickets", "unit": ""} in body["columns"]


async def test_filters_are_query_parameters(analytics: httpx.AsyncClient) -> None:
    url = "/analytics/reports/operations-unassigned"
    query = {"region": ["West"], "plan": ["pro", "basic"], "limit": "1"}
    answer = await analytics.get(url, params=query, headers=staff("administrator"))
    assert [row["ticket_number"] for row in answer.json()["rows"]] == [100_003]


async def test_every_wrong_parameter_is_listed(analytics: httpx.AsyncClient) -> None:
    query = {"since": "soon", "grain": "hour", "expert": str(uuid(1)), "format": "xml"}
    answer = await analytics.get(
        "/analytics/reports/ticketing-volume", params=query, headers=staff("manager")
    )
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/problem+json")
    wrong = {error["parameter"] for error in answer.json()["errors"]}
    assert wrong == {"since", "grain", "expert", "format"}


async def test_a_question_that_memory_does_not_hold_is_told_to_ask_for_less(
    analytics: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        read, "open_database", lambda _, threads: open_database("1MB", threads=threads)
    )
    answer = await analytics.get("/analytics/reports/ticketing-clocks", headers=staff("manager"))
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error["parameter"] == "since"
    assert "Choose a shorter period, or a region." in error["detail"]


@pytest.mark.parametrize(
    "asked", [{"params": {"format": "csv"}}, {"headers": {"Accept": "text/csv"}}]
)
async def test_a_report_comes_as_csv(analytics: httpx.AsyncClient, asked: dict[str, Any]) -> None:
    headers = {**staff("manager"), **asked.get("headers", {})}
    query = {**MARCH, "grain": "month", **asked.get("params", {})}
    url = "/analytics/reports/ticketing-volume"
    answer = await analytics.get(url, params=query, headers=headers)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == (
        'attachment; filename="ticketing-volume-as-of-2026-03-31T12-00Z.csv"'
    )
    assert answer.text.endswith("\r\n")
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["bucket"], row["tickets"]) == ("2026-03-01", "7")


@pytest.mark.parametrize("form", ["csv", "json"])
async def test_either_form_says_what_it_is_as_of_and_leads_to_its_definition(
    analytics: httpx.AsyncClient, form: str
) -> None:
    url = "/analytics/reports/finance-mrr"
    answer = await analytics.get(url, params={"format": form}, headers=staff("finance"))
    assert answer.headers["x-as-of"] == AS_OF.isoformat()
    assert answer.headers["vary"] == "Accept"
    shown = await analytics.get("/analytics/snapshot", headers=staff("finance"))
    assert answer.headers["x-version"] == shown.json()["version"]
    described = answer.links["describedby"]["url"]
    definition = (await analytics.get(described, headers=staff("finance"))).json()
    assert (definition["name"], definition["definitions"][0]["title"]) == ("finance-mrr", "MRR")
    foreign = described.replace("finance-mrr", "experts-scorecard")
    assert (await analytics.get(foreign, headers=staff("finance"))).status_code == 403


async def test_the_list_of_reports_says_what_each_number_means(
    analytics: httpx.AsyncClient,
) -> None:
    answer = await analytics.get("/analytics/reports", headers=staff("manager"))
    by_name = {report["name"]: report for report in answer.json()}
    mrr = by_name["finance-mrr"]
    assert mrr["definitions"][0]["title"] == "MRR"
    assert mrr["definitions"][0]["reference"] == "docs/metrics.md#mrr"
    assert "fct_contract_month" in mrr["marts"]
    assert mrr["filters"] == ["plan", "region", "since", "state", "until"]


async def test_every_report_in_the_list_can_be_asked_for(analytics: httpx.AsyncClient) -> None:
    listed = await analytics.get("/analytics/reports", headers=staff("manager"))
    for report in listed.json():
        url = f"/analytics/reports/{report['name']}"
        answer = await analytics.get(url, headers=staff("manager"))
        assert answer.status_code == 200, answer.text
        rows = answer.json()["rows"]
        assert rows, report["name"]
        form = {**staff("manager"), "Accept": "text/csv"}
        lines = list(csv.DictReader(io.StringIO((await analytics.get(url, headers=form)).text)))
        assert len(lines) == len(rows)
        assert list(lines[0]) == list(rows[0])


async def test_finance_reads_the_reports_of_finance_and_what_they_rest_on(
    analytics: httpx.AsyncClient,
) -> None:
    listed = await analytics.get("/analytics/reports", headers=staff("finance"))
    assert {report["page"] for report in listed.json()} == {"finance", "trust"}
    own = await analytics.get("/analytics/reports/finance-ledger", headers=staff("finance"))
    assert own.status_code == 200
    other = await analytics.get("/analytics/reports/experts-scorecard", headers=staff("finance"))
    assert other.status_code == 403


@pytest.mark.parametrize("role", ["expert", "helpdesk"])
@pytest.mark.parametrize(
    "path", ["snapshot", "reports", "reports/finance-mrr", f"tickets/{uuid(1)}"]
)
async def test_others_read_nothing(analytics: httpx.AsyncClient, role: str, path: str) -> None:
    answer = await analytics.get(f"/analytics/{path}", headers=staff(role))
    assert answer.status_code == 403
    assert (await analytics.get(f"/analytics/{path}")).status_code == 401
    elsewhere = staff("manager", audience="sysops")
    assert (await analytics.get(f"/analytics/{path}", headers=elsewhere)).status_code == 401


async def test_an_unknown_report_is_not_found(analytics: httpx.AsyncClient) -> None:
    answer = await analytics.get("/analytics/reports/weather", headers=staff("manager"))
    assert answer.status_code == 404
    assert "GET /analytics/reports" in answer.json()["detail"]


async def test_a_ticket_is_read_as_it_was_published(analytics: httpx.AsyncClient) -> None:
    answer = await analytics.get(f"/analytics/tickets/{uuid(1)}", headers=staff("manager"))
    assert answer.status_code == 200
    body = answer.json()
    assert (body["ticket_id"], body["number"]) == (str(uuid(1)), 100_001)
    assert (body["status"], body["survey_score"]) == ("closed", 5)
    assert body["as_of"] == "2026-03-31T12:00:00Z"


async def test_a_ticket_that_is_not_in_the_version_is_not_found(
    analytics: httpx.AsyncClient,
) -> None:
    answer = await analytics.get(f"/analytics/tickets/{uuid(99)}", headers=staff("manager"))
    assert answer.status_code == 404
    assert "as of" in answer.json()["detail"]
    finance = await analytics.get(f"/analytics/tickets/{uuid(1)}", headers=staff("finance"))
    assert finance.status_code == 403


async def test_the_snapshot_says_why_a_later_build_is_not_shown(
    analytics: httpx.AsyncClient, warehouse: Path
) -> None:
    shown = await analytics.get("/analytics/snapshot", headers=staff("manager"))
    assert shown.json()["held_back"] is None
    hold_back(warehouse, utc("2026-03-31 12:05"), "fct_invoice: 3 totals differ from the ledger")
    held = await analytics.get("/analytics/snapshot", headers=staff("manager"))
    assert held.json()["version"] == shown.json()["version"]
    assert held.json()["held_back"] == {
        "at": "2026-03-31T12:05:00Z",
        "reasons": ["fct_invoice: 3 totals differ from the ledger"],
    }
