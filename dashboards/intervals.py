"""Charts of figures with the range in which the true one lies: over time, and part by part."""

from typing import Any

import altair as alt
import pandas as pd

from dashboards import theme
from dashboards.charts import COUNT, Timeline, banded, value_axis

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
