"""When a customer is not to be disturbed, reminded, or told something any more. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

ARRIVALS = frozenset(
    {"expert_arriving", "expert_on_the_way", "visit_off", "nobody_home", "expert_did_not_come"}
)
# These promise a visit: they are true only while the ticket has it.
PROMISES = frozenset({"expert_arriving", "expert_on_the_way", "visit_reminder"})
# These speak of a visit to come; all others of one that was, or of none.
AHEAD = PROMISES | {"visit_off"}
# Somebody is at a screen and waits for it, or must know of it at once.
AT_ONCE = frozenset(
    {
        "confirm_email", "reset_password", "password_changed", "identity_linked",
        "erasure_requested", "erasure_done",
    }
)  # fmt: skip
SOON = timedelta(hours=2)
"""A visit that begins so short after quiet hours is told in them, or it would be told too late."""


@dataclass(frozen=True)
class QuietHours:
    """Times of a day in one time zone; when it ends before it begins, it ends on the next day."""

    begins: time
    ends: time
    time_zone: str


def quiet_until(quiet: QuietHours, now: datetime) -> datetime | None:
    """When the quiet hours end that `now` lies in, in UTC; None outside of them."""
    zone = ZoneInfo(quiet.time_zone)
    today = now.astimezone(zone).date()
    over_night = timedelta(days=int(quiet.ends <= quiet.begins))
    for day in (today - timedelta(days=1), today):
        begin = datetime.combine(day, quiet.begins, zone).astimezone(UTC)
        end = datetime.combine(day + over_night, quiet.ends, zone).astimezone(UTC)
        if begin <= now < end:
            return end
    return None


def held_until(
    quiet: QuietHours, kind: str, window_start: datetime | None, now: datetime
) -> datetime | None:
    """When a notification may be sent, None for at once.

    `window_start` is when the visit begins that an arrival message speaks of.
    """
    end = quiet_until(quiet, now)
    if end is None or kind in AT_ONCE:
        return None
    if kind in ARRIVALS and (window_start is None or window_start < end + SOON):
        return None
    return end


@dataclass(frozen=True)
class Claim:
    """What a notification says that can stop being so.

    `window_start` and `window_end` are of the visit that it speaks of; `open_until` is when what
    it carries (a code, a link) is good for nothing.
    """

    kind: str
    window_start: datetime | None = None
    window_end: datetime | None = None
    open_until: datetime | None = None


def is_overtaken(claim: Claim, promised: datetime | None, now: datetime) -> bool:
    """Whether it is better not told any more: it waited too long, or is no longer true.

    `promised` is when the visit begins that the ticket has now.
    """
    if claim.open_until is not None and now >= claim.open_until:
        return True
    if claim.kind not in AHEAD or claim.window_start is None or claim.window_end is None:
        return False
    if claim.kind in PROMISES and promised != claim.window_start:
        return True
    # A reminder is for getting ready; word of a visit helps as long as somebody may wait for it.
    return now >= (claim.window_start if claim.kind == "visit_reminder" else claim.window_end)


REMIND_BEFORE = timedelta(hours=24)
REMIND_NO_LATER = timedelta(hours=2)
"""Later than this before a visit a reminder helps nobody to get ready."""
FRESH = timedelta(hours=12)
"""Whoever was told of the visit so short before the reminder needs none: a visit that is accepted
less than 36 hours before it begins has no reminder."""


def is_reminded(window_start: datetime, accepted_at: datetime, now: datetime) -> bool:
    """Whether it is time to remind of a visit that was promised at `accepted_at`.

    The time is a span, not a moment: a job that did not run for hours still reminds.
    """
    due = window_start - REMIND_BEFORE
    return due <= now <= window_start - REMIND_NO_LATER and accepted_at <= due - FRESH
