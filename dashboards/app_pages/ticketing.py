"""Ticketing: how many, how long, how well; against the period before."""

from typing import Any

import streamlit as st

from dashboards import charts, data, figures, frame, tiles, view, words
from dashboards.figures import Figure
from dashboards.view import View
from warehouse.read import Snapshot

TITLE = "Ticketing"
PARTS = {
    "Everything": "all",
    "Channel": "channel",
    "Device": "device",
    "Type": "type",
    "Region": "region",
    "Plan": "plan",
}
CLOCKS = {"median_hours": "Median", "p90_hours": "90th percentile"}
KEPT = {"sla_attainment": "SLA attainment", "first_time_fix": "First-time fix"}
AGAIN = {
    "reopened": "Reopened",
    "rejected": "Proposals rejected",
    "unfinished": "Visits without a resolution",
    "wrong_expert": "Another expert had to come",
    "customer_absent": "Nobody home",
    "expert_absent": "Expert did not come",
}
FIGURES = [
    Figure("Submitted", "submitted", words.count, "submitted"),
    Figure("Resolved", "resolved", words.count, "resolved"),
    Figure("Time to assign", "assign_median_hours", words.hours, "time-to-assign", "down"),
    Figure("First response", "respond_median_hours", words.hours, "first-response", "down"),
    Figure("Time to resolve", "resolve_median_hours", words.hours, "time-to-resolve", "down"),
    Figure("Slowest tenth", "resolve_p90_hours", words.hours, "time-to-resolve", "down"),
    Figure("SLA attainment", "sla_attainment_share", words.share, "sla-attainment", "up"),
    Figure("First-time fix", "first_time_fix_share", words.share, "first-time-fix", "up"),
    Figure("Reopened", "reopened_share", words.share, "reopen-rate", "down"),
    Figure("Rejected", "rejected_share", words.share, "rejection-rate", "down"),
    Figure("Unfinished visits", "unfinished_share", words.share, "unfinished-visits", "down"),
    Figure("Wrong expert", "wrong_expert_share", words.share, "wrong-expert", "down"),
    Figure("Nobody home", "customer_absent_share", words.share, "nobody-home", "down"),
    Figure(
        "Expert did not come", "expert_absent_share", words.share, "expert-did-not-come", "down"
    ),
    Figure("Satisfied", "satisfied_share", words.share, "satisfaction", "up"),
]


def main() -> None:
    snapshot = frame.open_snapshot(TITLE)
    chosen = view.choose(
        data.choices(snapshot),
        ("region", "state", "plan", "device"),
        today=snapshot.as_of.date(),
        periods=view.RECENT,
        usual="Last 13 weeks",
    )
    tiles.heading(TITLE, snapshot, chosen.words)
    figures.show(snapshot, "ticketing-summary", chosen, FIGURES)
    part = st.segmented_control(
        "Split by",
        list(PARTS),
        default="Everything",
        key="split",
        bind="query-params",
        required=True,
    )
    by = PARTS[part or "Everything"]
    _volume(snapshot, chosen, by)
    left, right = st.columns(2)
    with left:
        _clock(snapshot, chosen, "assign", "Time to assign")
    with right:
        _clock(snapshot, chosen, "resolve", "Time to resolve")
    left, right = st.columns(2)
    with left:
        _rates(snapshot, chosen, KEPT, "Promises kept")
    with right:
        _rates(snapshot, chosen, AGAIN, "Work done twice")
    _parts(snapshot, chosen, by)


def _volume(snapshot: Snapshot, chosen: View, by: str) -> None:
    filters = chosen.filters_with(by=by)
    tiles.chart(
        data.ask(snapshot, "ticketing-volume", filters),
        lambda rows: charts.bars_over_time(
            rows,
            time=chosen.timeline,
            value="tickets",
            title="Tickets",
            part=None if by == "all" else "part",
        ),
        alt=f"Tickets submitted in each {filters.grain}, split by {by}",
        empty="No ticket was submitted in this period.",
    )


def _clock(snapshot: Snapshot, chosen: View, clock: str, title: str) -> None:
    answer = data.ask(snapshot, "ticketing-clocks", chosen.filters)

    def draw(rows: Any) -> Any:
        long = rows.melt(
            id_vars=["bucket", "is_complete"],
            value_vars=list(CLOCKS),
            var_name="what",
            value_name="hours",
        )
        return charts.lines_over_time(
            long, time=chosen.timeline, value="hours", title="Hours", part="what",
            names=CLOCKS, form=charts.HOURS,
        )  # fmt: skip

    tiles.chart(
        answer,
        draw,
        title=title,
        only=("clock", (clock,)),
        alt=f"{title} in hours: median and 90th percentile in each {chosen.filters.grain}",
        empty="Nothing was measured in this period.",
    )


def _rates(snapshot: Snapshot, chosen: View, names: dict[str, str], title: str) -> None:
    tiles.chart(
        data.ask(snapshot, "ticketing-quality", chosen.filters),
        lambda rows: charts.lines_over_time(
            rows, time=chosen.timeline, value="share", title="Share", part="measure",
            names=names, form=charts.PERCENT, from_zero=names is AGAIN,
        ),
        title=title,
        only=("measure", tuple(names)),
        alt=f"{', '.join(names.values())}: share in each {chosen.filters.grain}",
        empty="Nothing was settled in this period.",
    )  # fmt: skip


def _parts(snapshot: Snapshot, chosen: View, by: str) -> None:
    tiles.table(
        data.ask(snapshot, "ticketing-breakdown", chosen.filters_with(by=by)),
        empty="Nothing happened in this period.",
        labels={
            "part": next(word for word, code in PARTS.items() if code == by),
            "assign_median_hours": "Assign, median",
            "resolve_median_hours": "Resolve, median",
            "resolve_p90_hours": "Resolve, 90th pct",
            "sla_attainment_share": "SLA",
            "unfinished_share": "Unfinished visits",
        },
    )


main()
