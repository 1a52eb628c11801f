"""Operations now: what is open, what is late, who comes today; renews itself."""

from typing import Any

import pandas as pd
import streamlit as st

from dashboards import charts, data, figures, frame, maps, tiles, view, words
from dashboards.figures import Figure
from dashboards.links import asset_url
from dashboards.theme import AGES, GREEN, GREY, ORANGE, PALE, PINK, RED, SKY
from dashboards.view import View
from warehouse.read import Snapshot
from warehouse.reports import Filters

TITLE = "Operations now"
RENEWED_EVERY = "20s"
ROWS = 200
MAP_HEIGHT = 380
MOST_WINDOWS = 12
"""That today's visits are drawn by; with more of them, by the hour."""

AGE_BANDS = ["Under 4 h", "4 to 24 h", "1 to 3 days", "3 to 7 days", "Over 7 days"]
STAGES = {
    "waiting for the expert": ORANGE,
    "planned": PALE,
    "late": RED,
    "on site": SKY,
    "resolved": GREEN,
    "another visit needed": GREY,
    "nobody home": PINK,
}
FIGURES = [
    Figure("Open tickets", "open_tickets", words.count, "backlog"),
    Figure("Without an expert", "unassigned", words.count, "unassigned"),
    Figure("Overdue", "overdue", words.count, "overdue"),
    Figure("At risk", "at_risk", words.count, "at-risk"),
    Figure("Proposals waiting", "proposals_waiting", words.count, "proposals-waiting"),
    Figure("Visits today", "visits_today", words.count, "visits-today"),
    Figure("Submitted in 24 h", "submitted_24h", words.count, "submitted"),
    Figure("Resolved in 24 h", "resolved_24h", words.count, "resolved"),
]
LABELS = {
    "ticket_number": "Ticket",
    "age_hours": "Age",
    "due_in_hours": "Due in",
    "sla_due_at": "Due",
    "waiting_minutes": "Waiting",
    "answer_in_minutes": "Time left",
    "arrival_window": "Window there",
    "window_start": "Window begins",
}


def main() -> None:
    snapshot = frame.open_snapshot(TITLE)
    chosen = view.choose(data.choices(snapshot), ("region", "state", "plan", "device"))
    renewing(chosen)


@st.fragment(run_every=RENEWED_EVERY)
def renewing(chosen: View) -> None:
    """Everything but the filters, so that renewing it leaves them as they are."""
    snapshot = frame.open_snapshot(TITLE)
    tiles.heading(TITLE, snapshot, f"renews itself · {chosen.words}".rstrip(" ·"))
    totals = figures.show(snapshot, "operations-summary", chosen, FIGURES)
    _conservation(snapshot)
    left, right = st.columns(2)
    with left:
        _backlog(snapshot, chosen)
    with right:
        _today(snapshot, chosen)
    _places(snapshot, chosen)
    _lists(snapshot, chosen, totals)


def _conservation(snapshot: Snapshot) -> None:
    """Whether every ticket that was submitted has arrived; of all places, whatever is chosen."""
    (found,) = data.ask(snapshot, "operations-conservation", Filters()).table.records()
    job = f"[the check of all messages]({asset_url('operations/conservation')})"
    if found["not_arrived"]:
        st.error(
            f"**{found['not_arrived']:,} of {found['submitted']:,} tickets of the last 7 days have"
            f" not arrived in sysops**, the oldest after {found['longest_minutes']:,.0f} minutes."
            f" See {job}; docs/runbooks/lost-on-its-way.md says what to do.",
            icon=":material/error:",
        )
    elif found["submitted"]:
        way = f", {found['on_the_way']:,} on the way" if found["on_the_way"] else ""
        st.caption(
            f":green[:material/check_circle:] Nothing is lost: of {found['submitted']:,} tickets"
            f" submitted in the last 7 days {found['in_sysops']:,} are in sysops{way}. This is"
            f" the whole country's; see also {job}."
        )
    else:
        st.caption(f"No ticket was submitted in the last 7 days. See also {job}.")


def _backlog(snapshot: Snapshot, chosen: View) -> None:
    answer = data.ask(snapshot, "operations-backlog", chosen.filters)
    tiles.chart(
        answer,
        lambda rows: charts.stacked(
            rows.assign(status=rows["status"].map(words.STATUS)),
            category="status",
            part="age",
            value="tickets",
            title="Tickets",
            categories=list(words.STATUS.values()),
            parts=AGE_BANDS,
            colours=AGES,
        ),
        alt="Open tickets by state, and in each state by age",
        empty="No ticket is open here.",
    )


def _today(snapshot: Snapshot, chosen: View) -> None:
    answer = data.ask(snapshot, "operations-visits-by-window", chosen.filters)

    def draw(rows: pd.DataFrame) -> Any:
        rows = _few_windows(rows)
        return charts.stacked(
            rows,
            category="arrival_window",
            part="stage",
            value="visits",
            title="Visits",
            categories=sorted(set(rows["arrival_window"])),
            parts=list(STAGES),
            colours=tuple(STAGES.values()),
        )

    tiles.chart(
        answer,
        draw,
        alt="Visits of today by arrival window and by what has become of them",
        empty="No visit is planned for today here.",
    )


def _few_windows(rows: pd.DataFrame) -> pd.DataFrame:
    """As they are, or by the hour in which they begin where they are too many for as many bars."""
    if rows["arrival_window"].nunique() <= MOST_WINDOWS:
        return rows
    hours = rows.assign(arrival_window="From " + rows["arrival_window"].str.slice(0, 2) + ":00")
    return hours.groupby(["arrival_window", "stage"], as_index=False).agg({"visits": "sum"})


def _places(snapshot: Snapshot, chosen: View) -> None:
    tiles.chart(
        data.ask(snapshot, "operations-places", chosen.filters),
        maps.places,
        alt="A map of tickets without an expert, and of experts without a visit today",
        empty="Nobody lives here yet.",
        height=MAP_HEIGHT,
        note="A grey point is a place with customers or experts; the larger a mark, the more. "
        "Places outside of the fifty states are counted and not drawn.",
    )


def _lists(snapshot: Snapshot, chosen: View, totals: dict[str, int]) -> None:
    late = totals["overdue"] + totals["at_risk"]
    nobody, risk, waiting, today = st.tabs(
        [
            f"Without an expert ({totals['unassigned']:,})",
            f"Overdue and at risk ({late:,})",
            f"Proposals waiting ({totals['proposals_waiting']:,})",
            f"Visits today ({totals['visits_today']:,})",
        ]
    )
    filters = chosen.filters_with(limit=ROWS)
    with nobody:
        answer = data.ask(snapshot, "operations-unassigned", filters)
        _list(answer, totals["unassigned"], "Every ticket has an expert.")
    with risk:
        answer = data.ask(snapshot, "operations-sla-at-risk", filters)
        _list(answer, late, "Every promise can be kept.")
    with waiting:
        answer = data.ask(snapshot, "operations-proposals", filters)
        _list(answer, totals["proposals_waiting"], "No proposal waits for an answer.")
    with today:
        answer = data.ask(snapshot, "operations-visits-today", filters)
        _list(answer, totals["visits_today"], "No visit is planned for today.")


def _list(answer: data.Answer, total: int, empty: str) -> None:
    tiles.table(
        answer,
        empty=empty,
        total=total,
        labels=LABELS,
        values={
            "status": words.STATUS,
            "priority": words.PRIORITY,
            "risk": words.RISK,
            "stage": {stage: stage.capitalize() for stage in STAGES},
        },
        hidden=["ticket_id"],
    )


main()
