"""The input of one run, and its edges: which expert could take which ticket in which window."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from api.messages import Priority, Window
from api.sysops.experts.days import MOST_VISITS_A_DAY, ROAD_FACTOR, Visit, can_be_done
from orchestration.assignment.policy import ARRIVAL_WINDOWS, Policy

EARTH_RADIUS_KM = 6371.0088


@dataclass(frozen=True, order=True)
class Ticket:
    """An open ticket; coordinates in degrees, `work` how long a visit takes.

    No visit begins before `earliest`.
    """

    id: UUID
    version: int
    priority: Priority
    ticket_type: str
    latitude: float
    longitude: float
    work: timedelta
    due: datetime
    preferred: tuple[Window, ...]
    skills: tuple[tuple[str, int], ...]
    excluded: frozenset[UUID]
    earliest: datetime | None = None


@dataclass(frozen=True)
class Expert:
    """An active expert. `shifts` by ISO weekday in local time, `absent` in absolute time.

    `visits` are live bookings; `done` says when the visits began that were finished of late.
    """

    id: UUID
    latitude: float
    longitude: float
    radius_km: float
    time_zone: str
    silences: int
    skills: dict[str, tuple[int, date]]
    shifts: dict[int, tuple[tuple[time, time], ...]]
    absent: tuple[tuple[datetime, datetime], ...]
    visits: tuple[Visit, ...]
    done: tuple[datetime, ...] = ()
    most_visits_a_day: int = MOST_VISITS_A_DAY

    def local_day(self, moment: datetime) -> date:
        return moment.astimezone(ZoneInfo(self.time_zone)).date()


@dataclass(frozen=True)
class Snapshot:
    """Everything one run decides on."""

    as_of: datetime
    tickets: tuple[Ticket, ...]
    experts: tuple[Expert, ...]
    holidays: frozenset[date] = frozenset()


@dataclass(frozen=True)
class Slot:
    """One expert's free arrival window: it takes one visit.

    `visits_that_day` are booked or done; `day` is the expert's.
    """

    expert: int
    day: date
    start: datetime
    end: datetime
    visits_that_day: int


@dataclass
class Problem:
    """Edges of a sparse bipartite problem: tickets on one side, slots on the other.

    The arrays `ticket`, `slot`, `cost` and `km` have one entry an edge. `removed` counts, for
    each ticket, the experts that each hard rule took out, in the order of the rules.
    """

    snapshot: Snapshot
    policy: Policy
    slots: list[Slot]
    ticket: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    slot: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    cost: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    km: NDArray[np.float64] = field(default_factory=lambda: np.empty(0, np.float64))
    removed: list[Counter[str]] = field(default_factory=list)
    candidates: list[int] = field(default_factory=list)


def free_slots(expert: Expert, index: int, snapshot: Snapshot, policy: Policy) -> list[Slot]:
    """The expert's arrival windows of the horizon that shifts, holidays, absence and visits leave
    free."""
    as_of = snapshot.as_of
    zone = ZoneInfo(expert.time_zone)
    today = as_of.astimezone(zone).date()
    slots: list[Slot] = []
    for offset in range(policy.horizon_days + 1):
        day = today + timedelta(days=offset)
        windows = [
            (datetime.combine(day, first, zone), datetime.combine(day, last, zone))
            for first, last in ARRIVAL_WINDOWS
            if any(a <= first and last <= b for a, b in expert.shifts.get(day.isoweekday(), ()))
        ]
        begun = [*(visit.start for visit in expert.visits), *expert.done]
        visits = sum(expert.local_day(start) == day for start in begun)
        if visits >= expert.most_visits_a_day or day in snapshot.holidays:
            continue
        taken = [*expert.absent, *((visit.start, visit.end) for visit in expert.visits)]
        slots.extend(
            Slot(index, day, start, end, visits)
            for start, end in windows
            if start >= as_of + policy.lead_time
            and not any(start < until and since < end for since, until in taken)
        )
    return slots


def distances_km(
    latitudes: NDArray[np.float64],
    longitudes: NDArray[np.float64],
    latitude: float,
    longitude: float,
) -> NDArray[np.float64]:
    """Great-circle distances in kilometres from many points to one (haversine formula)."""
    phi, lam = np.radians(latitudes), np.radians(longitudes)
    phi0, lam0 = np.radians(latitude), np.radians(longitude)
    a = np.sin((phi - phi0) / 2) ** 2 + np.cos(phi) * np.cos(phi0) * np.sin((lam - lam0) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(a)), dtype=np.float64)


def build(snapshot: Snapshot, policy: Policy) -> Problem:
    """All edges that break no hard rule; order follows stable ids, so equal input is equal."""
    experts = snapshot.experts
    own: list[list[int]] = []
    slots: list[Slot] = []
    for index, expert in enumerate(experts):
        free = free_slots(expert, index, snapshot, policy)
        own.append(list(range(len(slots), len(slots) + len(free))))
        slots.extend(free)
    problem = Problem(snapshot, policy, slots)
    latitudes = np.array([expert.latitude for expert in experts])
    longitudes = np.array([expert.longitude for expert in experts])
    edges: list[tuple[int, int, int, float]] = []
    for number, ticket in enumerate(snapshot.tickets):
        away = distances_km(latitudes, longitudes, ticket.latitude, ticket.longitude)
        before = len(edges)
        edges.extend(_edges_of(problem, number, ticket, away, own))
        problem.candidates.append(len({slots[slot].expert for _, slot, _, _ in edges[before:]}))
    if edges:
        columns = list(zip(*edges, strict=True))
        problem.ticket = np.array(columns[0], np.int64)
        problem.slot = np.array(columns[1], np.int64)
        problem.cost = np.array(columns[2], np.int64)
        problem.km = np.array(columns[3], np.float64)
    return problem


def _edges_of(
    problem: Problem,
    number: int,
    ticket: Ticket,
    away: NDArray[np.float64],
    own: Sequence[Sequence[int]],
) -> list[tuple[int, int, int, float]]:
    """The edges of one ticket; counts why the other experts are out."""
    removed: Counter[str] = Counter()
    problem.removed.append(removed)
    edges: list[tuple[int, int, int, float]] = []
    for index, expert in enumerate(problem.snapshot.experts):
        rule = _who_is_out(ticket, expert, float(away[index]), problem.snapshot.as_of)
        if rule is not None:
            removed[rule] += 1
            continue
        found = [
            _edge(problem, number, ticket, expert, slot, float(away[index]))
            for slot in own[index]
            if _fits(problem, ticket, expert, problem.slots[slot])
        ]
        if not found:
            removed["no_free_window"] += 1
        edges.extend(found)
    return edges


def _edge(
    problem: Problem, number: int, ticket: Ticket, expert: Expert, slot: int, away_km: float
) -> tuple[int, int, int, float]:
    free, km = problem.slots[slot], away_km * ROAD_FACTOR
    cost = problem.policy.cost(
        travel_km=km,
        now=problem.snapshot.as_of,
        start=free.start,
        end=free.end,
        due=ticket.due,
        visits_that_day=free.visits_that_day,
        silences=expert.silences,
    )
    return number, slot, cost, km


def _who_is_out(ticket: Ticket, expert: Expert, away_km: float, as_of: datetime) -> str | None:
    """The first hard rule that takes an expert out for a ticket, None when none does."""
    if expert.id in ticket.excluded:
        return "excluded"
    today = as_of.astimezone(ZoneInfo(expert.time_zone)).date()
    for skill, level in ticket.skills:
        held, until = expert.skills.get(skill, (0, date.min))
        if held < level:
            return "skill"
        if until < today:
            return "certificate_expired"
    if away_km > expert.radius_km:
        return "radius"
    return None


def _fits(problem: Problem, ticket: Ticket, expert: Expert, slot: Slot) -> bool:
    """The window suits the customer, the certificates still hold, the neighbours are in reach."""
    if ticket.earliest is not None and slot.start < ticket.earliest:
        return False
    if ticket.preferred and not any(
        window.start <= slot.start and slot.end <= window.end for window in ticket.preferred
    ):
        return False
    if any(expert.skills[skill][1] < slot.day for skill, _ in ticket.skills):
        return False
    day = [*visits_of(expert, slot.day), planned(ticket, slot)]
    return can_be_done(day, problem.policy.speed_kmh)


def planned(ticket: Ticket, slot: Slot) -> Visit:
    """The visit that a ticket makes in a slot."""
    return Visit(slot.start, slot.end, ticket.latitude, ticket.longitude, ticket.work)


def visits_of(expert: Expert, day: date) -> list[Visit]:
    """An expert's booked visits of a local day."""
    return [visit for visit in expert.visits if expert.local_day(visit.start) == day]
