"""Days that a solution plans and nobody can drive: found, and mended by what is least important.

Which windows of a day can be had together is a rule on several edges, which an assignment
problem cannot express. What is booked already bars edges beforehand (see `candidates`); what is
chosen in one run is checked here, and the edge that is dispensable is taken out.
"""

from typing import Any, NamedTuple

import numpy as np

from orchestration.assignment.columns import Floats
from orchestration.assignment.matching.compiled import Flags, Ints, Shorts, compiled
from orchestration.assignment.matching.graph import Edges
from orchestration.assignment.problem import Problem
from orchestration.assignment.reach import SECONDS_A_KM, TOLERANCE, km_between

BOOKED = -1


class Visits(NamedTuple):
    """Visits by expert, day and start; `day` numbers the days of all experts.

    `ticket` is BOOKED for what is booked already; `rank` orders the others: the highest is
    dispensable first.
    """

    day: Ints
    ticket: Ints
    place: Floats
    start: Ints
    end: Ints
    work: Ints
    rank: Ints


class Unfit(NamedTuple):
    """Tickets whose visits must go so that days can be driven, and edges that must not be taken
    again (`ticket`, `slot`)."""

    leaving: Ints
    ticket: Ints
    slot: Ints


def undrivable(problem: Problem, tickets: Ints, slots: Ints, costs: Ints, *, ahead: bool) -> Unfit:
    """What must go of the days that cannot be driven as they were chosen.

    Of a day that is the least important (lowest priority, then dearest) of those without which it
    can be driven, or of all where no single one is enough; as many as it takes. With `ahead`, a
    ticket that leaves loses its edges to all days that could not be driven with it either.
    """
    if len(tickets) == 0:
        none = np.empty(0, np.int64)
        return Unfit(none, none, none)
    visits = _visits(problem, tickets, slots, costs)
    days = problem.columns.calendar.days * len(problem.columns.expert_ids)
    first = np.searchsorted(visits.day, np.arange(days + 1))
    left = np.zeros(len(visits.day), np.bool_)
    _leave(visits, first, left)
    rows: Ints = np.flatnonzero(left)
    ticket, slot = _edges_to_lose(visits, first, left, rows, problem.edges, _table(problem), ahead)
    return Unfit(visits.ticket[rows], ticket, slot)


def _table(problem: Problem) -> "_Table":
    table = problem.columns.calendar
    return _Table(table.days, problem.columns.experts.zone, table.start, table.end)


def _visits(problem: Problem, tickets: Ints, slots: Ints, costs: Ints) -> Visits:
    numbered, days = problem.columns, problem.columns.calendar.days
    expert, window = np.divmod(slots, problem.windows)
    zone = numbered.experts.zone[expert]
    rank = np.empty(len(tickets), np.int64)
    level = problem.level[tickets].astype(np.int64)
    rank[np.lexsort((tickets, costs, level))] = np.arange(len(tickets))
    chosen = Visits(
        expert * days + window * days // problem.windows,
        tickets,
        numbered.tickets.place[tickets],
        numbered.calendar.start[zone, window],
        numbered.calendar.end[zone, window],
        numbered.tickets.work[tickets],
        rank,
    )
    booked = _booked(problem)
    order = np.lexsort(
        (np.concatenate([chosen.start, booked.start]), np.concatenate([chosen.day, booked.day]))
    )
    columns: list[Any] = [
        np.concatenate([mine, theirs])[order] for mine, theirs in zip(chosen, booked, strict=True)
    ]
    return Visits(*columns)


def _booked(problem: Problem) -> Visits:
    experts, days = problem.columns.experts, problem.columns.calendar.days
    owner = np.repeat(np.arange(len(experts.free)), np.diff(experts.first_visit))
    seen = experts.visit_day >= 0
    return Visits(
        (owner * days + experts.visit_day)[seen],
        np.full(int(seen.sum()), BOOKED, np.int64),
        experts.visit_place[seen],
        experts.visit_start[seen],
        experts.visit_end[seen],
        experts.visit_work[seen],
        np.full(int(seen.sum()), BOOKED, np.int64),
    )


