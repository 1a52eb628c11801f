"""What sending an expert costs, term by term, in whole cost units. See docs/assignment.md."""

from typing import NamedTuple

import numpy as np

from api.sysops.assignment.policy import MAX_COST
from api.sysops.experts.days import ROAD_FACTOR
from orchestration.assignment.columns import Columns, Experts, Floats, Kinds, Tickets
from orchestration.assignment.matching.compiled import Ints, compiled
from orchestration.assignment.policy import WINDOWS_A_DAY, Weights

HOUR = 3600
TERMS = (
    "travel", "late", "waiting", "load", "level_above", "unknown_customer", "silence",
)  # fmt: skip
"""The parts of a cost, in the order in which `terms` gives them."""


class Setting(NamedTuple):
    """All that a cost depends on; `now` in seconds, windows as (zones x windows).

    `late_at_end` is what each ticket's lateness costs at the end of the horizon, `most_saved` the
    most that any ticket can save of it.
    """

    tickets: Tickets
    experts: Experts
    kinds: Kinds
    weights: Weights
    now: int
    start: Ints
    end: Ints
    late_at_end: Ints
    most_saved: int


def setting_of(columns: Columns, weights: Weights, now: int) -> Setting:
    table, tickets = columns.calendar, columns.tickets
    over, weight = int(table.end.max(initial=now)), weights.per_hour_late[tickets.level]
    late_at_end = (np.maximum(over - tickets.due, 0) * weight + HOUR // 2) // HOUR
    most_saved = (over - now) * int(weights.per_hour_late.max()) // HOUR + 1
    return Setting(
        tickets, columns.experts, columns.kinds, weights, now, table.start, table.end,
        late_at_end, most_saved,
    )  # fmt: skip


@compiled
def road_km(setting: Setting, ticket: int, expert: int, km: float) -> float:
    """The way by road: what a service told, or the great-circle distance `km` times a factor."""
    tickets = setting.tickets
    for row in range(tickets.first_road[ticket], tickets.first_road[ticket + 1]):
        if tickets.road_expert[row] == expert:
            return float(tickets.road_km[row])
    return km * ROAD_FACTOR


@compiled
def road_kms(setting: Setting, tickets: Ints, experts: Ints, km: Floats) -> Floats:
    """The same for many pairs."""
    found = np.empty(len(km), np.float64)
    for row in range(len(km)):
        found[row] = road_km(setting, tickets[row], experts[row], km[row])
    return found


@compiled
def of_pair(setting: Setting, ticket: int, expert: int, km: float) -> tuple[int, int, int, int]:
    """What is the same in every window: travel, level above, unknown customer, silence.

    `km` is the great-circle distance; what counts is the way by road.
    """
    weights = setting.weights
    travel = int(road_km(setting, ticket, expert, km) * weights.per_km + 0.5)
    above = setting.kinds.above[setting.tickets.kind[ticket], expert] * weights.per_level_above
    first, last = setting.tickets.first_known[ticket], setting.tickets.first_known[ticket + 1]
    unknown = weights.per_unknown_customer
    for row in range(first, last):
        if setting.tickets.known[row] == expert:
            unknown = 0
    return travel, above, unknown, setting.experts.silences[expert] * weights.per_silence


@compiled
def of_window(setting: Setting, ticket: int, expert: int, window: int) -> tuple[int, int, int]:
    """What depends on the window: lateness, waiting, load of the day."""
    zone, level = setting.experts.zone[expert], setting.tickets.level[ticket]
    late = max(setting.end[zone, window] - setting.tickets.due[ticket], 0)
    waits = max(setting.start[zone, window] - setting.now, 0)
    weights = setting.weights
    load = setting.experts.load[expert, window // WINDOWS_A_DAY] * weights.per_visit_that_day
    return (
        (late * weights.per_hour_late[level] + HOUR // 2) // HOUR,
        (waits * weights.per_hour_waiting[level] + HOUR // 2) // HOUR,
        load,
    )


@compiled
def of_edge(
    setting: Setting, ticket: int, pair: tuple[int, int, int, int], window: tuple[int, int, int]
) -> int:
    """What an edge costs beside leaving its ticket for the end of the horizon.

    A ticket that is not served is late all the same. So lateness counts as what serving saves of
    it: among tickets of one priority, who would be later comes first; which window each of them
    gets is not changed by it. All else is at most MAX_COST together: no policy
    that the API takes reaches it, unless a road service tells of a way that is longer than all.
    """
    late, waiting, load = window
    rest = pair[0] + pair[1] + pair[2] + pair[3] + waiting + load
    saved = setting.late_at_end[ticket] - late
    return int(min(rest, MAX_COST) + max(setting.most_saved - saved, 0))


@compiled
def terms(setting: Setting, tickets: Ints, experts: Ints, km: Floats, windows: Ints) -> Ints:
    """The terms (rows x TERMS) of some edges."""
    found = np.empty((len(tickets), 7), np.int64)
    for row in range(len(tickets)):
        travel, above, unknown, silence = of_pair(setting, tickets[row], experts[row], km[row])
        late, waiting, load = of_window(setting, tickets[row], experts[row], windows[row])
        found[row] = np.array([travel, late, waiting, load, above, unknown, silence])
    return found
