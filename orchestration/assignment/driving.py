"""Days that a solution plans and nobody can drive: found, and mended by what is least important.

Which windows of a day can be had together is a rule on several edges, which an assignment
problem cannot express. What is booked already bars edges beforehand (see `candidates`); what is
chosen in one run is checked here, and the edge that is dispensable is taken out.
"""

from typing import Any, NamedTuple

import numpy as np

from orchestration.assignment.columns import Floats
from orchestration.assignment.matching.compiled import Ints, compiled
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


def undrivable(problem: Problem, tickets: Ints, slots: Ints, costs: Ints) -> Ints:
    """A ticket whose visit must go, for each day that cannot be driven as it was chosen.

    The least important (lowest priority, then dearest) of those without which it can be driven,
    or of all where no single one is enough.
    """
    if len(tickets) == 0:
        return np.empty(0, np.int64)
    visits = _visits(problem, tickets, slots, costs)
    return np.asarray(_to_leave(visits), np.int64)


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


@compiled
def _to_leave(visits: Visits) -> Ints:
    found, count, low = np.empty(len(visits.day), np.int64), 0, 0
    while low < len(visits.day):
        high = low + 1
        while high < len(visits.day) and visits.day[high] == visits.day[low]:
            high += 1
        if high - low > 1 and not _can_be_done(visits, low, high, -1):
            row = _dispensable(visits, low, high)
            if row >= 0:
                found[count] = visits.ticket[row]
                count += 1
        low = high
    return found[:count]


@compiled
def _can_be_done(visits: Visits, low: int, high: int, without: int) -> bool:
    """Whether all visits of a day, each as early as it can be, end in their windows."""
    free_at, last = -np.inf, -1
    for row in range(low, high):
        if row == without:
            continue
        if last >= 0:
            free_at += km_between(visits.place, last, visits.place, row) * SECONDS_A_KM
        free_at = max(visits.start[row], free_at) + visits.work[row]
        if free_at > visits.end[row] + TOLERANCE:
            return False
        last = row
    return True


@compiled
def _dispensable(visits: Visits, low: int, high: int) -> int:
    """The row to leave, -1 when all of the day is booked."""
    best, enough = -1, False
    for row in range(low, high):
        if visits.ticket[row] == BOOKED:
            continue
        mends = _can_be_done(visits, low, high, row)
        better = best < 0 or (mends and not enough)
        if better or (mends == enough and visits.rank[row] > visits.rank[best]):
            best, enough = row, mends
    return best
