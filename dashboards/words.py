"""Numbers and columns as people read them: units from the column, times on the reader's clock."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from warehouse import reports

STATUS: Final = {
    "submitted": "Submitted",
    "open": "Open",
    "escalated": "Escalated",
    "assigned": "Assigned",
    "accepted": "Accepted",
    "in_progress": "In progress",
}
RISK: Final = {
    "overdue": "Overdue",
    "late window": "Window after due time",
    "nobody yet": "Nobody yet, due within 24 h",
}
PRIORITY: Final = {"urgent": "Urgent", "high": "High", "normal": "Normal", "low": "Low"}
ACCOUNT: Final = {
    "receivable": "Receivable",
    "revenue": "Revenue",
    "tax": "Tax",
    "cash": "Cash",
    "credit": "Credit",
    "write_off": "Write-off",
    "chargeback": "Chargeback",
}
NOTHING: Final = "–"


def count(value: float | None) -> str:
    """A whole number with thousands apart."""
    return NOTHING if value is None else f"{value:,.0f}"


def share(value: float | None) -> str:
    """Per cent, one decimal."""
    return NOTHING if value is None else f"{value * 100:.1f} %"


def hours(value: float | None) -> str:
    """The unit that suits: minutes, hours or days."""
    if value is None:
        return NOTHING
    if abs(value) < 1:
        return f"{value * 60:.0f} min"
    return f"{value:.1f} h" if abs(value) < 72 else f"{value / 24:.1f} days"


def kilometres(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.1f} km"


def decimal(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.1f}"


def points(value: float | None) -> str:
    """A net promoter score, with its sign."""
    return NOTHING if value is None else f"{value:+.0f}"


def money(cents: float | None) -> str:
    """US dollars; cents only where they matter."""
    if cents is None:
        return NOTHING
    sign, dollars = ("-" if cents < 0 else ""), abs(cents) / 100
    return f"{sign}${dollars:,.2f}" if dollars < 1_000 else f"{sign}${dollars:,.0f}"


def zone() -> ZoneInfo:
    """The reader's time zone, as the browser tells it."""
    return ZoneInfo(st.context.timezone or "UTC")


def moment(at: datetime) -> str:
    """Day and time on the reader's clock."""
    return at.astimezone(zone()).strftime("%b %-d, %Y, %H:%M %Z")


def moment_of(text: str) -> str:
    """As `moment`, of what an API tells."""
    return moment(datetime.fromisoformat(text))


def ago(at: datetime, now: datetime | None = None) -> str:
    """How long ago, roughly."""
    minutes = ((now or datetime.now(UTC)) - at).total_seconds() / 60
    if minutes < 1:
        return "less than a minute ago"
    if minutes < 90:
        return f"{minutes:.0f} min ago"
    return f"{minutes / 60:.0f} h ago" if minutes < 48 * 60 else f"{minutes / 1440:.0f} days ago"


def frame(table: reports.Table, *, per_cent: bool = False) -> pd.DataFrame:
    """The rows with amounts in dollars and times on the reader's clock."""
    data = pd.DataFrame(list(table.rows), columns=[column.name for column in table.columns])
    for column in table.columns:
        if column.unit:
            divisor = {"cents": 100, "share": 0.01 if per_cent else 1}.get(column.unit, 1)
            data[column.name] = data[column.name].astype("float64") / divisor
        elif _is_moment(column.name):
            data[column.name] = pd.to_datetime(data[column.name], utc=True).dt.tz_convert(zone())
    return data


_FORMATS: Final[Mapping[str, str]] = {
    "cents": "dollar",
    "share": "%.1f %%",
    "hours": "%,.1f h",
    "minutes": "%,.0f min",
    "km": "%,.1f km",
}


def _is_moment(name: str) -> bool:
    return name.endswith("_at") or name == "window_start"


def column(column: reports.Column, data: pd.DataFrame, label: str | None = None) -> Any:
    """How a table shows one column of `frame(..., per_cent=True)`."""
    name, unit = column.name, column.unit
    words = label or name.removesuffix(f"_{unit}").replace("_", " ").capitalize()
    if unit:
        return st.column_config.NumberColumn(words, format=_FORMATS[unit])
    if _is_moment(name):
        return st.column_config.DatetimeColumn(words, format="MMM D, HH:mm")
    if name == "month_start":
        return st.column_config.DateColumn(words, format="MMM YYYY")
    if name.endswith("_number"):
        return st.column_config.NumberColumn(words, format="%d", pinned=True)
    return _plain(words, data[name])


def _plain(words: str, values: "pd.Series[Any]") -> Any:
    if pd.api.types.is_bool_dtype(values):
        return st.column_config.CheckboxColumn(words)
    if pd.api.types.is_integer_dtype(values):
        return st.column_config.NumberColumn(words, format="%,d")
    if pd.api.types.is_float_dtype(values):
        return st.column_config.NumberColumn(words, format="%,.1f")
    return st.column_config.Column(words)
