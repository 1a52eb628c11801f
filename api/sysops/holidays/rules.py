"""What a holiday can be, and what it leaves of a customer's wishes. Pure."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from api.messages import Window
from api.sysops.tickets.rules import SHORTEST_WINDOW

_LAST_ZONE = timedelta(hours=12)
"""So far behind UTC is the last place on earth where a day ends."""


def is_over(day: date, now: datetime) -> bool:
    """Whether a day has ended everywhere."""
    return day < (now - _LAST_ZONE).date()


def windows_besides(windows: Sequence[Window], day: date, time_zone: str) -> list[Window]:
    """Of a customer's preferred windows those in which a visit fits that is not on `day`."""
    zone = ZoneInfo(time_zone)
    return [one for one in windows if _fits_besides(one, day, zone)]


def _fits_besides(window: Window, day: date, zone: ZoneInfo) -> bool:
    start, end = window.start.astimezone(zone), window.end.astimezone(zone)
    if start.date() > day or end.date() < day:
        return True
    begin = datetime(day.year, day.month, day.day, tzinfo=zone)
    over = begin + timedelta(days=1)
    return begin - start >= SHORTEST_WINDOW or end - over >= SHORTEST_WINDOW
