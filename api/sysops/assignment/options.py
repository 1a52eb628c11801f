"""Who could come to a ticket, and the smallest changes that would let somebody come. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from api.messages import Window
from api.sysops.assignment.hard_rules import EXCLUSIONS, Person, Wanted, broken, expired
from api.sysops.experts.days import ARRIVAL_WINDOWS, ROAD_FACTOR, SPEED_KMH, days_ahead
from api.sysops.experts.rules import Rule
from api.sysops.tickets.visit_rules import in_words

MOST_FITTING = 10
MOST_WINDOWS = 3
"""Of each expert who fits: the next ones."""
MOST_CHANGES = 10
MOST_CHANGES_A_RULE = 3

# What a change asks of people, in minutes, as a coordinator reckons it: a call to the customer is
# the least, a certificate the most. The way beyond a radius and overtime count as they are.
CALL_CUSTOMER = 10
CALL_EXPERT = 20
ANOTHER_VISIT = 120
RENEW_CERTIFICATE = 480
LEARN_A_LEVEL = 4800


@dataclass(frozen=True)
class Horizon:
    """The windows that are looked at: from `since` on, as far as a run plans at `now`."""

    now: datetime
    since: datetime
    working_days: int

    def windows_of(self, person: Person) -> list[Window]:
        """The arrival windows on the clock of the expert, the earliest first."""
        today, holidays = self.now.astimezone(person.zone).date(), person.profile.holidays
        windows = [
            Window(
                datetime.combine(day, first, person.zone), datetime.combine(day, last, person.zone)
            )
            for day in days_ahead(today, self.working_days, holidays)
            for first, last in ARRIVAL_WINDOWS
        ]
        return [it for it in windows if it.start >= self.since]


@dataclass(frozen=True)
class Fitting:
    """An expert who can come as things are: by road so far, in these windows."""

    person: Person
    road_km: float
    windows: Sequence[Window]


@dataclass(frozen=True)
class Change:
    """One thing to change so that an expert can come; `minutes` is what it asks of people.

    Without a `person` it is about nobody in particular.
    """

    rule: Rule
    words: str
    minutes: float
    person: Person | None = None
    window: Window | None = None


@dataclass(frozen=True)
class Options:
    """`removed` counts, for each rule, the experts that it takes out, each of them once."""

    fitting: list[Fitting]
    changes: list[Change]
    removed: Counter[Rule]


def options(people: Iterable[Person], wanted: Wanted, horizon: Horizon) -> Options:
    """Who fits, nearest first; the changes that ask the least; and who is out by what.

    Rules that are about the ticket alone (its contract) are left to the caller.
    """
    fitting: list[Fitting] = []
    changes: list[Change] = []
    removed: Counter[Rule] = Counter()
    for person in people:
        windows = horizon.windows_of(person)
        against = {window.start: broken(person, wanted, window) for window in windows}
        free = [window for window in windows if not against[window.start]]
        if free:
            fitting.append(Fitting(person, person.road_km(wanted), free[:MOST_WINDOWS]))
            continue
        # The window that comes nearest to fitting says what keeps this expert away.
        nearest = min(against.values(), key=len, default=list[Rule](["shift"]))
        removed[nearest[0]] += 1
        changes += _changes(person, wanted, windows, against)
    fitting.sort(key=lambda it: (it.road_km, it.person.id))
    return Options(fitting[:MOST_FITTING], smallest(changes), removed)


def smallest(changes: Iterable[Change]) -> list[Change]:
    """The changes that ask the least of people, some of each kind."""
    ranked = sorted(changes, key=lambda it: (it.minutes, it.words))
    taken: Counter[Rule] = Counter()
    shown = []
    for change in ranked:
        taken[change.rule] += 1
        if taken[change.rule] <= MOST_CHANGES_A_RULE:
            shown.append(change)
    return shown[:MOST_CHANGES]


def nobody_skilled(needed: Mapping[str, int], nearest: Mapping[str, Mapping[str, int]]) -> Change:
    """That nobody can do the work, and who comes nearest to it: names, and the levels they hold."""
    wants = " and ".join(f"'{skill}' at level {level}" for skill, level in sorted(needed.items()))
    words = f"Nobody holds {wants}"
    lacks = {
        name: {
            skill: held.get(skill, 0)
            for skill in sorted(needed)
            if held.get(skill, 0) < needed[skill]
        }
        for name, held in nearest.items()
    }
    if lacks:
        words += f": the nearest to it are {', '.join(_falling_short(*it) for it in lacks.items())}"
    missing = min(
        (sum(needed[skill] - level for skill, level in it.items()) for it in lacks.values()),
        default=sum(needed.values()),
    )
    return Change("skill", f"{words}.", missing * LEARN_A_LEVEL)


def _falling_short(name: str, lacks: Mapping[str, int]) -> str:
    levels = (
        f"'{skill}' at level {held}" if held else f"no '{skill}'" for skill, held in lacks.items()
    )
    return f"{name} ({', '.join(levels)})"


def _changes(
    person: Person,
    wanted: Wanted,
    windows: Sequence[Window],
    against: Mapping[datetime, Sequence[Rule]],
) -> list[Change]:
    """For each rule that alone is in the way, the change that asks the least."""
    best: dict[Rule, Change] = {}
    for window in windows:
        if len(rules := against[window.start]) == 1:
            change = _change(rules[0], person, wanted, window)
            known = best.get(rules[0])
            if change is not None and (known is None or change.minutes < known.minutes):
                best[rules[0]] = change
    return list(best.values())


def _change(rule: Rule, person: Person, wanted: Wanted, window: Window) -> Change | None:
    """The change that would lift a rule; None where nothing sensible would."""
    name, when = person.name, in_words(window, wanted.time_zone)
    words, minutes = None, 0.0
    if rule == "radius":
        away, radius = person.away_km(wanted), person.profile.radius_km
        beyond, widened = away - radius, int(away) + 1
        words = (
            f"{name} lives {away:.0f} km away, {max(beyond, 1):.0f} km outside of the radius of"
            f" {radius} km: widen it to {widened} km."
        )
        minutes = 2 * beyond * ROAD_FACTOR / SPEED_KMH * 60
    elif rule == "preference":
        words = f"{name} could come {when}, outside of the customer's windows: ask the customer."
        minutes = CALL_CUSTOMER
    elif rule == "too_soon":
        words = f"{name} could come {when}, before the time agreed on: ask the customer."
        minutes = CALL_CUSTOMER
    elif rule == "shift":
        words, minutes = _overtime(person, window, when)
    elif rule == "visits_a_day":
        most = person.most_visits_a_day
        words = f"{name} takes {most} visit(s) a day: one more, {when}."
        minutes = ANOTHER_VISIT
    elif rule == "excluded":
        did = EXCLUSIONS.get(person.exclusion or "", "is excluded for it")
        words = f"{name} {did}, and could come {when}: call {name}, then a manager can lift that."
        minutes = CALL_EXPERT
    elif rule == "certificate_expired":
        ended = expired(person, wanted, window)
        words = f"{name} could come {when} with a renewed certificate: it ends before, {ended}."
        minutes = RENEW_CERTIFICATE
    return Change(rule, words, minutes, person, window) if words else None


def _overtime(person: Person, window: Window, when: str) -> tuple[str, float]:
    """What a window outside of the shifts asks for: some hours more, or a day off."""
    start, end = (it.astimezone(person.zone) for it in (window.start, window.end))
    day, whole = f"{start:%A}", (end - start) / timedelta(minutes=1)
    shifts = person.profile.shifts.get(start.isoweekday(), ())
    if not shifts:
        words = f"{person.name} does not work on {day}: an extra shift, {when}."
        return words, whole + CALL_EXPERT
    missing, first, last = whole, *shifts[0]
    for begins, ends in shifts:
        inside = min(end.time(), ends), max(start.time(), begins)
        covered = max(_minutes(inside[0]) - _minutes(inside[1]), 0)
        if whole - covered <= missing:
            missing, first, last = whole - covered, begins, ends
    works = f"works from {first:%-I:%M %p} to {last:%-I:%M %p} on {day}"
    hours = f"{missing / 60:g} hour(s)"
    return f"{person.name} {works}: {hours} of overtime, {when}.", missing


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute
