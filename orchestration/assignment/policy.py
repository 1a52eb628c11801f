"""The assignment policy: the hard numbers and what an assignment costs. Pure.

Costs are whole cost units. One unit is what a tenth of a kilometre by road is worth; the
other weights say how much travel a person would accept instead. Priorities are not costs:
they come first, whatever the cost (see `solve`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from api.messages import Priority
from api.sysops.experts import days
from api.sysops.experts.days import SPEED_KMH

ARRIVAL_WINDOWS = days.ARRIVAL_WINDOWS

PRIORITY_LEVELS: tuple[Priority, ...] = ("urgent", "high", "normal", "low")
"""Served in this order: no number of lower ones outweighs a higher one."""

MAX_COST = 1_000_000
"""An edge's cost never exceeds this, so that sums stay exact in the solver's floats."""


@dataclass(frozen=True)
class Policy:
    """Weights in cost units; distances in kilometres, speed in kilometres an hour."""

    name: str = "balanced/1"
    horizon_days: int = 5
    lead_time: timedelta = timedelta(hours=1)
    speed_kmh: float = SPEED_KMH
    per_km: int = 10
    per_hour_late: int = 60
    per_hour_waiting: int = 2
    per_visit_that_day: int = 15
    per_silence: int = 100

    def cost(
        self,
        *,
        travel_km: float,
        now: datetime,
        start: datetime,
        end: datetime,
        due: datetime,
        visits_that_day: int,
        silences: int,
    ) -> int:
        """What sending this expert in this window costs; `travel_km` is by road."""
        late = max((end - due).total_seconds(), 0.0) / 3600
        waiting = max((start - now).total_seconds(), 0.0) / 3600
        cost = (
            round(travel_km * self.per_km)
            + round(late * self.per_hour_late)
            + round(waiting * self.per_hour_waiting)
            + visits_that_day * self.per_visit_that_day
            + silences * self.per_silence
        )
        return min(cost, MAX_COST)
