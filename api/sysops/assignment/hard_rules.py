"""Whether an expert may make a ticket's visit in a window, by every hard rule. Pure.

The assignment run has the same rules in a form of its own, for all tickets at once; its referee
has them a third time and shares no code with either.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

from api.messages import Window
from api.sysops.experts import days
from api.sysops.experts.rules import Profile, Rule, Visit, broken_rules, distance_km, overlaps
from api.sysops.tickets.visit_rules import in_words

NEVER_OVERRIDDEN: frozenset[Rule] = frozenset({"contract", "inactive", "booked"})
"""Who left cannot come, nobody is at two places at once, and what is not paid for is not served."""
OUT: Mapping[Rule, str] = {
    "contract": "not covered by a contract in force",
    "inactive": "not active",
    "skill": "without the skill or its level",
    "certificate_expired": "with a certificate that has expired",
    "radius": "too far away",
    "holiday": "free only on a holiday",
    "shift": "not at work then",
    "time_off": "away",
    "excluded": "excluded for this ticket",
    "booked": "booked",
    "visits_a_day": "with as many visits as they take",
    "out_of_reach": "who could not drive there in time",
    "too_soon": "free only before the time agreed on",
    "preference": "free only outside of the customer's windows",
}
"""What each rule says of the experts whom it takes out, after their number."""
EXCLUSIONS = {
    "reject": "rejected this ticket",
    "expire": "did not answer the proposal of this ticket",
    "miss": "did not come to this ticket's visit",
    "reopen": "did the work after which this ticket was reopened",
}
"""What an expert who is not proposed for a ticket any more did, by the exclusion's reason."""


@dataclass(frozen=True)
class Wanted:
    """What a ticket asks of a visit. Degrees; `work` is how long it takes; `time_zone` is there.

    No visit begins before `earliest`; without `preferred` windows any time suits. `entitled` says
    whether its contract is in force.
    """

    latitude: float
    longitude: float
    time_zone: str
    needed: Mapping[str, int]
    work: timedelta
    preferred: Sequence[Window] = ()
    earliest: datetime | None = None
    entitled: bool = True


@dataclass(frozen=True)
class Person:
    """An expert with all live visits, and how many were `done` on which of their own days.

    `exclusion` says why they are not proposed for the ticket any more.
    """

    id: UUID
    name: str
    profile: Profile
    most_visits_a_day: int = days.MOST_VISITS_A_DAY
    booked: Sequence[days.Booked] = ()
    done: Mapping[date, int] = field(default_factory=dict)
    exclusion: str | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.profile.time_zone)

    def day_of(self, window: Window) -> date:
        return window.start.astimezone(self.zone).date()

    def visits_on(self, day: date) -> Sequence[days.Visit]:
        return self._visits.get(day, [])

    @cached_property
    def _visits(self) -> Mapping[date, list[days.Visit]]:
        """By the days of this expert: every window of a horizon asks for one."""
        found: dict[date, list[days.Visit]] = {}
        for it in self.booked:
            found.setdefault(it.visit.start.astimezone(self.zone).date(), []).append(it.visit)
        return found

    def away_km(self, wanted: Wanted) -> float:
        """From home to the ticket, as the crow flies: what the radius is measured by."""
        own = self.profile
        return distance_km(own.latitude, own.longitude, wanted.latitude, wanted.longitude)

    def road_km(self, wanted: Wanted) -> float:
        return self.away_km(wanted) * days.ROAD_FACTOR


def broken(person: Person, wanted: Wanted, window: Window) -> list[Rule]:
    """All hard rules against this expert in this window, the gravest first; none when it fits."""
    # To compare moments of one time zone takes a fifth of what those of two take.
    start, end = window.start.astimezone(UTC), window.end.astimezone(UTC)
    visit = Visit(start, end, wanted.latitude, wanted.longitude, wanted.needed)
    found: list[Rule] = [] if wanted.entitled else ["contract"]
    found += [one.rule for one in broken_rules(person.profile, visit)]
    if person.exclusion is not None:
        found.append("excluded")
    if any(overlaps(it.visit.start, it.visit.end, start, end) for it in person.booked):
        found.append("booked")
    day = person.day_of(window)
    that_day = person.visits_on(day)
    if len(that_day) + person.done.get(day, 0) >= person.most_visits_a_day:
        found.append("visits_a_day")
    new = days.Visit(start, end, wanted.latitude, wanted.longitude, wanted.work)
    if "booked" not in found and not days.can_be_done([*that_day, new]):
        found.append("out_of_reach")
    if wanted.earliest is not None and start < wanted.earliest:
        found.append("too_soon")
    if wanted.preferred and not any(it.start <= start and end <= it.end for it in wanted.preferred):
        found.append("preference")
    return found


def why(rule: Rule, person: Person, wanted: Wanted, window: Window) -> str:
    """A broken rule in words for staff, with what they need to judge it."""
    name, most = person.name, person.most_visits_a_day
    when = in_words(window, wanted.time_zone)
    did = EXCLUSIONS.get(person.exclusion or "", "is excluded for this ticket")
    away = f"{person.away_km(wanted):.0f} km away"
    words: dict[Rule, str] = {
        "contract": "The contract is not in force: the customer can renew it or pay first.",
        "inactive": f"{name} is not an active expert.",
        "skill": f"{name} lacks {_lacking(person, wanted)}.",
        "certificate_expired": f"{name}'s certificate ends before: "
        f"{expired(person, wanted, window)}.",
        "radius": f"{name} lives {away}, outside of the radius of {person.profile.radius_km} km.",
        "holiday": f"{when} is on a holiday.",
        "shift": f"{name} does not work {when}.",
        "time_off": f"{name} has time off {when}.",
        "excluded": f"{name} {did}.",
        "booked": f"{name} has another visit {when}.",
        "visits_a_day": f"{name} takes {most} visit(s) a day, and has as many that day.",
        "out_of_reach": f"{name} cannot drive between this and the day's other visits in time.",
        "too_soon": f"{when} is before the time that was agreed on with the customer.",
        "preference": f"{when} is outside of the customer's windows.",
    }
    return words[rule]


def _lacking(person: Person, wanted: Wanted) -> str:
    lacks = [
        f"'{skill}' at level {level} (has {_held(person, skill)})"
        for skill, level in sorted(wanted.needed.items())
        if _held(person, skill) < level
    ]
    return ", ".join(lacks)


def _held(person: Person, skill: str) -> int:
    return person.profile.skills.get(skill, (0, date.min))[0]


def expired(person: Person, wanted: Wanted, window: Window) -> str:
    """The certificates that have ended by then, in words."""
    ends = {skill: person.profile.skills.get(skill, (0, date.max))[1] for skill in wanted.needed}
    gone = sorted(skill for skill, until in ends.items() if until < person.day_of(window))
    return ", ".join(f"'{skill}' on {ends[skill]:%B %-d, %Y}" for skill in gone)
