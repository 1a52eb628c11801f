"""The company's holidays in the demo world: those of the federal government (5 U.S.C. 6103).

Eleven rules here, because the library that knows every country's takes a second to import.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Final

from orchestration.local.demo.setting import Setting

Holidays = Mapping[date, str]
"""Names by day, in their order."""

MONDAY, THURSDAY, SATURDAY, SUNDAY = 0, 3, 5, 6
_ON_A_DATE: Final = (
    ("New Year's Day", 1, 1),
    ("Juneteenth", 6, 19),
    ("Independence Day", 7, 4),
    ("Veterans Day", 11, 11),
    ("Christmas Day", 12, 25),
)
# The weekday's first day of the month from this one on.
_ON_A_WEEKDAY: Final = (
    ("Martin Luther King Jr. Day", 1, 15, MONDAY),
    ("Washington's Birthday", 2, 15, MONDAY),
    ("Memorial Day", 5, 25, MONDAY),
    ("Labor Day", 9, 1, MONDAY),
    ("Columbus Day", 10, 8, MONDAY),
    ("Thanksgiving Day", 11, 22, THURSDAY),
)


def federal_holidays(setting: Setting) -> Holidays:
    """From the first day of the history to the end of next year."""
    first, last = setting.clocks.first, date(setting.this_month.year + 1, 12, 31)
    found = dict(one for year in range(first.year, last.year + 2) for one in holidays_of(year))
    return {day: name for day, name in sorted(found.items()) if first <= day <= last}


def holidays_of(year: int) -> Iterator[tuple[date, str]]:
    """The holidays of a year. One that is on a weekend is there twice: on its day, and on the
    weekday next to it, which may be of the year before."""
    for name, month, earliest, weekday in _ON_A_WEEKDAY:
        start = date(year, month, earliest)
        yield start + timedelta(days=(weekday - start.weekday()) % 7), name
    for name, month, number in _ON_A_DATE:
        day = date(year, month, number)
        yield day, name
        if moved := {SATURDAY: -1, SUNDAY: 1}.get(day.weekday()):
            yield day + timedelta(days=moved), f"{name} (observed)"
