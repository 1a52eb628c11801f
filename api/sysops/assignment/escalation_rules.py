"""When a ticket that nobody comes to becomes a matter for people. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import get_args

from api.messages import Priority
from api.sysops.experts.days import planned_from
from api.sysops.tickets.rules import Escalation

# How long the platform looks for an expert by itself: what is urgent cannot wait for the next
# shift, what is low may wait for a cancellation of the next day.
UNSERVED_FOR: dict[Priority, timedelta] = {
    "urgent": timedelta(minutes=30),
    "high": timedelta(hours=2),
    "normal": timedelta(hours=8),
    "low": timedelta(hours=24),
}
REFUSALS = 3
"""So many experts who said no, or nothing, know something of this ticket that we do not."""
SLA_WARNING = timedelta(hours=4)
"""Two arrival windows: as long as somebody can still be sent in time."""
ALL: frozenset[Escalation] = frozenset(get_args(Escalation))


@dataclass(frozen=True)
class Search:
    """How the search for an expert goes, of a ticket that is open.

    `since` is when it began; `unserved` says that the last run found nobody. `refusals` counts
    who rejected the visit or stayed silent. `wish` is the first moment that suits the customer, on
    the clock of the address, None when any does.
    """

    priority: Priority
    since: datetime
    unserved: bool
    refusals: int
    due: datetime
    wish: datetime | None = None


@dataclass(frozen=True)
class Ahead:
    """How far ahead runs plan: a wish beyond that is not looked for yet."""

    working_days: int
    holidays: Collection[date] = frozenset()

    def reaches(self, wish: datetime) -> datetime:
        """When a run plans as far as that for the first time: at the begin of a day there."""
        day = planned_from(wish.date(), self.working_days, self.holidays)
        return datetime.combine(day, time(), wish.tzinfo)


def escalation(
    search: Search, now: datetime, ahead: Ahead, only: Collection[Escalation] = ALL
) -> tuple[Escalation, str] | None:
    """Why a ticket is escalated now, as a code of `only` and in words for both sides."""
    reasons = {
        "refused": _refused(search),
        "no_expert": _no_expert(search, now, ahead),
        "sla_at_risk": _sla_at_risk(search, now),
    }
    for code in get_args(Escalation):
        if code in only and (words := reasons.get(code)):
            return code, words
    return None


def _refused(search: Search) -> str | None:
    if search.refusals < REFUSALS:
        return None
    return f"{search.refusals} experts were asked and could not take the visit."


def _no_expert(search: Search, now: datetime, ahead: Ahead) -> str | None:
    limit = UNSERVED_FOR[search.priority]
    since = search.since
    if search.wish is not None:
        since = max(since, ahead.reaches(search.wish))
    if not search.unserved or now - since < limit:
        return None
    hours = limit / timedelta(hours=1)
    return f"No expert was found within {hours:g} hour(s)."


def _sla_at_risk(search: Search, now: datetime) -> str | None:
    if search.due - now > SLA_WARNING or (search.wish is not None and search.wish >= search.due):
        return None
    when = "is over" if search.due <= now else "ends soon"
    return f"The time by which a visit is due {when}, and nobody is coming."
