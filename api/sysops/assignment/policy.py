"""What an assignment costs: weights in whole cost units, and the presets. Pure.

One cost unit is what a tenth of a kilometre by road is worth under the balanced policy; the other
weights say how much travel a person would accept instead. Priorities are no weights: they come
first, whatever the cost. What each term means is written in docs/assignment.md.
"""

from collections.abc import Mapping
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from api.messages import Priority
from api.sysops.experts.days import MOST_DAYS_AHEAD, MOST_VISITS_A_DAY

MAX_COST: Final = 1_000_000
"""What a visit costs beside lateness never exceeds this, so that all sums stay small."""
MOST_SILENCES: Final = 20
"""So many unanswered proposals count at most: more say nothing new."""
MOST_COUNTED: Final[Mapping[str, tuple[int, str]]] = {
    # The largest radius is 500 km, and a road service may know a way of twice that.
    "per_km": (1_000, "kilometres"),
    "per_hour_waiting": (24 * MOST_DAYS_AHEAD, "hours"),
    "per_visit_that_day": (MOST_VISITS_A_DAY, "visits"),
    # A ticket type asks for 20 skills at most, each of them with five levels.
    "per_level_above": (20 * 4, "levels"),
    "per_unknown_customer": (1, "unknown customer"),
    "per_silence": (MOST_SILENCES, "unanswered proposals"),
}
"""How much there can be of what each weight counts, and what that is."""
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


def too_dear(policy: Policy) -> dict[str, str]:
    """The weights, by field, with which a visit could cost more than MAX_COST, and what to do.

    Costs end there, so two experts beyond it could not be told apart. Named are the weights that
    cost the most, as few as it takes.
    """
    worst = {field: _largest(policy, field) * most for field, (most, _) in MOST_COUNTED.items()}
    rest = total = sum(worst.values())
    found: dict[str, str] = {}
    for field in sorted(worst, key=lambda it: -worst[it]):
        if rest <= MAX_COST:
            break
        rest -= worst[field]
        found[field] = _smaller(field, worst[field], total - worst[field])
    return found


def _largest(policy: Policy, field: str) -> int:
    weight: int | ByPriority = getattr(policy, field)
    return max(msgspec.structs.astuple(weight)) if isinstance(weight, ByPriority) else weight


def _smaller(field: str, worst: int, others: int) -> str:
    most, what = MOST_COUNTED[field]
    left = MAX_COST - others
    rest = f" With the other weights as they are, give at most {left // most}." if left >= 0 else ""
    return (
        f"This costs up to {worst:,} units, for {most:,} {what}. All terms but lateness may cost"
        f" {MAX_COST:,} together, or experts could not be told apart: give less.{rest}"
    )


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
