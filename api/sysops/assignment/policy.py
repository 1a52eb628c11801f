"""What an assignment costs: weights in whole cost units, and the presets. Pure.

One cost unit is what a tenth of a kilometre by road is worth under the balanced policy; the other
weights say how much travel a person would accept instead. Priorities are no weights: they come
first, whatever the cost. What each term means is written in docs/assignment.md.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from api.messages import Priority

Weight = Annotated[int, Meta(ge=0, le=10_000)]


class ByPriority(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A weight for each priority of a ticket."""

    urgent: Weight
    high: Weight
    normal: Weight
    low: Weight

    def of(self, priority: Priority) -> int:
        weight: int = getattr(self, priority)
        return weight


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One version of the rules by which experts are chosen.

    `horizon_working_days` is how far ahead visits are planned, in days from Monday to Friday that
    are no holiday; `lead_minutes` how soon at the earliest. `nearest_experts` is how many of the
    nearest eligible experts are considered for a ticket. A silence counts for
    `silence_days` days.
    """

    horizon_working_days: Annotated[int, Meta(ge=1, le=10)] = 5
    lead_minutes: Annotated[int, Meta(ge=0, le=1440)] = 60
    nearest_experts: Annotated[int, Meta(ge=1, le=1000)] = 40
    per_km: Weight = 10
    per_hour_late: ByPriority = ByPriority(240, 120, 60, 30)
    per_hour_waiting: ByPriority = ByPriority(8, 4, 2, 1)
    per_visit_that_day: Weight = 15
    per_level_above: Weight = 20
    per_unknown_customer: Weight = 40
    per_silence: Weight = 100
    silence_days: Annotated[int, Meta(ge=0, le=90)] = 7


PRESETS: dict[str, tuple[str, Policy]] = {
    "balanced": ("A fair mean of travel, promptness and load.", Policy()),
    "customer-first": (
        "Early windows and known faces, however far the way.",
        Policy(
            per_km=4,
            per_hour_late=ByPriority(600, 300, 150, 75),
            per_hour_waiting=ByPriority(24, 12, 6, 4),
            per_unknown_customer=120,
        ),
    ),
    "least-travel": (
        "The shortest ways, as long as promises are kept.",
        Policy(
            per_km=25,
            per_hour_waiting=ByPriority(4, 2, 1, 0),
            per_visit_that_day=5,
            per_level_above=5,
            per_unknown_customer=10,
        ),
    ),
    "emergency": (
        "After a storm: everybody as soon as possible, two working days ahead.",
        Policy(
            horizon_working_days=2,
            lead_minutes=30,
            per_km=2,
            per_hour_late=ByPriority(2000, 1000, 200, 50),
            per_hour_waiting=ByPriority(60, 30, 6, 1),
            per_visit_that_day=0,
            per_level_above=0,
            per_unknown_customer=0,
        ),
    ),
}
"""Name to what it is for, and the weights."""
