"""What a visit's cost is made of, in words: each term with what it counts. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from api.messages import Window
from api.sysops.assignment.policy import Policy

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Visit:
    """A visit that a run planned: `waits` from the run to its window, `late` from the ticket's due
    time to the window's end, negative when it ends before.

    Without the `policy` of the run nobody can say how often a weight was counted.
    """

    window: Window
    travel_km: float
    waits: timedelta
    late: timedelta
    policy: Policy | None


def in_words(terms: Mapping[str, int], visit: Visit) -> list[str]:
    """The terms of a cost, the largest first: "late by 3 hours: 180"."""
    ranked = sorted(terms.items(), key=lambda it: (-it[1], it[0]))
    return [f"{_meaning(name, value, visit)}: {value:,}" for name, value in ranked if value]


def _meaning(name: str, value: int, visit: Visit) -> str:
    if name in _COUNTED:
        weight, noun, rest = _COUNTED[name]
        # Only whole times are told: else the weight is not the one that was counted.
        times, left = divmod(value, getattr(visit.policy, weight, 0) or value + 1)
        return f"{noun}s{rest}" if left else f"{times} {noun}{'' if times == 1 else 's'}{rest}"
    if name == "late" and visit.late <= timedelta(0):
        return "late"
    meanings = {
        "travel": f"{kilometres(visit.travel_km)} by road",
        "late": f"late by {duration(visit.late)}",
        "waiting": f"{duration(visit.waits)} from the run to the visit",
        "unknown_customer": "has not worked for this customer within two years",
    }
    return meanings.get(name, "something else")


# A term that counts something: the weight of the policy that is counted, and what it counts.
_COUNTED = {
    "load": ("per_visit_that_day", "other visit", " that day"),
    "level_above": ("per_level_above", "level", " above what is needed"),
    "silence": ("per_silence", "proposal", " left unanswered"),
}


def kilometres(km: float) -> str:
    """Tenths as long as they matter."""
    return f"{km:.1f} km" if km < 10 else f"{km:,.0f} km"


def duration(span: timedelta) -> str:
    """A span in the unit that suits: minutes, hours or days, none of them negative."""
    span = max(span, timedelta(0))
    for unit, one, most in (
        ("minute", timedelta(minutes=1), timedelta(hours=1)),
        ("hour", timedelta(hours=1), 2 * _DAY),
        ("day", _DAY, timedelta.max),
    ):
        if span < most:
            number = f"{span / one:,.0f}" if unit == "minute" else f"{span / one:,.1f}"
            number = number.removesuffix(".0")
            return f"{number} {unit}{'' if number == '1' else 's'}"
    raise AssertionError(span)
