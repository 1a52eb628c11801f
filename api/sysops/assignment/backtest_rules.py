"""How two policies compare over past days: figures, paired differences, and how sure they are.

Pure. Days are pairs: both policies met the same tickets, experts and answers.
"""

import math
from collections.abc import Sequence
from statistics import fmean, stdev
from typing import Literal, NamedTuple

import msgspec

CONFIDENCE = 0.95
Better = Literal["more", "less"]
Verdict = Literal["more", "less", "chance", "same", "one_day"]

ASSUMPTIONS = tuple(
    " ".join(it.split())
    for it in (
        """A day is replayed from what was open and booked when it began, from midnight to midnight
        in New York. New tickets come when they came; no day goes on from the replay of another.""",
        """Experts are chosen when the day begins and every hour after; what comes in between
        waits.""",
        """A ticket's place, work, priority and due time are those that it has now; a visit takes
        the minutes of its type. A ticket that was rescheduled later waits without its wishes of
        then, which are not kept.""",
        """Experts are those active now who had joined by then, with the skills, certificates,
        areas, shifts, time off and holidays that are known now.""",
        """Every contract entitles to a visit, and nobody chooses by hand.""",
        """An expert accepts as often as in the 90 days before, by the same random draws for both
        policies: the same expert says the same of the same ticket. Who does not accept is out for
        the ticket, which waits for the next hour.""",
        """Accepted visits come and solve the problem. Visits that stood when the day began end as
        they really did; a ticket that came back from one waits from then on.""",
        """A ticket that was cancelled waits until then.""",
    )
)
"""What a replay takes for granted, for those who read its figures."""


class Figures(msgspec.Struct, frozen=True):
    """What one policy made of one day.

    `tickets` waited at some time, `served` have a visit that is accepted by the end of the day,
    for that day or a later one.
    """

    tickets: int
    served: int
    sla_met: int
    late: int
    late_hours: float
    travel_km: float
    unfairness: float
    reassignments: int


class Measure(NamedTuple):
    """One of the figures: what it means, and whether more or less of it is better."""

    name: str
    meaning: str
    unit: str
    better: Better


MEASURES = (
    Measure("served", "Tickets that have an accepted visit at the end of the day.", "tickets",
            "more"),
    Measure("sla_met", "Tickets served by a visit that ends by the due time.", "tickets", "more"),
    Measure("late", "Tickets whose visit ends after the due time, or that are overdue at the end"
            " of the day without a visit.", "tickets", "less"),
    Measure("late_hours", "Hours from the due times of late tickets to the end of their visits,"
            " or to the end of the day without one.", "hours", "less"),
    Measure("travel_km", "Kilometres by road from the experts' homes to the visits.", "km",
            "less"),
    Measure("unfairness", "Gini coefficient of the experts' visits: 0 when all have as many, 1"
            " when one has all.", "gini", "less"),
    Measure("reassignments", "Proposals that their expert did not accept.", "proposals", "less"),
)  # fmt: skip


class Pair(NamedTuple):
    """What two policies made of the same day."""

    a: Figures
    b: Figures

    def difference(self, measure: str) -> float:
        """B's figure minus A's."""
        return float(getattr(self.b, measure) - getattr(self.a, measure))


class Compared(msgspec.Struct, frozen=True):
    """One measure over all days: means a day, and the mean difference, B minus A.

    `share` is by how much B's total differs from A's, as a part of it; null when A's is 0. `low`
    and `high` bound the true mean difference with 95 % confidence; null for a single day. The
    `verdict` says whether B has `more` or `less` of it, whether the difference may be `chance`,
    is none at all (`same`), or says nothing because there is but `one_day`.
    """

    measure: str
    meaning: str
    unit: str
    better: Better
    mean_a: float
    mean_b: float
    difference: float
    share: float | None
    low: float | None
    high: float | None
    verdict: Verdict


def compare(pairs: Sequence[Pair]) -> list[Compared]:
    """All measures over some days; none without a day."""
    return [_compared(measure, pairs) for measure in MEASURES] if pairs else []


def _compared(measure: Measure, pairs: Sequence[Pair]) -> Compared:
    mean_a = fmean(getattr(it.a, measure.name) for it in pairs)
    mean_b = fmean(getattr(it.b, measure.name) for it in pairs)
    differences = [it.difference(measure.name) for it in pairs]
    bounds = interval(differences)
    return Compared(
        *measure,
        mean_a=round(mean_a, 6),
        mean_b=round(mean_b, 6),
        difference=round(fmean(differences), 6),
        share=round(mean_b / mean_a - 1, 6) if mean_a else None,
        low=round(bounds[0], 6) if bounds else None,
        high=round(bounds[1], 6) if bounds else None,
        verdict=_verdict(differences, bounds),
    )


def interval(differences: Sequence[float]) -> tuple[float, float] | None:
    """The 95 % confidence interval of the mean of paired differences; None for fewer than two.

    mean +- t(0.975, n - 1) * s / sqrt(n), Student's t (Student 1908, The probable error of a
    mean).
    """
    count = len(differences)
    if count < 2:
        return None
    # Who never asks for a comparison does not load it.
    from scipy.special import stdtrit

    quantile = float(stdtrit(count - 1, (1 + CONFIDENCE) / 2))
    half = quantile * stdev(differences) / math.sqrt(count)
    return fmean(differences) - half, fmean(differences) + half


def _verdict(differences: Sequence[float], bounds: tuple[float, float] | None) -> Verdict:
    if not any(differences):
        return "same"
    if bounds is None:
        return "one_day"
    low, high = bounds
    if low > 0:
        return "more"
    return "less" if high < 0 else "chance"
