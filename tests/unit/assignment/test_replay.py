"""A day replayed: the same twice, nobody served twice, no hard rule broken."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.sysops.assignment.policy import PRESETS, Policy
from api.sysops.experts import days, rules
from api.sysops.experts.days import can_be_done
from orchestration.assignment.backtest.answers import Habits
from orchestration.assignment.backtest.day import Day, span_of
from orchestration.assignment.backtest.replay import Replayed, figures, replay
from orchestration.assignment.snapshot import MOMENT
from tests.unit.assignment import small

ZONE = ZoneInfo("America/New_York")
MONDAY = date(2026, 3, 2)
BEGINS, ENDS = span_of(MONDAY, ZONE)
CHICAGO = ZoneInfo("America/Chicago")
POLICIES = [policy for _, policy in PRESETS.values()]


def at(hour: float) -> datetime:
    """An hour of that Monday in New York."""
    return BEGINS + timedelta(hours=hour)


def window(hour: int, day: int = 0) -> tuple[datetime, datetime]:
    """Two hours from `hour` on, in Chicago, `day` days after that Monday."""
    start = datetime.combine(MONDAY + timedelta(days=day), time(hour), CHICAGO)
    return start, start + timedelta(hours=2)


def a_day(
    tickets: Iterable[small.Ticket],
    experts: Iterable[small.Expert],
    *,
    comes: Mapping[int, float] | None = None,
    gone: Mapping[int, float] | None = None,
    released: Mapping[datetime, float] | None = None,
    habits: Habits | None = None,
    ends: datetime = ENDS,
) -> Day:
    """A Monday; what `comes` later and is `gone` again by ticket, in hours of it, and the visits
    that are `released`, by when they begin."""
    known = small.snapshot(tickets, experts, as_of=BEGINS)
    frames = known.frames()

    def hours(of: Mapping[Any, float] | None, keys: pl.Series, name: str) -> pl.Series:
        found = [at(of[it]) if of and it in of else None for it in keys]
        return pl.Series(name, found, MOMENT)

    numbers = pl.Series([int(it[-12:], 16) for it in frames["tickets"]["id"]], dtype=pl.Int64)
    return Day(
        MONDAY,
        BEGINS,
        ends,
        frames["tickets"].with_columns(
            hours(comes, numbers, "since").fill_null(BEGINS), hours(gone, numbers, "gone")
        ),
        frames["visits"].with_columns(hours(released, frames["visits"]["since"], "released")),
        {name: frame for name, frame in frames.items() if name not in {"tickets", "visits"}},
        habits or Habits(),
    )


def who_comes(done: Replayed) -> dict[int, tuple[int, datetime]]:
    return {
        int(ticket[-12:], 16): (int(it.expert[-12:], 16) - 1000, it.start)
        for ticket, it in done.served.items()
    }


def test_what_waits_is_served_as_it_comes_and_the_second_finds_the_window_taken() -> None:
    first, second = small.Ticket(1), small.Ticket(2)
    busy = small.Expert(1, shifts={1: ((time(8), time(12)),)})
    done = replay(a_day([first, second], [busy], comes={2: 5.5}), Policy(), 1)
    assert who_comes(done) == {1: (1, window(8)[0]), 2: (1, window(10)[0])}
    found = figures(a_day([first, second], [busy], comes={2: 5.5}), done)
    assert (found.tickets, found.served, found.sla_met, found.late) == (2, 2, 2, 0)
    assert (found.travel_km, found.unfairness, found.reassignments) == (0, 0, 0)


def test_a_ticket_that_is_gone_or_comes_too_late_is_nobodys() -> None:
    tickets = [small.Ticket(number) for number in (1, 2, 3)]
    nobody = small.Expert(1, latitude=40)
    day = a_day(tickets, [nobody], comes={1: 3.2, 3: 23.5}, gone={1: 3.9, 2: 8})
    done = replay(day, Policy(), 1)
    assert {int(it[-12:], 16) for it in done.waited} == {2}
    assert figures(day, done).late == 0


def test_who_refuses_is_out_and_the_next_one_is_asked_an_hour_later() -> None:
    near, far = small.Expert(1), small.Expert(2, latitude=30.1)
    habits = Habits(overall=1.0, accepts={near.id: 0.0})
    done = replay(a_day([small.Ticket(1)], [near, far], habits=habits), Policy(), 1)
    assert done.refused == [(small.Ticket(1).id, near.id)]
    assert who_comes(done)[1][0] == 2
    assert figures(a_day([small.Ticket(1)], [near, far]), done).reassignments == 1


def test_late_is_what_is_served_late_and_what_is_overdue_unserved() -> None:
    due = at(12)
    tickets = [small.Ticket(1, due=due), small.Ticket(2, due=due, latitude=50)]
    expert = small.Expert(1, shifts={1: ((time(15), time(17)),)})
    day = a_day(tickets, [expert])
    found = figures(day, replay(day, Policy(), 1))
    served_late, overdue = window(15)[1] - due, ENDS - due
    assert (found.served, found.sla_met, found.late) == (1, 0, 2)
    assert found.late_hours == (served_late + overdue) / timedelta(hours=1)


def test_time_that_is_called_off_is_free_from_then_on() -> None:
    start, end = window(15)
    stood = days.Visit(start, end, 30.0, -97.0, timedelta(minutes=60))
    expert = small.Expert(1, visits=(stood,), shifts={1: ((time(15), time(17)),)})
    ticket = small.Ticket(1)
    today = Policy(horizon_working_days=1)
    taken = a_day([ticket], [expert])
    assert who_comes(replay(taken, today, 1)) == {}
    free = a_day([ticket], [expert], released={start: 9})
    assert who_comes(replay(free, today, 1)) == {1: (1, start)}


def test_without_experts_or_tickets_a_day_is_over_soon() -> None:
    assert replay(a_day([], [small.Expert(1)]), Policy(), 1) == Replayed()
    nobody = a_day([small.Ticket(1)], [])
    done = replay(nobody, Policy(), 1)
    assert (done.served, figures(nobody, done).unfairness) == ({}, 0.0)


@pytest.mark.parametrize(
    ("day", "hours"), [(MONDAY, 24), (date(2026, 3, 8), 23), (date(2026, 11, 1), 25)]
)
def test_a_day_has_as_many_moments_as_hours(day: date, hours: int) -> None:
    begins, ends = span_of(day, ZONE)
    empty = pl.DataFrame()
    assert len(Day(day, begins, ends, empty, empty, {}).moments) == hours


@st.composite
def small_days(draw: st.DrawFn) -> Day:
    places = st.floats(29.7, 30.3)
    tickets = [
        small.Ticket(
            number,
            draw(st.sampled_from(["urgent", "normal", "low"])),
            draw(places),
            due=at(draw(st.integers(5, 60))),
            work=draw(st.sampled_from([60, 110])),
        )
        for number in range(1, draw(st.integers(1, 9)) + 1)
    ]
    experts = [
        small.Expert(
            number,
            draw(places),
            radius_km=draw(st.integers(10, 60)),
            level=draw(st.integers(1, 4)),
            most=draw(st.integers(1, 4)),
            shifts=draw(st.sampled_from([small.EVERY_DAY, small.MORNING])),
            absent=((window(8)[0], window(13)[1]),) if draw(st.booleans()) else (),
        )
        for number in range(1, draw(st.integers(1, 4)) + 1)
    ]
    comes = {it.number: draw(st.floats(0, 5)) for it in tickets}
    return a_day(tickets, experts, comes=comes, habits=Habits(overall=0.7), ends=at(6))


@settings(max_examples=12, deadline=None)
@given(small_days(), st.sampled_from(POLICIES), st.integers(0, 9))
def test_every_replay_can_be_repeated_serves_once_and_breaks_no_hard_rule(
    day: Day, policy: Policy, seed: int
) -> None:
    done = replay(day, policy, seed)
    assert done == replay(day, policy, seed)
    assert done.unproven == 0
    assert set(done.served) <= done.waited
    assert len(set(done.refused)) == len(done.refused)
    assert not set(done.refused) & {(it.ticket, it.expert) for it in done.served.values()}
    tickets = {it["id"]: it for it in day.tickets.iter_rows(named=True)}
    experts = {it["id"]: it for it in day.frames["experts"].iter_rows(named=True)}
    by_day: defaultdict[tuple[str, date], list[days.Visit]] = defaultdict(list)
    for visit in done.served.values():
        ticket = tickets[visit.ticket]
        place = ticket["latitude"], ticket["longitude"]
        asked = rules.Visit(visit.start, visit.end, *place, {"laptop": 2})
        profile = _profile(day, experts[visit.expert])
        assert rules.why_wrong(profile, asked) is None
        assert ticket["since"] + timedelta(minutes=policy.lead_minutes) <= visit.start
        work = timedelta(minutes=ticket["work_minutes"])
        local = visit.start.astimezone(CHICAGO).date()
        by_day[visit.expert, local].append(days.Visit(visit.start, visit.end, *place, work))
    for (expert, _), visits in by_day.items():
        assert len(visits) <= experts[expert]["most_visits_a_day"]
        assert max(Counter(it.start for it in visits).values()) == 1
        assert can_be_done(visits)


def _profile(day: Day, expert: dict[str, Any]) -> rules.Profile:
    """The expert as the rules of planned visits see one: they share no code with the engine."""

    def own(name: str) -> Iterable[dict[str, Any]]:
        return day.frames[name].filter(pl.col("expert") == expert["id"]).iter_rows(named=True)

    shifts: defaultdict[int, list[tuple[time, time]]] = defaultdict(list)
    for it in own("shifts"):
        span = (time(it[name] // 60, it[name] % 60) for name in ("starts", "ends"))
        shifts[it["weekday"]].append((next(span), next(span)))
    return rules.Profile(
        active=True,
        latitude=expert["latitude"],
        longitude=expert["longitude"],
        radius_km=expert["radius_km"],
        time_zone=expert["time_zone"],
        skills={it["skill"]: (it["level"], it["until"]) for it in own("skills")},
        shifts=shifts,
        absent=[(it["since"], it["until"]) for it in own("absences")],
    )
