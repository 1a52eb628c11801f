"""What a customer may ask of a ticket, and what covers one."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.customer.tickets.rules import (
    FARTHEST_WINDOW,
    MOST_WINDOWS,
    REOPEN_WITHIN,
    Cover,
    cover_errors,
    priority_for,
    request_refusal,
    requests_allowed,
    window_errors,
)
from api.messages import Priority, TicketRequestKind, TicketStatus, Window

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
STATUSES = get_args(TicketStatus)
KINDS = get_args(TicketRequestKind)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("sla_hours", "priority"),
    [(4, "urgent"), (24, "urgent"), (25, "high"), (72, "high"), (96, "normal"), (97, "low")],
)
def test_less_time_gives_more_priority(sla_hours: int, priority: Priority) -> None:
    assert priority_for(sla_hours) == priority


@given(st.integers(1, 1000), st.integers(1, 1000))
def test_a_shorter_promise_never_has_less_priority(one: int, other: int) -> None:
    order = get_args(Priority)
    shorter, longer = sorted((one, other))
    assert order.index(priority_for(shorter)) <= order.index(priority_for(longer))


@pytest.mark.parametrize("status", STATUSES)
def test_a_ticket_is_cancelled_or_moved_only_before_the_visit(status: TicketStatus) -> None:
    allowed = requests_allowed(status, now=NOW, resolved_at=NOW)
    before = status in {"submitted", "open", "escalated", "assigned", "accepted"}
    assert ("cancel" in allowed) == before
    assert ("reschedule" in allowed) == before
    assert ("reopen" in allowed) == (status in {"resolved", "closed"})


@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_a_ticket_is_reopened_within_fourteen_days(status: TicketStatus) -> None:
    last = NOW - REOPEN_WITHIN
    assert requests_allowed(status, now=NOW, resolved_at=last) == ["reopen"]
    assert requests_allowed(status, now=NOW, resolved_at=last - timedelta(seconds=1)) == []


def test_sysops_decides_when_the_resolution_is_still_on_its_way() -> None:
    assert requests_allowed("closed", now=NOW, resolved_at=None) == ["reopen"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", STATUSES)
def test_every_refusal_has_words(kind: TicketRequestKind, status: TicketStatus) -> None:
    assert request_refusal(kind, status).endswith(".")
    assert "_" not in request_refusal(kind, status)


@pytest.mark.parametrize(
    ("cover", "device_type", "pointers"),
    [
        (Cover("active", "good", ["tv"]), "tv", []),
        (Cover("active", "good", ["tv"]), "laptop", ["/ticket_type"]),
        (Cover("cancelled", "good", ["tv"]), "tv", ["/contract_id"]),
        (Cover("active", "suspended", ["tv"]), "laptop", ["/contract_id", "/ticket_type"]),
        (None, "tv", ["/contract_id"]),
        (None, None, ["/contract_id", "/ticket_type"]),
    ],
)
def test_a_ticket_needs_a_contract_in_force_that_covers_the_device(
    cover: Cover | None, device_type: str | None, pointers: list[str]
) -> None:
    assert [error.pointer for error in cover_errors(cover, device_type)] == pointers


@pytest.mark.parametrize(
    ("start", "end", "wrong"),
    [
        (1 * HOUR, 3 * HOUR, []),
        (1 * HOUR, 2 * HOUR, ["end"]),
        (3 * HOUR, 1 * HOUR, ["end"]),
        (0 * HOUR, 2 * HOUR, ["start"]),
        (-1 * HOUR, 0 * HOUR, ["start", "end"]),
        (1 * HOUR, FARTHEST_WINDOW, []),
        (1 * HOUR, FARTHEST_WINDOW + timedelta(seconds=1), ["end"]),
    ],
)
def test_a_preferred_window_is_ahead_and_long_enough_for_an_arrival(
    start: timedelta, end: timedelta, wrong: list[str]
) -> None:
    errors = window_errors([Window(NOW + start, NOW + end)], NOW)
    assert [error.pointer for error in errors] == [f"/preferred_windows/0/{name}" for name in wrong]


def test_there_are_at_most_ten_preferred_windows() -> None:
    windows = [Window(NOW + HOUR, NOW + 3 * HOUR)] * (MOST_WINDOWS + 1)
    assert [error.pointer for error in window_errors(windows, NOW)] == ["/preferred_windows"]
    assert window_errors(windows[1:], NOW) == []


@given(st.lists(st.builds(Window, *[st.datetimes(timezones=st.timezones())] * 2), max_size=3))
def test_any_windows_in_the_calendar_are_judged(windows: list[Window]) -> None:
    for error in window_errors(windows, NOW):
        assert error.pointer.startswith("/preferred_windows/")
