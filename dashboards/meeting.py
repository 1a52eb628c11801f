"""The management report: what it holds, and the button that makes it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import streamlit as st

from dashboards import frame, view, words
from dashboards.view import View
from warehouse import reports
from warehouse.read import Snapshot
from warehouse.reports import Filters

if TYPE_CHECKING:
    from dashboards.printing import Section

SUMMARIES: Final = {
    "Operations now": "operations-summary",
    "Tickets": "ticketing-summary",
    "Experts": "experts-summary",
    "Money": "finance-summary",
}
PERIOD: Final = "Last 30 days"


def offer(snapshot: Snapshot, chosen: View) -> None:
    """A button; the report is made when it is pressed, when the page is no longer at work."""
    today = snapshot.as_of.date()
    filters = chosen.filters_with(since=view.begin(PERIOD, today), until=today)
    pages = frame.viewer()[0].pages
    seen = {title: name for title, name in SUMMARIES.items() if name.split("-")[0] in pages}
    st.download_button(
        "Management report (PDF)",
        data=partial(_made, snapshot, filters, seen, _lines(snapshot, chosen)),
        file_name=f"management-report-{today}.pdf",
        mime="application/pdf",
        on_click="ignore",
        icon=":material/picture_as_pdf:",
        help=f"The summaries of all pages that you may see, of the {PERIOD.lower()}, with the"
        " filters chosen here: on paper, for a meeting.",
    )


def _lines(snapshot: Snapshot, chosen: View) -> list[str]:
    lines = [f"As of {words.moment(snapshot.as_of)}, version {snapshot.version}"]
    if chosen.words:
        lines.append(f"Only {chosen.words}")
    if snapshot.held_back is not None:
        lines.append(f"A later build was held back: {snapshot.held_back.reasons[0]}")
    lines.append("What a figure means is said beside it on its page.")
    return lines


def _made(
    snapshot: Snapshot, filters: Filters, seen: Mapping[str, str], lines: Sequence[str]
) -> bytes:
    from dashboards.printing import printed

    sections = [_section(snapshot, title, name, filters) for title, name in seen.items()]
    return printed(sections, lines)


def _section(snapshot: Snapshot, title: str, name: str, filters: Filters) -> "Section":
    from dashboards.printing import Section

    now = _asked(snapshot, name, filters)
    if name == "operations-summary":
        return Section(title, now, "Now")
    length = filters.until - filters.since + timedelta(days=1)
    earlier = replace(filters, since=filters.since - length, until=filters.until - length)
    before = _asked(snapshot, name, earlier)
    return Section(title, now, _days(filters), before, _days(earlier))


def _asked(snapshot: Snapshot, name: str, filters: Filters) -> reports.Table:
    """Not from the memory of pages: there is none of them when the button is pressed."""
    report = reports.find(name)
    if report is None:
        raise KeyError(name)
    return reports.ask(snapshot, report, filters)


def _days(filters: Filters) -> str:
    return f"{filters.since:%b %-d} to {filters.until:%b %-d, %Y}"
