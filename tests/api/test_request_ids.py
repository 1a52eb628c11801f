"""A request can be followed: its id is in the answer and in the log lines that it causes."""

import json

import httpx
import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from tests.api.customer.conftest import Customer, customer, settings, settle
from tests.databases import Databases

__all__ = ["customer", "settings"]


@pytest.mark.parametrize(
    "path", ["/customer/plans", "/customer/me", "/health/live", "/customer/no-such-thing", "/"]
)
async def test_every_answer_has_an_id_of_its_own(path: str, customer: httpx.AsyncClient) -> None:
    first, second = [await customer.get(path) for _ in range(2)]
    assert len(first.headers["x-request-id"]) == 32
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


async def test_an_id_that_came_with_the_request_is_kept(customer: httpx.AsyncClient) -> None:
    headers = {"X-Request-Id": "portal-7f3a.12"}
    answer = await customer.get("/customer/plans", headers=headers)
    assert answer.headers["x-request-id"] == "portal-7f3a.12"


@pytest.mark.parametrize("given", ["short", "x" * 65, 'forged", "level": "error'])
async def test_what_is_no_id_is_replaced(given: str, customer: httpx.AsyncClient) -> None:
    answer = await customer.get("/customer/plans", headers={"X-Request-Id": given})
    assert answer.headers["x-request-id"] != given


async def test_the_log_tells_the_route_the_status_and_the_time_and_nothing_of_the_person(
    customer: httpx.AsyncClient, databases: Databases
) -> None:
    ada: Customer = settle(customer, databases, "ada@example.com")
    ticket = await ada.ticket_id()
    with capture_logs(processors=[merge_contextvars]) as lines:
        answer = await ada.get(f"/tickets/{ticket}")
    [line] = [line for line in lines if line["event"] == "request"]
    assert line["request_id"] == answer.headers["x-request-id"]
    assert (line["method"], line["status"]) == ("GET", 200)
    assert line["route"] == "/customer/tickets/{ticket_id}"
    assert line["ms"] > 0
    assert ticket not in json.dumps(lines)
    # The id is random and of letters from a to f.
    told = [{key: it for key, it in one.items() if key != "request_id"} for one in lines]
    assert "ada" not in json.dumps(told).lower()
