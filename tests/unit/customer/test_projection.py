"""The customer's view follows sysops in whatever order its words arrive."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.customer.tickets.projection import (
    FINISHED,
    PROMISED,
    News,
    Projection,
    advance,
    news,
)
from api.customer.tickets.telling import ARRIVALS
from api.messages import TicketProgress, TicketStatus, Window
from api.sysops.tickets.rules import allowed_actions, next_status

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
TICKET = uuid4()
NEW = Projection(version=0, status="submitted")


def progress(version: int, status: TicketStatus, **more: Any) -> TicketProgress:
    """Version and status as sysops tells them; each accepted visit has a window of its own."""
    promised = status in PROMISED
    accepted = more.setdefault("accepted_version", version) if promised else None
    start = NOW + timedelta(days=accepted or 0)
    return TicketProgress(
        ticket_id=TICKET,
        number=100_001,
        version=version,
        status=status,
        at=NOW + timedelta(hours=version),
        expert_name=f"Expert {accepted}" if promised else None,
        window=Window(start, start + timedelta(hours=2)) if promised else None,
        resolution=f"Solved {version}" if status in FINISHED else None,
        **more,
    )


@st.composite
def histories(draw: st.DrawFn) -> list[TicketProgress]:
    """A life of a ticket that sysops's table of transitions allows."""
    status: TicketStatus = "submitted"
    visit: dict[str, Any] = {}
    absences = {"customer_absences": 0, "expert_absences": 0}
    told = []
    for version in range(1, draw(st.integers(1, 20)) + 1):
        allowed = allowed_actions(status, now=NOW, resolved_at=NOW)
        if "set_out_at" in visit:
            allowed = [action for action in allowed if action != "set_out"]
        if not allowed:
            break
        action = draw(st.sampled_from(allowed))
        status = next_status(status, action, now=NOW, resolved_at=NOW)
        if action == "accept":
            visit = {"accepted_version": version}
        elif action == "set_out":
            visit["set_out_at"] = NOW + timedelta(hours=version)
        elif status not in PROMISED:
            visit = {}
        absences["customer_absences"] += action == "no_show"
        absences["expert_absences"] += action == "miss"
        told.append(progress(version, status, action=action, **visit, **absences))
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


def told_of(messages: Sequence[TicketProgress]) -> list[tuple[News, TicketProgress]]:
    """What a customer is told when messages come in this order, and by which of them."""
    view, heard = NEW, []
    for message in messages:
        after = advance(view, message)
        if kind := news(view, after):
            heard.append((kind, message))
        view = after
    return heard


@given(histories(), st.data())
def test_a_customer_is_told_of_each_accepted_visit_that_still_stands(
    told: list[TicketProgress], data: st.DataObject
) -> None:
    heard = told_of(data.draw(st.permutations(told)))
    now = told[-1]
    if now.status == "accepted":
        kind = "expert_on_the_way" if now.set_out_at else "expert_arriving"
        assert (kind, now.accepted_version) in [(it, by.accepted_version) for it, by in heard]
    # Whoever was told that a visit is off had been promised one.
    for index, (kind, _) in enumerate(heard):
        if kind == "visit_off":
            assert ARRIVALS & {earlier for earlier, _ in heard[:index]}


@given(histories())
def test_each_visit_for_nothing_is_told_as_what_it_was(told: list[TicketProgress]) -> None:
    heard = [(kind, message.action) for kind, message in told_of(told)]
    for kind, action in (("nobody_home", "no_show"), ("expert_did_not_come", "miss")):
        assert [by for it, by in heard if it == kind] == [
            message.action for message in told if message.action == action
        ]


def test_a_visit_for_nothing_is_told_although_its_beginning_came_late() -> None:
    heard = told_of(
        [
            progress(2, "assigned"),
            progress(5, "open", customer_absences=1),
            progress(3, "accepted"),
            progress(4, "in_progress", accepted_version=3),
        ]
    )
    assert [kind for kind, _ in heard] == ["nobody_home"]


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
