"""Whether an expert can do a day: one visit after the other, with the way between them.

The same rule as `api.sysops.experts.days.can_be_done`, over arrays; a test holds the two
together.
"""

import math

import numpy as np

from api.sysops.experts.days import ROAD_FACTOR, SPEED_KMH
from api.sysops.experts.rules import EARTH_RADIUS_KM
from orchestration.assignment.columns import Experts, Floats, Tickets
from orchestration.assignment.matching.compiled import Ints, compiled
from orchestration.assignment.policy import WINDOWS_A_DAY

SECONDS_A_KM = 3600 * ROAD_FACTOR / SPEED_KMH
TOLERANCE = 0.001
"""Seconds: what is exactly on time is not late by rounding."""


@compiled
def km_between(places: Floats, here: int, others: Floats, there: int) -> float:
    """Great-circle distance in kilometres of two unit vectors, by row (haversine of the chord)."""
    x = places[here, 0] - others[there, 0]
    y = places[here, 1] - others[there, 1]
    z = places[here, 2] - others[there, 2]
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(x * x + y * y + z * z) / 2))


@compiled
def drivable_windows(
    tickets: Tickets,
    experts: Experts,
    ticket: int,
    expert: int,
    windows: int,
    start: Ints,
    end: Ints,
) -> int:
    """Of some windows those in which a visit fits between what is booked that day."""
    zone = experts.zone[expert]
    for window in range(start.shape[1]):
        if (windows >> window) & 1:
            begins, ends = start[zone, window], end[zone, window]
            day = window // WINDOWS_A_DAY
            if not _fits_between(tickets, experts, ticket, expert, day, begins, ends):
                windows &= ~(1 << window)
    return windows


@compiled
def _fits_between(
    tickets: Tickets, experts: Experts, ticket: int, expert: int, day: int, begins: int, ends: int
) -> bool:
    """Whether a day's booked visits and one more, in their order, each end in their window."""
    free_at, last, waiting = -np.inf, -1, True
    for row in range(experts.first_visit[expert], experts.first_visit[expert + 1]):
        if experts.visit_day[row] != day:
            continue
        if waiting and begins < experts.visit_start[row]:
            waiting = False
            free_at = _arrival(tickets, experts, ticket, last, free_at)
            free_at = max(begins, free_at) + tickets.work[ticket]
            if free_at > ends + TOLERANCE:
                return False
            free_at += km_between(tickets.place, ticket, experts.visit_place, row) * SECONDS_A_KM
        elif last >= 0:
            free_at += km_between(experts.visit_place, last, experts.visit_place, row) * (
                SECONDS_A_KM
            )
        free_at = max(experts.visit_start[row], free_at) + experts.visit_work[row]
        if free_at > experts.visit_end[row] + TOLERANCE:
            return False
        last = row
    if waiting:
        free_at = _arrival(tickets, experts, ticket, last, free_at)
        return bool(max(begins, free_at) + tickets.work[ticket] <= ends + TOLERANCE)
    return True


@compiled
def _arrival(tickets: Tickets, experts: Experts, ticket: int, last: int, free_at: float) -> float:
    """When an expert can be at a ticket after the last visit, a row or -1 for none."""
    if last < 0:
        return free_at
    return free_at + km_between(experts.visit_place, last, tickets.place, ticket) * SECONDS_A_KM