class _Table(NamedTuple):
    """Days ahead, each expert's time zone, and each zone's windows."""

    days: int
    zone: Shorts
    start: Ints
    end: Ints


@compiled
def _leave(visits: Visits, first: Ints, left: Flags) -> None:
    """Marks what each day has to lose."""
    for day in range(len(first) - 1):
        low, high = first[day], first[day + 1]
        while high - low > 1 and not _can_be_done(visits, left, low, high):
            row = _dispensable(visits, left, low, high)
            if row < 0:
                break
            left[row] = True


@compiled
def _edges_to_lose(
    visits: Visits,
    first: Ints,
    left: Flags,
    rows: Ints,
    edges: Edges,
    table: _Table,
    ahead: bool,
) -> tuple[Ints, Ints]:
    """The edges of what leaves, to where it was and, with `ahead`, to wherever it does not fit."""
    ticket, slot = [0][:0], [0][:0]
    windows = table.start.shape[1]
    for row in rows:
        mine = visits.ticket[row]
        for edge in range(edges.first[mine], edges.end[mine]):
            expert, window = divmod(edges.other[edge], windows)
            day = expert * table.days + window * table.days // windows
            zone = table.zone[expert]
            starts, ends = table.start[zone, window], table.end[zone, window]
            was_here = day == visits.day[row] and starts == visits.start[row]
            if was_here or (
                ahead and not _fits(visits, left, first[day], first[day + 1], row, starts, ends)
            ):
                ticket.append(mine)
                slot.append(edges.other[edge])
    return np.array(ticket, np.int64), np.array(slot, np.int64)


@compiled
def _can_be_done(visits: Visits, left: Flags, low: int, high: int) -> bool:
    """Whether all visits of a day, each as early as it can be, end in their windows."""
    free_at, last = -np.inf, -1
    for row in range(low, high):
        if not left[row]:
            free_at = _done_at(visits, last, free_at, row, visits.start[row], visits.end[row])
            last = row
    return free_at < np.inf


@compiled
def _fits(
    visits: Visits, left: Flags, low: int, high: int, extra: int, starts: int, ends: int
) -> bool:
    """The same with one visit more, in place of what another ticket has in its window."""
    free_at, last, waiting = -np.inf, -1, True
    for row in range(low, high):
        if waiting and starts < visits.start[row]:
            free_at, last = _done_at(visits, last, free_at, extra, starts, ends), extra
            waiting = False
        replaced = visits.start[row] == starts and visits.ticket[row] != BOOKED
        if not (left[row] or replaced):
            free_at = _done_at(visits, last, free_at, row, visits.start[row], visits.end[row])
            last = row
    if waiting:
        free_at = _done_at(visits, last, free_at, extra, starts, ends)
    return free_at < np.inf


@compiled
def _done_at(visits: Visits, last: int, free_at: float, row: int, starts: int, ends: int) -> float:
    """When a visit in a window is done, after the last one (-1: none); never when it is late."""
    if last >= 0:
        free_at += km_between(visits.place, last, visits.place, row) * SECONDS_A_KM
    done = max(starts, free_at) + visits.work[row]
    return done if done <= ends + TOLERANCE else np.inf


@compiled
def _dispensable(visits: Visits, left: Flags, low: int, high: int) -> int:
    """The row to leave, -1 when all of the day is booked."""
    best, enough = -1, False
    for row in range(low, high):
        if left[row] or visits.ticket[row] == BOOKED:
            continue
        left[row] = True
        mends = _can_be_done(visits, left, low, high)
        left[row] = False
        better = best < 0 or (mends and not enough)
        if better or (mends == enough and visits.rank[row] > visits.rank[best]):
            best, enough = row, mends
    return best
