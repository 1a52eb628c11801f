"""Experts: load, acceptance, punctuality, fixes and satisfaction, with how sure each figure is."""

import streamlit as st

from dashboards import charts, data, figures, frame, intervals, tiles, view, words
from dashboards.figures import Figure
from dashboards.view import View
from warehouse.read import Snapshot

TITLE = "Experts"
MEASURES = {
    "Fixed at first visit": "fixed_at_first_visit",
    "Satisfied customers": "satisfied",
    "Proposals accepted": "accepted",
    "On time": "on_time",
}
ANSWERS = {
    "accepted": "Accepted",
    "rejected": "Rejected",
    "expired": "Not answered in time",
    "withdrawn": "Withdrawn before an answer",
}
_FIXED = "fixed_at_first_visit_share"
FIGURES = [
    Figure("Experts on visits", "experts", words.count, "visits"),
    Figure("Visits", "visits", words.count, "visits"),
    Figure("Accepted", "accepted_share", words.share, "acceptance-rate", "up"),
    Figure("On time", "on_time_share", words.share, "punctuality", "up"),
    Figure("Fixed at first visit", _FIXED, words.share, "fixed-at-first-visit", "up"),
    Figure("Satisfied", "satisfied_share", words.share, "satisfaction", "up"),
    Figure("Travel a visit", "travel_per_visit_km", words.kilometres, "travel", "down"),
    Figure("Visits a day", "visits_per_expert_day", words.decimal, "visits-a-day"),
]


def main() -> None:
    snapshot = frame.open_snapshot(TITLE)
    chosen = view.choose(
        data.choices(snapshot),
        ("region", "state", "plan", "device", "expert"),
        today=snapshot.as_of.date(),
        periods=view.RECENT,
        usual="Last 13 weeks",
    )
    tiles.heading(TITLE, snapshot, chosen.words)
    figures.show(snapshot, "experts-summary", chosen, FIGURES)
    _comparison(snapshot, chosen)
    left, right = st.columns(2)
    with left:
        _answers(snapshot, chosen)
    with right:
        _travel(snapshot, chosen)
    _scorecard(snapshot, chosen)


def _comparison(snapshot: Snapshot, chosen: View) -> None:
    name = st.segmented_control(
        "Compare by",
        list(MEASURES),
        default="Fixed at first visit",
        key="measure",
        bind="query-params",
        required=True,
    )
    name = name or "Fixed at first visit"
    answer = data.ask(
        snapshot, "experts-comparison", chosen.filters_with(measure=MEASURES[name], limit=10_000)
    )
    verdicts = [row["verdict"] for row in answer.table.records()]
    tiles.chart(
        answer,
        lambda rows: intervals.funnel(rows, title=name),
        title=f"{name}: each expert against the mean of all",
        alt=f"Each expert's share ({name}) by the number of cases, with the limits of chance",
        note=f"{intervals.beyond_chance(verdicts)}"
        " Between the dashed lines, differences say nothing.",
        empty="No case in this period.",
        height=340,
    )


def _answers(snapshot: Snapshot, chosen: View) -> None:
    tiles.chart(
        data.ask(snapshot, "experts-answers", chosen.filters),
        lambda rows: charts.bars_over_time(
            rows,
            time=chosen.timeline,
            value="proposals",
            title="Proposals",
            part="answer",
            names=ANSWERS,
        ),
        alt=f"Proposals in each {chosen.filters.grain}, by what became of them",
        empty="No proposal was made in this period.",
    )


def _travel(snapshot: Snapshot, chosen: View) -> None:
    tiles.chart(
        data.ask(snapshot, "experts-travel", chosen.filters),
        lambda rows: charts.bars(
            rows,
            category="distance",
            value="visits",
            title="Visits",
            form=charts.COUNT,
        ),
        alt="Visits by the distance from the expert's home",
        empty="No visit began in this period.",
    )


def _scorecard(snapshot: Snapshot, chosen: View) -> None:
    tiles.table(
        data.ask(snapshot, "experts-scorecard", chosen.filters_with(limit=10_000)),
        empty="No expert had anything to do in this period.",
        labels={
            "accepted_share": "Accepted",
            "expired": "No answer",
            "on_time_share": "On time",
            "fixed_at_first_visit_share": "Fixed first",
            "fixed_low_share": "Fixed, at least",
            "fixed_high_share": "at most",
            "satisfied_share": "Satisfied",
            "satisfied_low_share": "Satisfied, at least",
            "satisfied_high_share": "at most",
            "survey_answers": "Surveys",
            "travel_per_visit_km": "Travel a visit",
            "on_site_hours": "On site",
            "visits_per_day": "Visits a day",
            "is_active": "Active",
        },
        hidden=["expert_id"],
        note="“At least” and “at most” bound the true share with 95 % confidence: two experts"
        " whose bounds overlap are not to be ranked.",
    )


main()
