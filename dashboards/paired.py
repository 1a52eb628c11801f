"""The chart of paired differences: how far two ways of doing the same days are apart."""

from typing import Any

import altair as alt
import pandas as pd

from dashboards import theme


def differences(
    data: pd.DataFrame, mean: dict[str, Any], *, title: str, names: tuple[str, str]
) -> Any:
    """Paired differences by day around zero, with their mean and its interval.

    `data` has a `day`, the figures `a` and `b` and their `difference`; `mean` its bounds `low`
    and `high`, which are None for a single day.
    """
    days = pd.to_datetime(data["day"])
    # A band is a name: days of two years must not share one.
    form = "%b %-d" if days.dt.year.nunique() == 1 else "%b %-d, %Y"
    named = data.assign(
        when=days.dt.strftime(form),
        better=[_better(it, mean["better"]) for it in data["difference"]],
    )
    kinds = ["better", "worse", "no difference"]
    bars = (
        alt.Chart(named)
        .mark_bar()
        .encode(
            x=alt.X("when:O", sort=None, title=None, axis=alt.Axis(labelAngle=0)),
            y=alt.Y("difference:Q", title=title, axis=alt.Axis(tickCount=5)),
            color=alt.Color(
                "better:N",
                scale=theme.scale(kinds, (theme.GREEN, theme.RED, theme.GREY)),
                legend=theme.legend(kinds, values=[it for it in kinds if it in set(named.better)]),
            ),
            tooltip=[
                alt.Tooltip("when:O", title="Day"),
                alt.Tooltip("a:Q", title=names[0], format=",.3~f"),
                alt.Tooltip("b:Q", title=names[1], format=",.3~f"),
                alt.Tooltip("difference:Q", title="B minus A", format="+,.3~f"),
            ],
        )
    )
    level = alt.Chart(pd.DataFrame([mean]))
    line = level.mark_rule(color=theme.TEXT, strokeWidth=2).encode(y="difference:Q")
    if mean["low"] is None:
        return bars + line
    band = level.mark_rect(color=theme.BLUE, opacity=0.15).encode(y="low:Q", y2="high:Q")
    return band + bars + line


def _better(difference: float, better: str) -> str:
    if not difference:
        return "no difference"
    return "better" if (difference > 0) == (better == "more") else "worse"
