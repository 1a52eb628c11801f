"""When an expert may set out, begin, give up or be given up, and what follows. Pure."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from api.messages import Window
from api.sysops.experts.days import SPEED_KMH

# The customer is promised the window and has to be at home then: a little earlier is welcome,
# more is nobody's promise.
START_EARLY = timedelta(minutes=30)
# Who is told that somebody is on the way waits at the door. So: the drive from the expert's home,
# as the assignment policy reckons it, and an hour for traffic or a stop at the parts store.
SET_OUT_EARLY = timedelta(hours=1)
# A visit that runs late is nothing rare, and calling it off while the expert rings is worse than
# waiting. Who said that they are on the way may be at work already and have forgotten to say so.
MISSED_AFTER = timedelta(hours=1)
MISSED_AFTER_SETTING_OUT = timedelta(hours=3)
# One time anybody can forget; after the second a person calls before a third is sent.
ABSENCES_TO_CALL = 2


def start_from(window: Window) -> datetime:
    """The earliest moment to begin a visit without the customer's word."""
    return window.start - START_EARLY


def set_out_from(window: Window, travel_km: float) -> datetime:
    """The earliest moment to say that one is on the way; `travel_km` by road."""
    return window.start - timedelta(hours=travel_km / SPEED_KMH) - SET_OUT_EARLY


def set_out_problem(window: Window, travel_km: float, time_zone: str, now: datetime) -> str | None:
    """Why an expert cannot be on the way now; None when nothing is against it."""
    first = set_out_from(window, travel_km)
    if now >= first:
        return None
    return (
        f"This visit is {in_words(window, time_zone)}. You can set out for it from"
        f" {_moment(first, time_zone)} on: the customer is told at once that you are coming."
    )


def start_problem(window: Window, time_zone: str, now: datetime) -> str | None:
    """Why a visit cannot begin now without the customer's word; None when it can."""
    first = start_from(window)
    if now >= first:
        return None
    return (
        f"This visit is {in_words(window, time_zone)}. You can start it from"
        f" {_moment(first, time_zone)} on, or earlier when the customer has agreed to that:"
        " then say so with `agreed_with_customer`."
    )


def no_show_problem(window: Window, time_zone: str, now: datetime) -> str | None:
    """Why it is too early to say that nobody is at home; None when it is not."""
    if now >= window.start:
        return None
    return (
        f"This visit is {in_words(window, time_zone)}: nobody has to be at home before that."
        " Wait until the window has begun."
    )


def is_missed(window: Window, *, set_out: bool, now: datetime) -> bool:
    """Whether an accepted visit that has not begun is given up by now."""
    return now >= window.end + (MISSED_AFTER_SETTING_OUT if set_out else MISSED_AFTER)


def someone_must_call(customer_absences: int) -> bool:
    """Whether nobody is sent again before a coordinator has spoken with the customer."""
    return customer_absences >= ABSENCES_TO_CALL


def next_visit_from(now: datetime, time_zone: str) -> datetime:
    """After a visit for nothing: not before the next day there, so that the customer can answer."""
    zone = ZoneInfo(time_zone)
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(0), zone).astimezone(UTC)


def in_words(window: Window, time_zone: str) -> str:
    """A window as people at that place say it."""
    end = window.end.astimezone(ZoneInfo(time_zone))
    return f"{_moment(window.start, time_zone)} to {end:%-I:%M %p}"


def _moment(moment: datetime, time_zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(time_zone)):%A, %B %-d, %-I:%M %p}"
