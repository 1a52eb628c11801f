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
    """One version of the rules by which experts are chosen; a weight left out is the balanced one.

    The descriptions are what the API, its errors and docs/assignment.md say of each field.
    """

    horizon_working_days: Annotated[
        int,
        Meta(
            ge=1,
            le=10,
            description="How many working days after today visits are planned: days from "
            "Monday to Friday that are no holiday.",
        ),
    ] = 5
    lead_minutes: Annotated[
        int,
        Meta(
            ge=0,
            le=1440,
            description="How many minutes after the run a window may begin at the earliest.",
        ),
    ] = 60
    nearest_experts: Annotated[
        int,
        Meta(
            ge=1,
            le=1000,
            description="How many of the nearest eligible experts are considered for a ticket.",
        ),
    ] = 40
    per_km: Annotated[
        Weight,
        Meta(description="Cost units for each kilometre by road from the expert's home."),
    ] = 10
    per_hour_late: Annotated[
        ByPriority,
        Meta(
            description="Cost units for each hour by which the window ends after the ticket is "
            "due, by the ticket's priority."
        ),
    ] = ByPriority(240, 120, 60, 30)
    per_hour_waiting: Annotated[
        ByPriority,
        Meta(
            description="Cost units for each hour from the run to the begin of the window, by the "
            "ticket's priority."
        ),
    ] = ByPriority(8, 4, 2, 1)
    per_visit_that_day: Annotated[
        Weight,
        Meta(
            description="Cost units for each visit that the expert has on that day before the run."
        ),
    ] = 15
    per_level_above: Annotated[
        Weight,
        Meta(
            description="Cost units for each level by which the expert is certified above what the "
            "work needs."
        ),
    ] = 20
    per_unknown_customer: Annotated[
        Weight,
        Meta(
            description="Cost units for an expert who has not worked for this customer within two "
            "years."
        ),
    ] = 40
    per_silence: Annotated[
        Weight,
        Meta(
            description="Cost units for each proposal that the expert left unanswered since the "
            "last answer."
        ),
    ] = 100
    silence_days: Annotated[
        int,
        Meta(
            ge=0,
            le=90,
            description="For how many days after the last of them unanswered proposals count.",
        ),
    ] = 7


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
