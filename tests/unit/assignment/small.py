"""Small countries for tests: a Monday in Texas, with tickets and experts at chosen places."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import polars as pl

from api.messages import Priority, Window
from api.sysops.assignment.policy import Policy
from api.sysops.experts.days import Visit
from orchestration.assignment.problem import Problem, build
from orchestration.assignment.snapshot import SCHEMAS, Snapshot, snapshot_of
from orchestration.assignment.solve import Solution, solve

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)  # Monday, 06:00 in Chicago
TODAY = Policy(horizon_working_days=0)
Shifts = dict[int, tuple[tuple[time, time], ...]]
EVERY_DAY: Shifts = {day: ((time(8), time(17)),) for day in range(1, 8)}


@dataclass(frozen=True)
class Ticket:
    number: int
    priority: Priority = "normal"
    latitude: float = 30.0
    longitude: float = -97.0
    skill: str = "laptop"
    preferred: tuple[Window, ...] = ()
    work: int = 60
    due: datetime = NOW + timedelta(days=2)
    earliest: datetime | None = None
    excluded: frozenset[int] = frozenset()
    known: frozenset[int] = frozenset()

    @property
    def id(self) -> str:
        return str(UUID(int=self.number))


@dataclass(frozen=True)
class Expert:
    number: int
    latitude: float = 30.0
    longitude: float = -97.0
    radius_km: int = 50
    shifts: Mapping[int, Sequence[tuple[time, time]]] = field(default_factory=lambda: EVERY_DAY)
    level: int = 3
    until: date = date(2030, 1, 1)
    visits: tuple[Visit, ...] = ()
    done: tuple[datetime, ...] = ()
    absent: tuple[tuple[datetime, datetime], ...] = ()
    most: int = 4
    silences: int = 0
    zone: str = "America/Chicago"

    @property
    def id(self) -> str:
        return str(UUID(int=1000 + self.number))


ticket, expert = Ticket, Expert
ONE_WINDOW: Shifts = {1: ((time(8), time(10)),)}
MORNING: Shifts = {1: ((time(8), time(12)),)}


def snapshot(
    tickets: Iterable[Ticket],
    experts: Iterable[Expert],
    *,
    as_of: datetime = NOW,
    holidays: Sequence[date] = (),
) -> Snapshot:
    """A snapshot in which every ticket needs its skill at level 2."""
    tickets, experts = list(tickets), list(experts)
    rows: dict[str, list[tuple[Any, ...]]] = {
        "tickets": [
            (it.id, 1, it.priority, it.skill, it.latitude, it.longitude, it.due, it.earliest,
             it.work)
            for it in tickets
        ],
        "preferred": [(it.id, one.start, one.end) for it in tickets for one in it.preferred],
        "excluded": [(it.id, expert(out).id) for it in tickets for out in it.excluded],
        "known": [(it.id, expert(one).id) for it in tickets for one in it.known],
        "required": [(skill, skill, 2) for skill in sorted({it.skill for it in tickets})],
        "experts": [
            (it.id, it.latitude, it.longitude, it.radius_km, it.zone, it.silences, it.most)
            for it in experts
        ],
        "skills": [(it.id, "laptop", it.level, it.until) for it in experts],
        "shifts": [
            (it.id, weekday, first.hour * 60 + first.minute, last.hour * 60 + last.minute)
            for it in experts for weekday, spans in it.shifts.items() for first, last in spans
        ],
        "absences": [(it.id, *span) for it in experts for span in it.absent],
        "visits": [
            (it.id, one.start, one.end, one.latitude, one.longitude,
             one.work // timedelta(minutes=1))
            for it in experts for one in it.visits
        ],
        "done": [(it.id, start) for it in experts for start in it.done],
        "holidays": [(day,) for day in holidays],
    }  # fmt: skip
    frames = {
        name: pl.DataFrame(found, schema=dict(SCHEMAS[name]), orient="row")
        for name, found in rows.items()
    }
    return snapshot_of(as_of, frames)


def problem(
    tickets: Iterable[Ticket], experts: Iterable[Expert], policy: Policy = TODAY
) -> Problem:
    return build(snapshot(tickets, experts), policy)


Visits = dict[int, tuple[int, datetime]]
"""Who comes when: expert and start by the numbers of tickets that are served."""


def visits(found: Problem, solution: Solution) -> Visits:
    return {
        UUID(found.columns.ticket_ids[place]).int: (
            UUID(found.columns.expert_ids[slot // found.windows]).int - 1000,
            found.start(slot),
        )
        for place, slot in enumerate(int(it) for it in solution.slot)
        if slot >= 0
    }


def solved(tickets: Iterable[Ticket], experts: Iterable[Expert], policy: Policy = TODAY) -> Visits:
    """Who comes when, from a solution that is proven."""
    found = problem(tickets, experts, policy)
    solution = solve(found)
    assert solution.proven
    return visits(found, solution)


def at(hour: float) -> datetime:
    """An hour of that Monday in Chicago."""
    return datetime(2026, 3, 2, 6, tzinfo=UTC) + timedelta(hours=hour)
