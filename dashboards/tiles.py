"""What pages are made of: a heading that says as of when, rows of numbers, charts and tables.

Every tile leads to its definition, its marts, its SQL and its rows.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final

import streamlit as st

from dashboards import words
from dashboards.data import Answer
from dashboards.figures import explain
from dashboards.links import asset_url
from dashboards.theme import HEIGHT, SPARK_HEIGHT, dress
from warehouse import reports
from warehouse.read import Snapshot

FEW_ROWS: Final = 13
TABLE_HEIGHT: Final = 460
"""Of a table with more rows, in pixels; it scrolls."""


def heading(title: str, snapshot: Snapshot, chosen: str = "") -> None:
    """The page's name, what it is as of, and why nothing newer is shown, if so."""
    with st.container(gap="xxsmall"):
        st.title(title, anchor=False)
        as_of = f"As of {words.moment(snapshot.as_of)}, {words.ago(snapshot.as_of)}"
        st.caption(" · ".join(part for part in (as_of, chosen) if part))
    if snapshot.held_back is not None:
        held = snapshot.held_back
        reasons = "\n".join(f"- {reason}" for reason in held.reasons[:5])
        more = f"\n- and {len(held.reasons) - 5} more" if len(held.reasons) > 5 else ""
        st.warning(
            f"**A later build was held back** ({words.moment(held.at)}). The numbers below are"
            f" the last ones that passed every check.\n{reasons}{more}",
            icon=":material/front_hand:",
        )
    if snapshot.pin is not None:
        st.info(
            f"**This version was chosen by hand** ({words.moment(snapshot.pin.at)}); newer ones"
            f" are not shown. {snapshot.pin.reason}",
            icon=":material/keep:",
        )


def chart(
    answer: Answer,
    draw: Callable[[Any], Any],
    *,
    alt: str,
    empty: str,
    title: str | None = None,
    only: tuple[str, tuple[str, ...]] | None = None,
    has: str | None = None,
    note: str | None = None,
    height: int = HEIGHT,
) -> None:
    """A tile with a chart; `alt` says in words what it shows.

    `only` keeps the rows with these values in a column, for reports that feed several tiles,
    and `has` those that have a value there at all.
    """
    with _tile(answer, title or answer.report.title):
        data = words.frame(answer.table)
        if only is not None:
            data = data[data[only[0]].isin(only[1])]
        if has is not None:
            data = data[data[has].notna()]
        if data.empty:
            st.caption(empty)
            return
        st.altair_chart(dress(draw(data), height), theme=None, width="stretch", alt=alt)
        if note:
            st.caption(note)


def table(
    answer: Answer,
    *,
    empty: str,
    title: str | None = None,
    labels: Mapping[str, str] | None = None,
    hidden: Iterable[str] = (),
    values: Mapping[str, Mapping[str, str]] | None = None,
    total: int | None = None,
    note: str | None = None,
) -> None:
    """A tile with the answer's rows; `values` puts words in the place of codes.

    `total` is how many rows there are where the list was cut.
    """
    with _tile(answer, title or answer.report.title):
        if not answer.table.rows:
            st.caption(empty)
            return
        data = words.frame(answer.table, per_cent=True)
        for name, meanings in (values or {}).items():
            if name in data:
                data[name] = data[name].map(lambda value, known=meanings: known.get(value, value))
        shown = [column for column in answer.table.columns if column.name not in set(hidden)]
        grid(
            data,
            column_order=[column.name for column in shown],
            column_config={
                column.name: words.column(column, data, (labels or {}).get(column.name))
                for column in shown
            },
            height=table_height(len(data)),
            alt=title or answer.report.title,
        )
        if total is not None and total > len(data):
            st.caption(f"The first {len(data):,} of {total:,}.")
        if note:
            st.caption(note)


def grid(
    data: Any,
    *,
    column_order: Iterable[str] | None = None,
    column_config: Mapping[str, Any] | None = None,
    height: Any = "content",
    alt: str | None = None,
) -> None:
    """Rows as all pages show them: a dash stands for what is not known."""
    st.dataframe(
        data,
        hide_index=True,
        column_order=column_order,
        column_config=dict(column_config or {}),
        height=height,
        placeholder=words.NOTHING,
        alt=alt,
    )


def table_height(rows: int) -> Any:
    """Of a table: as high as its few rows, or so high that it scrolls."""
    return "content" if rows <= FEW_ROWS else TABLE_HEIGHT


def spark(drawn: Any, *, alt: str) -> None:
    """A small line without axes, within a tile; `alt` says in words what it shows."""
    st.altair_chart(dress(drawn, SPARK_HEIGHT), theme=None, width="stretch", alt=alt)


def _tile(answer: Answer, title: str) -> Any:
    tile = st.container(border=True, height="stretch")
    with (
        tile,
        st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ),
    ):
        st.markdown(f"**{title}**", width="content")
        _about(answer, title)
    return tile


def _about(answer: Answer, title: str) -> None:
    """The way from a tile to what it means, where it comes from, and its rows."""
    report = answer.report
    with st.popover("About", type="tertiary", icon=":material/info:"):
        for anchor in report.definitions:
            st.markdown(explain(anchor))
        marts = ", ".join(f"[{mart}]({asset_url(f'marts/{mart}')})" for mart in report.marts)
        st.caption(f"From {marts}")
        st.download_button(
            "Download as CSV",
            data=partial(reports.to_csv, answer.table),
            file_name=reports.file_name(report, answer.as_of),
            mime="text/csv",
            key=f"csv of {title}",
            on_click="ignore",
            icon=":material/download:",
        )
        with st.expander("SQL"):
            st.code(report.sql, language="sql", wrap_lines=True)
