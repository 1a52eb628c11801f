"""Charts of figures with the range in which the true one lies, or in which chance puts them."""

import math
from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from dashboards import theme
from dashboards.charts import COUNT, PERCENT, Timeline, banded, value_axis

_ROW = 26
"""Height of a part, in pixels."""


def over_time(
    data: pd.DataFrame,
    *,
    time: Timeline,
    value: str,
    bounds: tuple[str, str],
    cases: str,
    title: str,
    form: str,
    domain: tuple[float, float],
    field: str = "bucket",
) -> Any:
    """A point for each band with cases, in its interval; one that is not over yet is paler."""
    named, x = banded(data, time, field)
    named["whole"] = named["is_complete"].astype(bool)
    fine = form.replace("0%", "1%")
    base = alt.Chart(named).encode(
        x=x,
        opacity=alt.condition("datum.whole", alt.value(1), alt.value(0.45)),
        tooltip=[
            alt.Tooltip("when:O", title="From" if time.grain == "week" else "When"),
            alt.Tooltip(f"{value}:Q", title=title, format=fine),
            alt.Tooltip(f"{bounds[0]}:Q", title="At least (95 %)", format=fine),
            alt.Tooltip(f"{bounds[1]}:Q", title="At most (95 %)", format=fine),
            alt.Tooltip(f"{cases}:Q", title="Cases", format=COUNT),
        ],
    )
    scale = alt.Scale(domain=list(domain))
    y = alt.Y(f"{value}:Q", title=title, axis=value_axis(form), scale=scale)
    rules = base.mark_rule(color=theme.SKY, strokeWidth=4).encode(
        y=alt.Y(f"{bounds[0]}:Q", title=title, axis=value_axis(form), scale=scale),
        y2=alt.Y2(f"{bounds[1]}:Q"),
    )
    line = alt.Chart(named[named["whole"]]).mark_line(color=theme.BLUE, strokeWidth=1.5)
    points = base.mark_point(color=theme.BLUE, filled=True, size=55)
    return rules + line.encode(x=x, y=y) + points.encode(y=y)


def part_by_part(
    data: pd.DataFrame,
    *,
    category: str,
    value: str,
    bounds: tuple[str, str],
    cases: str,
    title: str,
    form: str,
    domain: tuple[float, float],
    reference: float | None = None,
) -> Any:
    """A row a part: the figure in its interval, and the figure of all (`reference`) as a line."""
    fine = form.replace("0%", "1%")
    y = alt.Y(f"{category}:N", sort=list(data[category]), title=None)
    scale = alt.Scale(domain=list(domain))
    base = alt.Chart(data).encode(
        y=y,
        tooltip=[
            alt.Tooltip(f"{category}:N", title=" "),
            alt.Tooltip(f"{value}:Q", title=title, format=fine),
            alt.Tooltip(f"{bounds[0]}:Q", title="At least (95 %)", format=fine),
            alt.Tooltip(f"{bounds[1]}:Q", title="At most (95 %)", format=fine),
            alt.Tooltip(f"{cases}:Q", title="Cases", format=COUNT),
        ],
    )
    rules = base.mark_rule(color=theme.SKY, strokeWidth=5).encode(
        x=alt.X(f"{bounds[0]}:Q", title=title, axis=value_axis(form), scale=scale),
        x2=alt.X2(f"{bounds[1]}:Q"),
    )
    points = base.mark_point(color=theme.BLUE, filled=True, size=70, opacity=1).encode(
        x=alt.X(f"{value}:Q", title=title, axis=value_axis(form), scale=scale)
    )
    chart = rules + points
    if reference is not None:
        line = alt.Chart(pd.DataFrame([{"reference": reference}])).mark_rule(
            color=theme.GREY, strokeDash=[5, 4]
        )
        chart = line.encode(x=alt.X("reference:Q", scale=scale)) + chart
    return chart


def height_of(parts: int) -> int:
    """Of a chart with so many parts, in pixels, its axis included."""
    return max(120, 60 + _ROW * parts)


def tenths(least: float, most: float) -> list[float]:
    """The shares from the tenth below to the tenth above, within 0 and 1."""
    low = min(max(math.floor(least * 10 + 1e-9) / 10, 0), 0.9)
    return [low, min(max(math.ceil(most * 10 - 1e-9) / 10, low + 0.1), 1)]


def around_zero(data: pd.DataFrame, bounds: tuple[str, str]) -> tuple[float, float]:
    """As far to the left as to the right, to the tenth beyond the widest of the intervals."""
    widest = float(data[list(bounds)].abs().max().max())
    end = tenths(0, widest)[1]
    return -end, end


def beyond_chance(verdicts: Sequence[str]) -> str:
    """How many of the experts of a funnel lie outside of its limits, in words."""
    above, below = (verdicts.count(it) for it in ("above", "below"))
    return (
        f"{above:,} above and {below:,} below what chance explains, of {len(verdicts):,} experts."
    )


def funnel(data: pd.DataFrame, *, title: str) -> Any:
    """Each expert's share by the number of cases, between the limits that chance explains.

    The axis is as long as they need: what tells experts apart is small beside the whole.
    """
    limits = alt.Chart(data).encode(
        x=alt.X(
            "total:Q",
            title="Cases",
            scale=alt.Scale(type="sqrt", zero=False),
            axis=alt.Axis(tickCount=8),
        )
    )
    share = alt.Axis(format=PERCENT)
    drawn = data[["share", "limit_low_share", "limit_high_share"]]
    domain = alt.Scale(domain=tenths(drawn.min().min(), drawn.max().max()))
    lines = [
        limits.mark_line(color=theme.GREY, strokeDash=[5, 4], strokeWidth=1.5).encode(
            y=alt.Y(f"{limit}:Q", title=title, axis=share, scale=domain)
        )
        for limit in ("limit_low_share", "limit_high_share")
    ]
    mean = alt.Chart(data.head(1)).mark_rule(color=theme.GREY).encode(y="mean_share:Q")
    verdicts = ["below", "within chance", "above"]
    points = (
        alt.Chart(data)
        .mark_point(filled=True, size=70, opacity=0.8)
        .encode(
            x="total:Q",
            y="share:Q",
            color=alt.Color(
                "verdict:N",
                scale=theme.scale(verdicts, (theme.RED, theme.GREY, theme.GREEN)),
                legend=theme.legend(verdicts),
            ),
            shape=alt.Shape(
                "verdict:N",
                scale=alt.Scale(domain=verdicts, range=["triangle-down", "circle", "triangle-up"]),
                legend=theme.legend(verdicts),
            ),
            tooltip=[
                alt.Tooltip("expert:N", title="Expert"),
                alt.Tooltip("share:Q", title=title, format=".1%"),
                alt.Tooltip("low_share:Q", title="At least (95 %)", format=".1%"),
                alt.Tooltip("high_share:Q", title="At most (95 %)", format=".1%"),
                alt.Tooltip("total:Q", title="Cases", format=COUNT),
            ],
        )
    )
    return alt.layer(*lines, mean, points)
