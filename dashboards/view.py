"""What the reader has chosen: filters in the sidebar, kept in the page's address."""

from calendar import monthrange
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final

import streamlit as st

from dashboards.charts import Timeline
from warehouse.reports import Filters
from warehouse.reports.filters import FIRST_DAY, LAST_DAY, Grain

RECENT: Final = ("Last 7 days", "Last 30 days", "Last 13 weeks", "Last 12 months", "All time")
MONTHS: Final = ("Last 3 months", "Last 12 months", "Last 24 months", "All time")
OWN: Final = "Own dates"

_NAMES: Final = {"region": "Region", "state": "State", "plan": "Plan", "device": "Device"}


@dataclass(frozen=True)
class View:
    """The chosen filters, the same for the period before, and both in words.

    `before` is None where there is no period of the same length to compare with.
    """

    filters: Filters
    before: Filters | None
    words: str
    address: dict[str, list[str]] = field(default_factory=dict)
    """The chosen filters as a page's address has them, to lead to another page with the same."""

    @property
    def timeline(self) -> Timeline:
        return Timeline(self.filters.grain, self.filters.since, self.filters.until)

    def filters_with(self, **more: Any) -> Filters:
        """The chosen filters and what one tile chooses beside them."""
        return replace(self.filters, **more)


def choose(
    offered: dict[str, dict[str, str]],
    names: tuple[str, ...],
    *,
    today: date | None = None,
    periods: tuple[str, ...] = (),
    usual: str = "",
) -> View:
    """Draw the filters in the sidebar; `periods` belong to pages that look back from `today`."""
    with st.sidebar:
        st.subheader("Filters")
        since, until, period = FIRST_DAY, LAST_DAY, ""
        if today is not None:
            since, until, period = _period(today, periods, usual)
        chosen = {name: _some(name, offered.get(name, {})) for name in names}
    narrowed: dict[str, Any] = {name: values for name, values in chosen.items() if values}
    filters = Filters(since=since, until=until, grain=grain_of(since, until), **narrowed)
    address = {
        name: [offered[name].get(value, value) for value in values]
        for name, values in chosen.items()
        if values
    }
    return View(filters, earlier(filters, period), _words(period, chosen, offered), address)


def _some(name: str, offered: dict[str, str]) -> tuple[str, ...]:
    """Values of one filter; the address shows their words, the reports get their codes."""
    picked = st.multiselect(
        _NAMES.get(name, name.capitalize()),
        list(offered),
        format_func=lambda value: offered.get(value, value),
        key=name,
        bind="query-params",
        placeholder="All",
    )
    return tuple(picked)


def _period(today: date, periods: tuple[str, ...], usual: str) -> tuple[date, date, str]:
    # Pages that count in months offer other periods than those that count in days.
    key = "months" if periods is MONTHS else "period"
    options = [*periods, OWN]
    name = st.selectbox("Period", options, index=options.index(usual), key=key, bind="query-params")
    if name != OWN:
        return begin(name, today), today, name
    days = st.date_input(
        "First and last day",
        (today - timedelta(days=29), today),
        max_value=today,
        key="days",
        bind="query-params",
    )
    # While only the first day is chosen, the period goes on to today.
    first, last = (*days, today)[:2] if days else (today, today)
    return first, last, f"{first:%b %-d, %Y} to {last:%b %-d, %Y}"


def begin(period: str, today: date) -> date:
    """The first day; weeks begin on Monday, months on their first day, and today's counts."""
    if period == "All time":
        return FIRST_DAY
    number, unit = int(period.split()[1]), period.split()[2]
    if unit == "days":
        return today - timedelta(days=number - 1)
    if unit == "weeks":
        return today - timedelta(days=today.weekday(), weeks=number - 1)
    return _months_earlier(today.replace(day=1), number - 1)


def grain_of(since: date, until: date) -> Grain:
    days = (until - since).days
    if days <= 31:
        return "day"
    return "week" if days <= 7 * 27 else "month"


def earlier(filters: Filters, period: str) -> Filters | None:
    """The same stretch of the period before, as far as the present one has come."""
    if filters.since == FIRST_DAY:
        return None
    if period.endswith("months"):
        months = int(period.split()[1])
        since, until = (_months_earlier(day, months) for day in (filters.since, filters.until))
        return replace(filters, since=since, until=until)
    days = filters.until - filters.since + timedelta(days=1)
    if period.endswith("weeks"):
        days = timedelta(weeks=int(period.split()[1]))
    return replace(filters, since=filters.since - days, until=filters.until - days)


def _months_earlier(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _words(
    period: str, chosen: dict[str, tuple[str, ...]], offered: dict[str, dict[str, str]]
) -> str:
    parts = [period] if period else []
    for name, values in chosen.items():
        if values:
            labels = [offered[name].get(value, value) for value in values]
            more = f" and {len(labels) - 2} more" if len(labels) > 2 else ""
            parts.append(", ".join(labels[:2]) + more)
    return " · ".join(parts)
