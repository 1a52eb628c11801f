"""The customer's view follows sysops in whatever order its words arrive."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.customer.tickets.projection import (
    FINISHED,
    PROMISED,
    Projection,
    advance,
    news,
)
from api.messages import TicketProgress, TicketStatus, Window

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
TICKET = uuid4()
NEW = Projection(version=0, status="submitted")

# What sysops's table of transitions allows; each list is what may follow.
FOLLOWS: dict[TicketStatus, list[TicketStatus]] = {
    "submitted": ["open", "cancelled"],
    "open": ["assigned", "escalated", "open", "cancelled"],
    "escalated": ["assigned", "open", "cancelled"],
    "assigned": ["accepted", "open", "cancelled"],
    "accepted": ["in_progress", "open", "cancelled"],
    "in_progress": ["resolved", "open"],
    "resolved": ["closed", "open"],
    "closed": ["open"],
    "cancelled": [],
}


def progress(version: int, status: TicketStatus) -> TicketProgress:
    """Version and status as sysops tells them; each version promises a window of its own."""
    start = NOW + timedelta(days=version)
    promised = status in PROMISED
    return TicketProgress(
        ticket_id=TICKET,
        number=100_001,
        version=version,
        status=status,
        at=NOW + timedelta(hours=version),
        expert_name=f"Expert {version}" if promised else None,
        window=Window(start, start + timedelta(hours=2)) if promised else None,
        resolution=f"Solved {version}" if status in FINISHED else None,
    )


@st.composite
def histories(draw: st.DrawFn) -> list[TicketProgress]:
    """A life of a ticket that the table of transitions allows."""
    status: TicketStatus = "submitted"
    told = []
    for version in range(1, draw(st.integers(1, 14)) + 1):
        if not FOLLOWS[status]:
            break
        status = draw(st.sampled_from(FOLLOWS[status]))
        told.append(progress(version, status))
    return told


def followed(messages: Sequence[TicketProgress]) -> Projection:
    view = NEW
    for message in messages:
        view = advance(view, message)
    return view


@given(histories(), st.data())
def test_the_order_of_arrival_does_not_matter(
    told: list[TicketProgress], data: st.DataObject
) -> None:
    in_order = followed(told)
    shuffled = followed(data.draw(st.permutations(told)))
    assert (shuffled.version, shuffled.status) == (in_order.version, in_order.status)
    assert shuffled.resolved_at == in_order.resolved_at
    if in_order.status not in FINISHED:
        # Of a finished visit it is kept who came; the message of its end does not say.
        assert shuffled == in_order


@given(histories(), st.data())
def test_hearing_something_again_changes_nothing(
    told: list[TicketProgress], data: st.DataObject
) -> None:
    view = followed(told)
    assert advance(view, data.draw(st.sampled_from(told))) == view


@given(histories())
def test_a_visit_is_promised_exactly_while_it_stands(told: list[TicketProgress]) -> None:
    view = NEW
    for message in told:
        view = advance(view, message)
        if view.status in PROMISED:
            assert view.window == message.window
            assert view.expert_name == message.expert_name
        elif view.status not in FINISHED:
            assert view.window is None
            assert view.expert_name is None


@given(histories(), st.data())
def test_a_customer_is_told_of_each_accepted_visit_that_still_stands(
    told: list[TicketProgress], data: st.DataObject
) -> None:
    view, heard = NEW, []
    for message in data.draw(st.permutations(told)):
        after = advance(view, message)
        heard.append((message.version, news(view, after)))
        view = after
    arrivals = [version for version, kind in heard if kind == "expert_arriving"]
    if view.status == "accepted":
        assert arrivals[-1] == view.version
    # Whoever was told that a visit is off had been promised one.
    for index, (_, kind) in enumerate(heard):
        if kind == "visit_off":
            assert "expert_arriving" in [earlier for _, earlier in heard[:index]]


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("assigned", "accepted", "expert_arriving"),
        ("accepted", "open", "visit_off"),
        ("accepted", "assigned", "visit_off"),
        ("accepted", "cancelled", "ticket_cancelled"),
        ("submitted", "cancelled", "ticket_cancelled"),
        ("in_progress", "open", "another_visit"),
        ("assigned", "open", None),
        ("resolved", "open", None),
        ("accepted", "in_progress", None),
        ("in_progress", "resolved", None),
    ],
)
def test_a_customer_is_told_at_once_what_concerns_a_visit(
    before: TicketStatus, after: TicketStatus, kind: str | None
) -> None:
    assert news(Projection(3, before), Projection(4, after)) == kind


@pytest.mark.parametrize("status", get_args(TicketStatus))
def test_a_word_that_came_late_is_not_told(status: TicketStatus) -> None:
    view = Projection(5, "open")
    assert news(view, advance(view, progress(4, status))) is None


def test_a_resolution_that_came_after_the_closing_is_kept() -> None:
    closed = advance(NEW, progress(7, "closed"))
    assert closed.resolved_at is None
    assert advance(closed, progress(6, "resolved")).resolved_at == NOW + timedelta(hours=6)


def test_a_reopened_ticket_is_not_resolved() -> None:
    told = [progress(5, "in_progress"), progress(6, "resolved"), progress(7, "open")]
    assert followed(told) == Projection(7, "open")
