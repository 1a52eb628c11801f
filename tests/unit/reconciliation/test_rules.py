"""What is lost and what is only on its way, whatever happens between two looks."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.reconciliation.rules import (
    SHOWN,
    Finding,
    Gap,
    Item,
    Waiting,
    differs,
    judge,
    match,
    merge,
    suspects,
)

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
ONE = UUID(int=1)


def item(version: int = 2, status: str = "assigned") -> Item:
    return Item(ONE, version, status)


def verdict(
    arrived: Item | None, *, waiting: Waiting | None = None, source: Item | None = None
) -> Finding:
    words = {ONE: waiting} if waiting else {}
    return judge(words, {item(): arrived}, {ONE: source or item()}, NOW)


@pytest.mark.parametrize(
    ("arrived", "kind"),
    [
        (None, "missing"),
        (item(1, "open"), "behind"),
        (item(2, "open"), "differs"),
        (item(3, "accepted"), "ahead"),
        (item(), None),
    ],
)
def test_a_fact_and_what_arrived_of_it_are_compared_by_version_then_by_state(
    arrived: Item | None, kind: str | None
) -> None:
    assert differs(item(), arrived) == kind
    assert verdict(arrived).counts() == ({kind: 1} if kind else {})


def test_what_a_message_speaks_of_is_in_flight_and_late_after_a_minute() -> None:
    fresh = verdict(None, waiting=Waiting(NOW - timedelta(seconds=59), held=False))
    late = verdict(None, waiting=Waiting(NOW - timedelta(seconds=61), held=False))
    assert (fresh.kept, fresh.in_flight, fresh.late) == (True, 1, 0)
    assert (late.kept, late.in_flight, late.late) == (True, 1, 1)


def test_what_a_dead_letter_speaks_of_is_held_and_not_lost() -> None:
    held = verdict(None, waiting=Waiting(NOW - timedelta(days=40), held=True))
    assert (held.kept, held.held, held.in_flight) == (True, 1, 0)


def test_a_target_ahead_of_the_first_look_is_well_when_the_source_moved_on_too() -> None:
    moved = item(3, "accepted")
    assert verdict(moved, source=moved).kept
    assert not verdict(moved, source=item()).kept


def test_what_is_gone_from_the_source_by_now_was_never_owed() -> None:
    assert judge({}, {item(): None}, {}, NOW).kept


def test_each_version_must_arrive_by_itself_where_that_is_promised() -> None:
    first, second = Item(ONE, 5, "resolved"), Item(ONE, 9, "resolved")
    latest = match([first, second], [second], each_version=False)
    assert suspects(latest) == [first]  # ahead of the first look, so looked at again
    each = match([first, second], [second], each_version=True)
    assert suspects(each) == [first]
    assert judge({}, each, {ONE: second}, NOW).gaps == [Gap("missing", first)]


def test_pages_add_up_and_a_report_names_only_some_ids() -> None:
    gaps = [Gap("missing", Item(uuid4(), 1, "open")) for _ in range(30)]
    whole = merge(
        [Finding(checked=40, in_flight=2, gaps=gaps[:20]), Finding(3, 1, 1, 4, gaps[20:])]
    )
    assert (whole.checked, whole.in_flight, whole.late, whole.held) == (43, 3, 1, 4)
    assert whole.counts() == {"missing": 30}
    assert len(whole.shown()["missing"]) == SHOWN


times = st.integers(0, 9)


@settings(max_examples=1_000)
@given(
    looks=st.tuples(times, times, times, times, times).map(sorted),
    life=st.lists(st.tuples(times, times, times).map(sorted), min_size=1, max_size=3),
)
def test_no_interleaving_of_looks_and_deliveries_raises_a_false_alarm(
    looks: list[int], life: list[list[int]]
) -> None:
    """Each version is written with its message, then takes effect, then leaves the queue.

    Looks: the source, the target, then of suspects the queue, the target, and the source again.
    """
    life = sorted(life)

    def source(at: int) -> Item | None:
        written = [number for number, (sent, _, _) in enumerate(life, 1) if sent <= at]
        return item(written[-1], str(written[-1])) if written else None

    def target(at: int) -> Item | None:
        done = [number for number, (_, done, _) in enumerate(life, 1) if done <= at]
        return item(max(done), str(max(done))) if done else None

    def queue(at: int) -> dict[UUID, Waiting]:
        waits = any(sent <= at < gone for sent, _, gone in life)
        return {ONE: Waiting(NOW, held=False)} if waits else {}

    first = source(looks[0])
    if first is None:
        return
    amiss = suspects({first: target(looks[1])})
    again = {it: target(looks[3]) for it in amiss}
    present = source(looks[4])
    finding = judge(queue(looks[2]), again, {ONE: present} if present else {}, NOW)
    assert finding.gaps == []
