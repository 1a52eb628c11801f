"""Places on a map of the United States, which is drawn by the places themselves."""

from typing import Any, Final

import altair as alt
import pandas as pd

from dashboards.theme import BLUE, ORANGE, PALE, legend

LAYERS: Final = {
    "unassigned": ("Tickets without an expert", ORANGE, "circle"),
    "free_experts": ("Experts without a visit today", BLUE, "diamond"),
}
"""Told apart by shape as well as by colour."""
_SOUTH, _EAST = 18.6, -66.8
"""Hawaii is north of the one, Maine west of the other; Puerto Rico and Guam are not."""


def places(data: pd.DataFrame) -> Any:
    """Rows with `latitude`, `longitude`, `zip3` and the counts of LAYERS; larger is more.

    What is in none of the fifty states has no place in the projection, and is not drawn.
    """
    data = data[data["latitude"].gt(_SOUTH) & data["longitude"].between(-180, _EAST)]
    melted = data.melt(
        id_vars=["zip3", "state_name", "latitude", "longitude"],
        value_vars=list(LAYERS),
        var_name="layer",
        value_name="count",
    )
    melted["layer"] = melted["layer"].map({name: words for name, (words, _, _) in LAYERS.items()})
    names, colours, shapes = (list(it) for it in zip(*LAYERS.values(), strict=True))
    ground = (
        alt.Chart(data)
        .mark_circle(size=12, color=PALE)
        .encode(longitude="longitude:Q", latitude="latitude:Q")
    )
    counts = (
        alt.Chart(melted[melted["count"] > 0])
        .mark_point(filled=True, opacity=0.75)
        .encode(
            longitude="longitude:Q",
            latitude="latitude:Q",
            size=alt.Size("count:Q", scale=alt.Scale(range=[30, 500]), legend=None),
            color=alt.Color(
                "layer:N", scale=alt.Scale(domain=names, range=colours), legend=legend(names)
            ),
            shape=alt.Shape("layer:N", scale=alt.Scale(domain=names, range=shapes), legend=None),
            tooltip=[
                alt.Tooltip("layer:N", title="What"),
                alt.Tooltip("count:Q", title="How many"),
                alt.Tooltip("zip3:N", title="ZIP codes that begin with"),
                alt.Tooltip("state_name:N", title="State"),
            ],
        )
    )
    return (ground + counts).project("albersUsa")
