"""Billing's calendar: days and months of New York, whatever the customer's time zone."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

BILLING_ZONE = ZoneInfo("America/New_York")
ONE_DAY = timedelta(days=1)


def billing_day(now: datetime) -> date:
    """The calendar day in New York at this moment."""
    return now.astimezone(BILLING_ZONE).date()


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A calendar month; `first` is its first day."""

    first: date

    def __post_init__(self) -> None:
        if self.first.day != 1:
            raise ValueError(f"A billing period begins on the first of a month, not {self.first}.")

    @classmethod
    def containing(cls, day: date) -> "Period":
        return cls(day.replace(day=1))

    @classmethod
    def parse(cls, text: str) -> "Period":
        """Of `2026-10`; raises ValueError."""
        return cls(datetime.strptime(text, "%Y-%m").date())  # noqa: DTZ007 - a month has no zone

    @classmethod
    def last_complete(cls, now: datetime) -> "Period":
        """The newest month that is over in New York."""
        return cls.containing(billing_day(now)).previous

    @property
    def last(self) -> date:
        return self.next.first - ONE_DAY

    @property
    def next(self) -> "Period":
        return Period.containing(self.first + timedelta(days=31))

    @property
    def previous(self) -> "Period":
        return Period.containing(self.first - ONE_DAY)

    def is_over(self, now: datetime) -> bool:
        return billing_day(now) > self.last

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last
