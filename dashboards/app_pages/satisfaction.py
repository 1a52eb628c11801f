"""Satisfaction: what customers said, how sure that is, what it goes with, and whom to call."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import charts, data, figures, follow_up, frame, intervals, tiles, view, words
from dashboards.figures import Figure
from dashboards.view import View
from warehouse.read import Snapshot

TITLE = "Satisfaction"
PARTS = {
    "Device": "device",
    "Type": "type",
    "Region": "region",
    "State": "state",
    "Plan": "plan",
    "Channel": "channel",
}
SATISFIED = ("satisfied_low_share", "satisfied_high_share")
NPS = ("nps_low", "nps_high")
DIFFERENCE = ("difference_low_share", "difference_high_share")
MEASURES: dict[str, dict[str, Any]] = {
    "Satisfied": {
        "value": "satisfied_share", "bounds": SATISFIED, "cases": "answers",
        "form": charts.PERCENT, "domain": (0, 1),
    },
    "Net promoter score": {
        "value": "nps", "bounds": NPS, "cases": "recommendations",
        "form": "+.0f", "domain": (-100, 100),
    },
}  # fmt: skip
"""The two figures, and how charts show them with their intervals."""
MOST_PARTS = 12
FIGURES = [
    Figure("Satisfied", "satisfied_share", words.share, "satisfaction", "up"),
    Figure("Net promoter score", "nps", words.points, "net-promoter-score", "up"),
    Figure("Answers", "answers", words.count, "satisfaction"),
    Figure("Response rate", "response_share", words.share, "response-rate", "up"),
    Figure("Low scores", "low_scores", words.count, "low-scores", "down"),
]
LABELS = {
    "answers": "Answers",
    "satisfied_share": "Satisfied",
    "satisfied_low_share": "Satisfied, at least",
    "satisfied_high_share": "at most",
    "nps": "NPS",
    "nps_low": "NPS, at least",
    "nps_high": "at most",
    "recommendations": "Would recommend: answers",
}
BOUNDS = (
    "“At least” and “at most” bound the true figure with 95 % confidence: where bounds overlap,"
    " a rank would be chance."
)


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
    summary = figures.show(snapshot, "satisfaction-summary", chosen, FIGURES)
    _sure(summary)
    for side, name in zip(st.columns(len(MEASURES)), MEASURES, strict=True):
        with side:
            _trend(snapshot, chosen, name)
    _response(snapshot, chosen)
    _parts(snapshot, chosen, summary)
    _experts(snapshot, chosen)
    _drivers(snapshot, chosen)
    _follow_up(snapshot, chosen)


def _sure(summary: dict[str, Any]) -> None:
    """How far the two figures can be from the truth."""
    if not summary["answers"]:
        return
    low, high = (words.share(summary[bound]) for bound in SATISFIED)
    said = f"With {words.count(summary['answers'])} answers, {low} to {high} are satisfied"
    if summary["nps"] is not None:
        low, high = (words.points(summary[bound]) for bound in NPS)
        said += f", and the net promoter score is {low} to {high}"
    st.caption(f"{said} (95 % confidence).")


def _trend(snapshot: Snapshot, chosen: View, name: str) -> None:
    measure = MEASURES[name]
    tiles.chart(
        data.ask(snapshot, "satisfaction-trend", chosen.filters),
        lambda rows: intervals.over_time(rows, time=chosen.timeline, title=name, **measure),
        title=name,
        has=measure["value"],
        alt=f"{name} in each {chosen.filters.grain}, with its 95 % interval",
        note="Bars: where the true figure lies, with 95 % confidence.",
        empty="No survey was answered in this period.",
    )


def _response(snapshot: Snapshot, chosen: View) -> None:
    tiles.chart(
        data.ask(snapshot, "satisfaction-response", chosen.filters),
        lambda rows: charts.lines_over_time(
            rows, time=chosen.timeline, value="share", title="Answered", part="measure",
            names={"response": "Response rate"}, form=charts.PERCENT,
        ),
        alt=f"Share of surveys answered, by the {chosen.filters.grain} in which their time ended",
        empty="For no survey did the time to answer end in this period.",
        height=200,
    )  # fmt: skip


def _parts(snapshot: Snapshot, chosen: View, summary: dict[str, Any]) -> None:
    left, right = st.columns(2)
    with left:
        part = _choose("Split by", PARTS, "split")
    with right:
        name = _choose("Compare by", MEASURES, "measure")
    measure = MEASURES[name]
    answer = data.ask(
        snapshot, "satisfaction-breakdown", chosen.filters_with(by=PARTS[part], limit=10_000)
    )
    most = min(len(answer.table.rows), MOST_PARTS)
    tiles.chart(
        answer,
        lambda rows: intervals.part_by_part(
            rows.head(MOST_PARTS), category="part", title=name,
            reference=summary[measure["value"]], **measure,
        ),
        title=f"{name} by {part.lower()}",
        has=measure["value"],
        alt=f"{name} by {part.lower()}, each with its 95 % interval",
        note="Dashed: all together. A part whose interval holds that line may differ by chance.",
        empty="No survey was answered in this period.",
        height=intervals.height_of(most),
    )  # fmt: skip
    tiles.table(
        answer,
        title=f"All parts: {part.lower()}",
        empty="No survey was answered in this period.",
        labels={"part": part, **LABELS},
        note=BOUNDS,
    )


def _choose(label: str, options: Mapping[str, Any], key: str) -> str:
    first = next(iter(options))
    chosen = st.segmented_control(
        label, list(options), default=first, key=key, bind="query-params", required=True
    )
    return chosen or first


def _experts(snapshot: Snapshot, chosen: View) -> None:
    answer = data.ask(
        snapshot, "experts-comparison", chosen.filters_with(measure="satisfied", limit=10_000)
    )
    verdicts = [row["verdict"] for row in answer.table.records()]
    tiles.chart(
        answer,
        lambda rows: intervals.funnel(rows, title="Satisfied"),
        title="Satisfied customers: each expert against the mean of all",
        alt="Each expert's share of satisfied customers by the number of answers",
        note=intervals.beyond_chance(verdicts),
        empty="No answer about an expert's visit in this period.",
        height=340,
    )
    tiles.table(
        data.ask(snapshot, "satisfaction-experts", chosen.filters_with(limit=10_000)),
        empty="No answer about an expert's visit in this period.",
        labels=LABELS,
        hidden=["expert_id"],
        note=BOUNDS,
    )


def _drivers(snapshot: Snapshot, chosen: View) -> None:
    answer = data.ask(snapshot, "satisfaction-drivers", chosen.filters_with(limit=10_000))
    compared = sum(row["difference_share"] is not None for row in answer.table.records())

    def draw(rows: pd.DataFrame) -> Any:
        strongest = _strongest(rows)
        return intervals.part_by_part(
            strongest,
            category="driver",
            value="difference_share",
            bounds=DIFFERENCE,
            cases="answers",
            title="Satisfied, against the others",
            form="+.0%",
            domain=intervals.around_zero(strongest, DIFFERENCE),
            reference=0,
        )

    tiles.chart(
        answer,
        draw,
        has="difference_share",
        alt="Each choice: how much more or less often those who made it are satisfied",
        note="Left of the line: less often satisfied than the others who were asked. An interval"
        " that holds the line may be chance; one that does not shows what goes with satisfaction,"
        " not its cause.",
        empty="No choice was made in a survey of this period.",
        height=intervals.height_of(min(compared, MOST_PARTS)),
    )  # fmt: skip
    tiles.table(
        answer,
        title="All choices",
        empty="No choice was made in a survey of this period.",
        labels={
            "answers": "Chose it",
            "satisfied_share": "Of them satisfied",
            "others": "Did not",
            "others_satisfied_share": "Of the others",
            "difference_share": "Difference",
            "difference_low_share": "at least",
            "difference_high_share": "at most",
        },
    )


def _strongest(rows: Any) -> Any:
    """The choices that say most, those that go with dissatisfaction first."""
    rows = rows.assign(driver=rows["question"] + ": " + rows["choice"])
    kept = rows["difference_share"].abs().nlargest(MOST_PARTS).index
    return rows.loc[sorted(kept)]


def _follow_up(snapshot: Snapshot, chosen: View) -> None:
    answer = data.ask(snapshot, "satisfaction-follow-up", chosen.filters_with(limit=1_000))
    tiles.table(
        answer,
        empty="No low score in this period.",
        labels={
            "answered_at": "Answered",
            "would_recommend": "Would recommend",
            "has_comment": "Comment",
        },
        hidden=["ticket_id", "survey_id"],
        values={"status": words.STATUS | {"resolved": "Resolved", "closed": "Closed"}},
    )
    if answer.table.rows:
        viewer, _ = frame.viewer()
        follow_up.show(viewer, answer.table.records())


main()
