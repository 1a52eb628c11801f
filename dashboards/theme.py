"""How charts look: colours that colour-blind readers tell apart, and one frame for all of them.

Pages and widgets are styled by `.streamlit/config.toml`; the colours here are the same ones.
"""

from typing import Any, Final

import altair as alt

# Okabe and Ito (2008), without their yellow, which is too pale on white.
BLUE: Final = "#0072b2"
ORANGE: Final = "#e69f00"
GREEN: Final = "#009e73"
PINK: Final = "#cc79a7"
SKY: Final = "#56b4e9"
RED: Final = "#d55e00"
GREY: Final = "#8c96a3"
PALE: Final = "#d9dfe6"
TEXT: Final = "#1c2733"
MUTED: Final = "#52606d"

CATEGORIES: Final = (BLUE, ORANGE, GREEN, PINK, SKY, RED, GREY, "#5b4a9c")
AGES: Final = ("#cfe0ef", "#90bbdb", "#478cbd", "#175d91", "#063358")
"""Light is young, dark is old: read without hue."""

# Figures stand in a grid: rows of four or five on a desk, of two on a phone.
CSS: Final = """
<style>
[class*="st-key-figures"] {
  display: grid; gap: .75rem; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr));
}
.st-key-figures-overview > div, .st-key-figures-overview > div > div { height: 100%; }
.st-key-figures-overview { grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); }
@media (min-width: 1100px) {
  .st-key-figures-4 { grid-template-columns: repeat(4, 1fr); }
  .st-key-figures-5, .st-key-figures-overview { grid-template-columns: repeat(5, 1fr); }
}
.within { color: inherit; text-underline-offset: .2em; }
</style>
"""

HEIGHT: Final = 260
"""Of a chart, in pixels."""
SPARK_HEIGHT: Final = 64
"""Of a line within a tile."""


def dress(chart: Any, height: int | None = HEIGHT) -> Any:
    """The same frame for every chart: quiet axes, legend below, text that can be read."""
    if height is not None:
        chart = chart.properties(height=height)
    return (
        chart.configure(
            font="Source Sans, system-ui, sans-serif",
            background="transparent",
            padding={"left": 0, "right": 4, "top": 4, "bottom": 0},
        )
        .configure_view(strokeWidth=0)
        .configure_axis(
            labelColor=MUTED,
            titleColor=MUTED,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            gridColor="#eceff3",
            domainColor=PALE,
            tickColor=PALE,
            labelOverlap=True,
            labelLimit=180,
            labelBound=False,
            labelFlush=False,
        )
        .configure_axisX(grid=False)
        .configure_legend(
            orient="top",
            direction="horizontal",
            title=None,
            symbolStrokeWidth=0,
            labelColor=TEXT,
            labelFontSize=12,
            symbolSize=90,
            labelLimit=220,
        )
        .configure_header(labelColor=TEXT, labelFontSize=12, title=None)
    )


def legend(words: list[str], **more: Any) -> alt.Legend:
    """In as many columns as fit on a phone; each entry begins with a capital."""
    columns = 2 if max(map(len, words)) > 14 else 3
    return alt.Legend(columns=columns, labelExpr=_CAPITALISED, **more)


_CAPITALISED: Final = "upper(slice(datum.label, 0, 1)) + slice(datum.label, 1)"


def scale(names: list[str], colours: tuple[str, ...] = CATEGORIES) -> alt.Scale:
    """A colour for each name, always the same one; names beyond the colours begin again."""
    return alt.Scale(domain=names, range=[colours[i % len(colours)] for i in range(len(names))])
