"""Overview: five numbers, this week against last, each with its trend and its target."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboards import charts, data, figures, frame, meeting, tiles, view, words
from dashboards.data import Answer
from dashboards.figures import Figure
from dashboards.view import View
from warehouse.read import Snapshot
from warehouse.reports.targets import Standing, targets

TITLE: Final = "Overview"
STANDING: Final[dict[Standing, str]] = {
    "met": ":green[:material/check_circle: On target]",
    "unclear": ":gray[:material/help: Off target, perhaps by chance]",
    "missed": ":red[:material/error: Off target]",
}


@dataclass(frozen=True)
class Number:
    """One of the five; `name` is its column, `cases` the column that says how many it rests on.

    `low` and `high` bound the true share, for what is one. `page` has the details. What
    `settles_late` is known when later visits have begun: this week's says nothing yet.
    """

    figure: Figure
    target: str
    cases: str
    of: str
    low: str = ""
    high: str = ""
    page: str = "ticketing"
    settles_late: bool = False


def _share(
    label: str, name: str, anchor: str, better: Any, cases: str, of: str, **more: Any
) -> Number:
    return Number(
        Figure(label, f"{name}_share", words.share, anchor, better),
        anchor.replace("-", "_"), cases, of, f"{name}_low_share", f"{name}_high_share", **more,
    )  # fmt: skip


NUMBERS: Final = (
    _share("SLA attainment", "sla_attainment", "sla-attainment", "up", "sla_tickets", "tickets"),
    Number(
        Figure("Time to resolve", "resolve_median_hours", words.hours, "time-to-resolve", "down"),
        "time_to_resolve", "resolved_tickets", "resolved tickets",
    ),
    _share(
        "Wrong expert", "wrong_expert", "wrong-expert", "down", "ended_visits", "visits",
        settles_late=True,
    ),
    _share(
        "Satisfied", "satisfied", "satisfaction", "up", "survey_answers", "answers",
        page="satisfaction",
    ),
)  # fmt: skip
MRR: Final = Figure("MRR", "closing_cents", words.money, "mrr", "up")


def main() -> None:
    snapshot = frame.open_snapshot(TITLE)
    chosen = view.choose(data.choices(snapshot), ("region", "state", "plan"))
    tiles.heading(TITLE, snapshot, chosen.words)
    week = data.ask(snapshot, "overview-week", chosen.filters)
    trend = data.ask(snapshot, "overview-trend", chosen.filters)
    now, then = week.table.records()
    weeks = words.frame(trend.table)
    with st.container(key="figures-overview"):
        for number in NUMBERS:
            _tile(number, now, then, weeks, chosen)
        _mrr(snapshot, chosen)
    st.caption(
        f"This week so far, {_days(now)}, against the same days of last week, {_days(then)}."
        " Lines show the last 13 weeks, of MRR the last 13 months; the last point is not over yet,"
        " the dashed line is the target. pt is percentage points."
    )
    _tables(week, trend)
    meeting.offer(snapshot, chosen)


def _days(week: dict[str, Any]) -> str:
    since, until = week["since"], week["until"]
    return f"{since:%a, %b %-d}" if since == until else f"{since:%a, %b %-d} to {until:%a, %b %-d}"


def _tile(
    number: Number, now: dict[str, Any], then: dict[str, Any], weeks: pd.DataFrame, chosen: View
) -> None:
    figure, target = number.figure, targets()[number.target]
    low, high = now.get(number.low), now.get(number.high)
    with st.container(border=True, height="stretch", gap="xsmall"):
        before = None if number.settles_late else then[figure.name]
        figures.metric(figure, now[figure.name], before, border=False)
        if number.settles_late:
            st.markdown(":gray[:material/hourglass_empty: Settles as later visits begin]")
            _target(target.words, figure, target.bound)
        else:
            standing = target.standing(now[figure.name], low, high)
            _standing(standing, target.words, figure, target.bound)
        rows = weeks.rename(columns={figure.name: "value"})
        _spark(rows, figure, charts.PERCENT if number.low else charts.HOURS, target.bound)
        st.caption(_cases(number, now))
        st.page_link(
            f"app_pages/{number.page}.py", label=number.page.capitalize(),
            icon=":material/arrow_forward:",
            query_params=chosen.address,
        )  # fmt: skip


def _cases(number: Number, now: dict[str, Any]) -> str:
    """On how many cases the number rests, and where the true share then lies."""
    cases, low, high = now[number.cases], now.get(number.low), now.get(number.high)
    if not cases:
        return f"No {number.of} yet this week"
    if low is None or high is None:
        return f"{cases:,} {number.of}"
    return f"{cases:,} {number.of}; true share {words.share(low)} to {words.share(high)}"


def _mrr(snapshot: Snapshot, chosen: View) -> None:
    """By month, as contracts are: now against the end of the month before."""
    today = snapshot.as_of.date()
    filters = chosen.filters_with(since=view.begin("Last 13 months", today), until=today)
    answer = data.ask(snapshot, "finance-mrr", filters)
    records = answer.table.records()
    now = records[-1] if records and records[-1]["month_start"] == today.replace(day=1) else {}
    value, before = now.get("closing_cents"), now.get("opening_cents")
    target = targets()["mrr_growth"]
    growth = value / before - 1 if value is not None and before else None
    with st.container(border=True, height="stretch", gap="xsmall"):
        figures.metric(MRR, value, before, border=False)
        _standing(target.standing(growth), target.words, MRR, target.bound)
        rows = words.frame(answer.table).rename(columns={"closing_cents": "value"})
        rows = rows.assign(
            bucket=rows["month_start"], is_complete=~rows["is_present_month"].astype(bool)
        )
        _spark(rows, MRR, charts.DOLLARS, before / 100 if before else None)
        customers = now.get("customers")
        st.caption(f"Paying customers: {customers:,}" if customers else "No contract runs")
        st.page_link(
            "app_pages/finance.py", label="Finance", icon=":material/arrow_forward:",
            query_params=chosen.address,
        )  # fmt: skip


def _standing(standing: Standing | None, wanted: str, figure: Figure, bound: float) -> None:
    said = STANDING[standing] if standing else ":gray[:material/remove: No figure yet]"
    st.markdown(said)
    _target(wanted, figure, bound)


def _target(wanted: str, figure: Figure, bound: float) -> None:
    st.caption(f"Target: {wanted.format(figure.show(bound))}")


def _spark(rows: pd.DataFrame, figure: Figure, form: str, bound: float | None) -> None:
    drawn = rows[["bucket", "value", "is_complete"]].dropna(subset=["value"])
    if drawn.empty:
        st.caption("No trend yet.")
        return
    tiles.spark(
        charts.spark(drawn, title=figure.label, form=form, bound=bound),
        alt=f"{figure.label} over time, from {_first(drawn)}; the table below has the figures",
    )


def _first(rows: pd.DataFrame) -> str:
    first: date = rows["bucket"].iloc[0]
    return f"{first:%b %-d, %Y}"


def _tables(week: Answer, trend: Answer) -> None:
    labels = {
        "week": "Week", "since": "From", "until": "To", "bucket": "Week from",
        "sla_attainment_share": "SLA", "sla_attainment_low_share": "at least",
        "sla_attainment_high_share": "at most", "sla_tickets": "Due tickets",
        "resolve_median_hours": "Resolve, median", "wrong_expert_low_share": "at least",
        "wrong_expert_high_share": "at most", "satisfied_share": "Satisfied",
        "satisfied_low_share": "at least", "satisfied_high_share": "at most",
        "survey_answers": "Answers", "is_complete": "Over",
    }  # fmt: skip
    tiles.table(
        week, empty="No week yet.", labels=labels,
        values={"week": {"this": "This week so far", "last": "Same days last week"}},
        note="“At least” and “at most” bound the true share with 95 % confidence.",
    )  # fmt: skip
    tiles.table(trend, empty="No week yet.", labels=labels)


main()
