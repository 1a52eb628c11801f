"""When a customer is not to be disturbed. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

ARRIVALS = frozenset(
    {"expert_arriving", "expert_on_the_way", "visit_off", "nobody_home", "expert_did_not_come"}
)
# Somebody is at a screen and waits for it, or must know of it at once.
AT_ONCE = frozenset({"confirm_email", "reset_password", "password_changed", "identity_linked"})
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
