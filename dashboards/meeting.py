"""The management report: what it holds, and the button that makes it."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

import streamlit as st

from dashboards import data, frame, view, words
from dashboards.view import View
from warehouse import reports
from warehouse.read import Snapshot
from warehouse.reports import Filters

if TYPE_CHECKING:
    from dashboards.printing import Section

DAYS: Final = "Last 30 days"
MONTH: Final = "Last 1 months"
SUMMARIES: Final = {
    "operations": ("Operations now", None),
    "ticketing": ("Ticketing", DAYS),
    "experts": ("Experts", DAYS),
    "satisfaction": ("Satisfaction", DAYS),
    "knowledge": ("Knowledge", DAYS),
    "finance": ("Finance", MONTH),
}
"""By page: its title, and the period of its summary; money goes by the month, so far."""
AS_OF_NOW: Final = frozenset(
    {
        "net_new_mrr_cents", "recovered_share", "outstanding_cents",
        "outstanding_over_30_days_cents", "articles",
    }
)  # fmt: skip
"""What has no other time to compare with."""


def offer(snapshot: Snapshot, chosen: View) -> None:
    """A button; the report is made when it is pressed, when the page is no longer at work."""
    pages = frame.viewer()[0].pages
    seen = [page for page in SUMMARIES if page in pages]
    st.download_button(
        "Management report (PDF)",
        data=partial(_made, snapshot, chosen.filters, seen, _lines(snapshot, chosen)),
        file_name=f"management-report-{snapshot.as_of:%Y-%m-%d}.pdf",
        mime="application/pdf",
        on_click="ignore",
        icon=":material/picture_as_pdf:",
        help="The summaries of all pages that you may see, with the filters chosen here: on paper,"
        " for a meeting. The last 30 days beside the 30 before, money this month beside the last.",
    )


def _lines(snapshot: Snapshot, chosen: View) -> list[str]:
    lines = [f"As of {words.moment(snapshot.as_of)}, version {snapshot.version}"]
    if chosen.words:
        lines.append(f"Only {chosen.words}")
    if snapshot.held_back is not None:
        lines.append(f"A later build was held back: {snapshot.held_back.reasons[0]}")
    lines.append("What a figure means is said beside it on its page.")
    return lines


def _made(snapshot: Snapshot, chosen: Filters, pages: Sequence[str], lines: Sequence[str]) -> bytes:
    from dashboards.printing import printed

    return printed([_section(snapshot, page, chosen) for page in pages], lines)


def _section(snapshot: Snapshot, page: str, chosen: Filters) -> "Section":
    from dashboards.printing import Section

    (title, period), name = SUMMARIES[page], f"{page}-summary"
    if period is None:
        return Section(title, _asked(snapshot, name, chosen), "Now")
    today = snapshot.as_of.date()
    filters = replace(chosen, since=view.begin(period, today), until=today)
    earlier = view.earlier(filters, period) or filters
    before = _comparable(_asked(snapshot, name, earlier))
    return Section(title, _asked(snapshot, name, filters), _days(filters), before, _days(earlier))


def _comparable(table: reports.Table) -> reports.Table:
    rows = [
        tuple(
            None if column.name in AS_OF_NOW else value
            for column, value in zip(table.columns, row, strict=True)
        )
        for row in table.rows
    ]
    return reports.Table(table.columns, rows)


def _asked(snapshot: Snapshot, name: str, filters: Filters) -> reports.Table:
    """Not from the memory of pages: there is none of them when the button is pressed."""
    return reports.ask(snapshot, data.find(name), filters)


def _days(filters: Filters) -> str:
    return f"{filters.since:%b %-d} to {filters.until:%b %-d, %Y}"
