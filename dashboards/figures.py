"""The rows of figures at the top of pages, against the period before."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

import streamlit as st

from dashboards import data, words
from dashboards.view import View
from warehouse import reports
from warehouse.read import Snapshot

Better = Literal["up", "down"]


@dataclass(frozen=True)
class Figure:
    """One number; `better` says which direction of change is good, None that neither is.

    `name` is its column in the summary; `compared` is False for what is as of now.
    """

    label: str
    name: str
    show: Callable[[float | None], str]
    definition: str
    better: Better | None = None
    compared: bool = True


def show(snapshot: Snapshot, report: str, chosen: View, figures: list[Figure]) -> dict[str, Any]:
    """The figures of a summary report side by side, as many as fit; returns the summary."""
    (now,) = data.ask(snapshot, report, chosen.filters).table.records()
    then: dict[str, Any] = {}
    if chosen.before is not None:
        (then,) = data.ask(snapshot, report, chosen.before).table.records()
    across = 5 if len(figures) % 5 == 0 else 4
    with st.container(key=f"figures-{across}"):
        for figure in figures:
            before = then.get(figure.name) if figure.compared else None
            metric(figure, now[figure.name], before)
    if chosen.before is not None:
        first, last = chosen.before.since, chosen.before.until
        st.caption(
            f"Changes are against {first:%b %-d, %Y} to {last:%b %-d, %Y}; pt is percentage points."
            " What changed by less than 0.5 pt or 2 % is grey."
        )
    return now


def metric(
    figure: Figure, value: float | None, before: float | None, *, border: bool = True
) -> None:
    """One figure with its change, coloured only where the change matters."""
    change, matters = _change(figure, value, before)
    colours: dict[Better | None, Any] = {"up": "normal", "down": "inverse", None: "off"}
    st.metric(
        figure.label,
        figure.show(value),
        delta=change,
        delta_color=colours[figure.better] if matters else "off",
        help=explain(figure.definition),
        border=border,
        height="stretch" if border else "content",
    )


def _change(figure: Figure, value: float | None, before: float | None) -> tuple[str | None, bool]:
    """The change in words, and whether it is large enough to be called better or worse."""
    if value is None or before is None or (before == 0 and figure.show is not words.share):
        return None, False
    if figure.show is words.share:
        points = (value - before) * 100
        return f"{points:+.1f} pt", abs(points) >= 0.5
    percent = (value / before - 1) * 100
    return f"{percent:+.1f} %", abs(percent) >= 2


def explain(anchor: str) -> str:
    """A metric's definition as Markdown, and the way to what it rests on."""
    one = reports.define(anchor)
    return f"**{one.title}.** {one.words} [Where this comes from]({where_from(one)})"


def where_from(definition: reports.Definition) -> str:
    """The metric on the page Trust: its datasets, their checks and its reports."""
    return f"trust?metric={quote(definition.title)}"
