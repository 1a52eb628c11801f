"""Trust: what the numbers rest on. Datasets, checks, builds, and what each metric means."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboards import data, evidence, figures, frame, tiles, words
from dashboards.evidence import SIGNS, STATES, Metric
from dashboards.links import asset_url, run_url
from warehouse.manifest import Manifest
from warehouse.read import Snapshot
from warehouse.reports import Filters, Report

TITLE: Final = "Trust"
OPEN: Final = ":material/open_in_new:"
_LINK: Final = st.column_config.LinkColumn("Dagster", display_text=OPEN, width="small")
_SIZE: Final = st.column_config.NumberColumn("Size", format="%,.1f kB")
_MOMENT: Final = "MMM D, HH:mm"


def main() -> None:
    viewer, _ = frame.viewer()
    snapshot = frame.open_snapshot(TITLE)
    shown, history = snapshot.manifest, data.history()
    tiles.heading(TITLE, snapshot)
    _banner(snapshot, history)
    found = evidence.metrics(shown)
    asked = _asked(found)
    if asked is not None:
        _one_metric(asked, viewer.pages)
    sets, checks, builds, metrics = st.tabs(
        [
            f"Datasets ({len(shown.tables)})",
            f"Checks ({len(shown.checks)})",
            f"Builds ({len(history)})",
            f"Metrics ({len(found)})",
        ]
    )
    with sets:
        _datasets(snapshot, evidence.before(shown, history))
    with checks:
        _checks(shown)
    with builds:
        _builds(shown, history)
    with metrics:
        _metrics(found)


def _banner(snapshot: Snapshot, history: list[Manifest]) -> None:
    """Which version it is, who made it, and whether anything speaks against it."""
    shown = snapshot.manifest
    counts = evidence.counted(shown.checks)
    rows = sum(table.rows for table in shown.tables.values())
    with st.container(key="figures-4"):
        for label, value, meaning in (
            ("Checks passed", f"{counts['Passed']} of {len(shown.checks)}",
             "Every check that the run made before it published this version."),
            ("Warnings", words.count(counts["Warning"]),
             "Checks that failed and do not hold a version back. The tab Checks says which."),
            ("Rows", words.count(rows), "Rows of all datasets together."),
            ("Versions kept", words.count(len(history)),
             "Versions that can be shown again: see the tab Builds."),
        ):  # fmt: skip
            st.metric(label, value, help=meaning, border=True)
    later = "No later build was held back."
    if snapshot.held_back is not None:
        run = run_url(snapshot.held_back.run_id)
        later = f"A later build was held back, by [another run]({run})."
    pinned = "It was chosen by hand." if snapshot.pin else "It was not chosen by hand."
    st.markdown(
        f"Version `{shown.version}` was published {words.moment(shown.created_at)} by"
        f" [this run]({run_url(shown.run_id)}). {later} {pinned}"
    )


def _datasets(snapshot: Snapshot, earlier: Manifest | None) -> None:
    freshness = data.ask(snapshot, "trust-freshness", Filters(limit=10_000))
    landed = {row["landed_table"]: row["landed_at"] for row in freshness.table.records()}
    _frame(
        evidence.datasets(snapshot.manifest, earlier, landed),
        "Datasets of this version",
        {
            "dataset": st.column_config.TextColumn("Dataset", pinned=True),
            "asset": _LINK,
            "checks": "Checks",
            "rows": st.column_config.NumberColumn("Rows", format="%,d"),
            "change": st.column_config.NumberColumn("Since the version before", format="%+,d"),
            "fresh_at": st.column_config.DatetimeColumn("As of", format=_MOMENT),
            "files": "Files",
            "kilobytes": _SIZE,
            "grain": st.column_config.TextColumn("What it holds", width="large"),
        },
    )
    since = (
        f"Rows are compared with version `{earlier.version}`."
        if earlier
        else "No version before this one is kept, so that rows have nothing to be compared with."
    )
    st.caption(
        f"{since} A dataset is as of the mirrored table behind it that is furthest behind; a"
        " version that was written before this was kept does not tell."
    )
    tiles.table(
        freshness,
        empty="No table has landed.",
        labels={"landed_table": "Table", "landed_at": "As of", "behind_minutes": "Behind newest"},
    )


def _checks(shown: Manifest) -> None:
    if not shown.checks:
        st.info("This version was published without a check.", icon=":material/rule:")
        return
    rows = evidence.rows_of(shown.checks)
    left, right = st.columns(2)
    with left:
        asset = st.selectbox(
            "Asset",
            sorted({row["asset"] for row in rows}),
            index=None,
            key="asset",
            bind="query-params",
            placeholder="All",
        )
    with right:
        state = st.segmented_control("State", list(STATES), key="checks", bind="query-params")
    kept = [
        row
        for row in rows
        if asset in {None, row["asset"]} and (state is None or row["state"] == SIGNS[state])
    ]
    if not kept:
        st.caption("No check is in this state here.")
        return
    _check_table(kept, "Checks of this version")


def _check_table(rows: list[dict[str, Any]], title: str) -> None:
    _frame(
        rows,
        title,
        {
            "state": st.column_config.TextColumn("State", pinned=True),
            "asset": "Asset",
            "check": "Check",
            "page": _LINK,
            "failing_rows": st.column_config.NumberColumn("Failing rows", format="%,d"),
            "detail": st.column_config.TextColumn("What it found", width="large"),
        },
    )


def _builds(shown: Manifest, history: list[Manifest]) -> None:
    _frame(
        evidence.builds(shown.version, history, data.all_held_back()),
        "Last builds",
        {
            "built_at": st.column_config.DatetimeColumn("Built", format=_MOMENT, pinned=True),
            "state": "State",
            "version": "Version",
            "data_at": st.column_config.DatetimeColumn("As of", format=_MOMENT),
            "rows": st.column_config.NumberColumn("Rows", format="%,d"),
            "kilobytes": _SIZE,
            "checks": "Checks",
            "run": st.column_config.LinkColumn("Run", display_text=OPEN, width="small"),
            "reason": st.column_config.TextColumn("Why it was held back", width="large"),
        },
    )
    st.caption(
        "An administrator can show a version that is kept again;"
        " docs/runbooks/snapshot-held-back.md says how."
    )


def _asked(found: list[Metric]) -> Metric | None:
    """The metric that the address names, or the reader chooses."""
    titles = {one.definition.title: one for one in found}
    with st.sidebar:
        title = st.selectbox(
            "Where does a metric come from?",
            list(titles),
            index=None,
            key="metric",
            bind="query-params",
            placeholder="Choose a metric",
        )
    return titles.get(title) if title else None


def _one_metric(metric: Metric, pages: frozenset[str]) -> None:
    """Its definition, where it is shown, the datasets behind it, and what their checks said."""
    with st.container(border=True):
        st.subheader(metric.definition.title, anchor=False)
        st.markdown(metric.definition.words)
        links = [f"[{mart}]({asset_url(f'marts/{mart}')})" for mart in metric.marts]
        shown = [one for one in metric.reports if one.page in pages]
        for label, said in (
            ("Shown in", ", ".join(_reports(shown)) or "no page of yours"),
            ("Datasets", ", ".join(links) or "none"),
            ("Their checks", evidence.in_words(metric.checks)),
        ):
            st.markdown(f"**{label}:** {said}")
        wrong = [one for one in metric.checks if not one.passed]
        if wrong:
            _check_table(evidence.rows_of(wrong), "Checks of its datasets that did not pass")
        with st.container(horizontal=True):
            for name in dict.fromkeys(one.page for one in shown):
                st.page_link(f"app_pages/{name}.py", icon=":material/arrow_forward:")


def _reports(shown: Iterable[Report]) -> list[str]:
    return [f"{one.title} ({one.page.capitalize()})" for one in shown]


def _metrics(found: list[Metric]) -> None:
    searched = st.text_input(
        "Search",
        key="search",
        bind="query-params",
        placeholder="A word of its name, its definition, its report or its dataset",
    )
    kept = evidence.matching(found, searched or "")
    if not kept:
        st.caption("No metric has these words.")
        return
    _frame(
        [
            {
                "metric": one.definition.title,
                "checks": evidence.in_words(one.checks),
                "marts": ", ".join(one.marts),
                "reports": ", ".join(_reports(one.reports)),
                "words": one.definition.words,
                "address": figures.where_from(one.definition),
            }
            for one in kept
        ],
        "Metrics",
        {
            "metric": st.column_config.TextColumn("Metric", pinned=True),
            "checks": "Checks of its datasets",
            "marts": "Datasets",
            "reports": "Shown in",
            "words": st.column_config.TextColumn("What it means", width="large"),
            "address": st.column_config.LinkColumn("Link", display_text=OPEN, width="small"),
        },
    )


def _frame(rows: list[dict[str, Any]], title: str, columns: Mapping[str, Any]) -> None:
    """A table with these columns in their order; moments on the reader's clock."""
    shown = pd.DataFrame(rows, columns=list(columns))
    for name in columns:
        if name.endswith("_at"):
            shown[name] = pd.to_datetime(shown[name], utc=True).dt.tz_convert(words.zone())
    tiles.grid(
        shown,
        column_config=columns,
        height=tiles.table_height(len(shown)),
        alt=title,
    )


main()
