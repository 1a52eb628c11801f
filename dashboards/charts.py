"""The kinds of charts that pages use, over the data frames of `words.frame`.

Days, weeks and months are named bands, not points in time: no time zone can move them.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import altair as alt
import pandas as pd

from dashboards import theme
from warehouse.reports.filters import FIRST_DAY, Grain

_STEPS: Final = {"day": "D", "week": "W-MON", "month": "MS"}
_PERIODS: Final = {"day": "D", "week": "W-SUN", "month": "M"}
_LABELS: Final = {"day": "%b %-d", "week": "%b %-d", "month": "%b %Y"}
_TITLES: Final = {"day": None, "week": "Week from Monday", "month": None}

PERCENT: Final = ".0%"
HOURS: Final = ",.1~f"
COUNT: Final = ",d"
DOLLARS: Final = "$,.0f"
_LEAST: Final = {PERCENT: 0.01, HOURS: 0.1, COUNT: 1, DOLLARS: 1}
"""Between two ticks."""


@dataclass(frozen=True)
class Timeline:
    """The axis of days, weeks or months; all time begins with the first row."""

    grain: Grain
    since: date
    until: date


def banded(data: pd.DataFrame, time: Timeline, field: str) -> tuple[pd.DataFrame, alt.X]:
    """The data with a name for each band, and the axis with every band, also the empty ones."""
    days = pd.to_datetime(data[field])
    begin = days.min() if time.since == FIRST_DAY else pd.Timestamp(time.since)
    begin = begin.to_period(_PERIODS[time.grain]).start_time
    every = pd.date_range(begin, max(days.max(), pd.Timestamp(time.until)), freq=_STEPS[time.grain])
    form = _LABELS[time.grain]
    named = data.drop(columns=[field]).assign(when=days.dt.strftime(form))
    axis = alt.Axis(title=_TITLES[time.grain], labelAngle=0, labelSeparation=8)
    bands = alt.Scale(domain=list(every.strftime(form)))
    return named, alt.X("when:O", sort=None, scale=bands, axis=axis)


def value_axis(form: str) -> alt.Axis:
    """Few ticks, and none closer than what their labels tell apart."""
    return alt.Axis(format=form, tickCount=5, tickMinStep=_LEAST.get(form, alt.Undefined))


def bars_over_time(
    data: pd.DataFrame,
    *,
    time: Timeline,
    value: str,
    title: str,
    part: str | None = None,
    names: dict[str, str] | None = None,
    form: str = COUNT,
    field: str = "bucket",
    side_by_side: bool = False,
) -> Any:
    """Bars, stacked or side by side by part; a band that is not over yet is paler.

    `names` gives the parts in their order with the words that people read.
    """
    if part is None:
        part, data = "part", data.assign(part=title)
    elif names is None:
        data = _largest(data, part, value, [field, "is_complete"])
    named, x = banded(data, time, field)
    known = names or {name: name for name in sorted(named[part].unique(), key=_others_last)}
    named[part] = named[part].map(known)
    order = [word for word in known.values() if word in set(named[part])]
    encoded: dict[str, Any] = {
        "x": x,
        "y": alt.Y(f"{value}:Q", title=title, stack=not side_by_side, axis=value_axis(form)),
        "color": alt.Color(
            f"{part}:N",
            scale=theme.scale(list(known.values())) if names else theme.scale(order),
            legend=theme.legend(order, values=order) if len(order) > 1 else None,
        ),
        "order": alt.Order("place:Q"),
        "tooltip": [
            alt.Tooltip("when:O", title="From" if time.grain == "week" else "When"),
            alt.Tooltip(f"{part}:N", title=" "),
            alt.Tooltip(f"{value}:Q", title=title, format=form),
        ],
    }
    if side_by_side:
        encoded["xOffset"] = alt.XOffset(f"{part}:N", sort=order)
    if "is_complete" in named:
        encoded["opacity"] = alt.condition("datum.is_complete", alt.value(1), alt.value(0.45))
    places = {word: place for place, word in enumerate(order)}
    named = named.assign(place=named[part].map(places))
    return alt.Chart(named).mark_bar().encode(**encoded)


OTHERS: Final = "All others"


def _largest(data: pd.DataFrame, part: str, value: str, keys: list[str]) -> pd.DataFrame:
    """As many parts as there are colours; the smaller ones are summed into the last."""
    sums = data.groupby(part)[value].sum().sort_values(ascending=False)
    if len(sums) <= len(theme.CATEGORIES):
        return data
    kept = set(sums.index[: len(theme.CATEGORIES) - 1])
    merged = data.assign(**{part: data[part].where(data[part].isin(kept), OTHERS)})
    return merged.groupby([*keys, part], as_index=False).agg({value: "sum"})


def _others_last(name: str) -> tuple[bool, str]:
    return name == OTHERS, name


def lines_over_time(
    data: pd.DataFrame,
    *,
    time: Timeline,
    value: str,
    title: str,
    part: str,
    names: dict[str, str],
    form: str,
    field: str = "bucket",
    from_zero: bool = True,
) -> Any:
    """A line a part; a band that is not over yet is left out, as its share would mislead."""
    whole = data[data["is_complete"].astype(bool)] if "is_complete" in data else data
    if whole.empty:
        whole = data
    named, x = banded(whole, time, field)
    named[part] = named[part].map(names)
    words = list(names.values())
    key = theme.legend(words, symbolType="stroke", symbolStrokeWidth=3, symbolSize=200)
    colour = alt.Color(f"{part}:N", scale=theme.scale(words), legend=key)
    base = alt.Chart(named).encode(
        x=x,
        y=alt.Y(f"{value}:Q", title=title, axis=value_axis(form), scale=alt.Scale(zero=from_zero)),
        color=colour,
        tooltip=[
            alt.Tooltip("when:O", title="From" if time.grain == "week" else "When"),
            alt.Tooltip(f"{part}:N", title=" "),
            alt.Tooltip(f"{value}:Q", title=title, format=",.1%" if "%" in form else ",.1f"),
            *([alt.Tooltip("total:Q", title="Cases", format=COUNT)] if "total" in named else []),
        ],
    )
    dash = alt.StrokeDash(f"{part}:N", scale=alt.Scale(domain=words, range=_DASHES), legend=key)
    points = alt.OverlayMarkDef(filled=True, size=42, strokeDash=[1, 0])
    return base.mark_line(strokeWidth=2.5, point=points).encode(strokeDash=dash)


_DASHES: Final = [[1, 0], [6, 3], [2, 2], [8, 2, 2, 2], [4, 4], [10, 4]]


def spark(data: pd.DataFrame, *, title: str, form: str, bound: float | None) -> Any:
    """A line of `value` by `bucket` without axes; what is not over yet is a hollow point.

    `bound` is drawn as a dashed line.
    """
    named = data.assign(when=pd.to_datetime(data["bucket"]).dt.strftime("%b %-d, %Y"))
    base = alt.Chart(named).encode(
        x=alt.X("when:O", sort=None, axis=None),
        y=alt.Y("value:Q", axis=None, scale=alt.Scale(zero=False, padding=6)),
        tooltip=[
            alt.Tooltip("when:O", title="From"),
            alt.Tooltip("value:Q", title=title, format=",.1%" if form == PERCENT else form),
        ],
    )
    points = base.mark_point(size=28, strokeWidth=1.5, opacity=1).encode(
        stroke=alt.value(theme.BLUE),
        fill=alt.condition("datum.is_complete", alt.value(theme.BLUE), alt.value("white")),
    )
    layers = [base.mark_line(color=theme.BLUE, strokeWidth=2), points]
    if bound is not None:
        wanted = alt.Chart(pd.DataFrame({"value": [bound]}))
        rule = wanted.mark_rule(color=theme.GREY, strokeDash=[5, 4]).encode(
            y=alt.Y("value:Q", axis=None)
        )
        layers.insert(0, rule)
    return alt.layer(*layers)


def stacked(
    data: pd.DataFrame,
    *,
    category: str,
    part: str,
    value: str,
    title: str,
    categories: list[str],
    parts: list[str],
    colours: tuple[str, ...],
) -> Any:
    """Horizontal bars, stacked: a state, and in it the ages."""
    places = {word: place for place, word in enumerate(parts)}
    data = data.assign(place=data[part].map(places))
    present = [word for word in parts if word in set(data[part])]
    return (
        alt.Chart(data)
        .mark_bar(height={"band": 0.7})
        .encode(
            x=alt.X(f"{value}:Q", title=title, axis=value_axis(COUNT)),
            y=alt.Y(f"{category}:N", sort=categories, title=None),
            color=alt.Color(
                f"{part}:N",
                scale=theme.scale(parts, colours),
                legend=theme.legend(present, values=present),
            ),
            order=alt.Order("place:Q"),
            tooltip=[
                alt.Tooltip(f"{category}:N", title=" "),
                alt.Tooltip(f"{part}:N", title="  "),
                alt.Tooltip(f"{value}:Q", title=title, format=COUNT),
            ],
        )
    )


def bars(data: pd.DataFrame, *, category: str, value: str, title: str, form: str) -> Any:
    """Horizontal bars with their figures beside them."""
    base = alt.Chart(data).encode(
        y=alt.Y(f"{category}:N", sort=list(data[category]), title=None),
        x=alt.X(f"{value}:Q", title=None, axis=None),
    )
    figures = base.mark_text(align="left", dx=6, color=theme.TEXT, fontSize=12).encode(
        text=alt.Text(f"{value}:Q", format=form)
    )
    return (
        base.mark_bar(color=theme.BLUE, height={"band": 0.7}).encode(
            tooltip=[
                alt.Tooltip(f"{category}:N", title=" "),
                alt.Tooltip(f"{value}:Q", title=title, format=form),
            ]
        )
        + figures
    )
