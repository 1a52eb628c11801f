"""Policies: how two of them would have assigned the same past days, and how sure that is."""

import pandas as pd
import streamlit as st

from dashboards import backtests, frame, tiles, words
from dashboards.asking import Json, NotShown
from dashboards.links import asset_url
from dashboards.paired import differences
from dashboards.theme import dress

TITLE = "Policies"
DAGSTER_ASSET = "operations/policy_backtest"


def main() -> None:
    viewer, _ = frame.viewer()
    st.title(TITLE, anchor=False)
    try:
        usual = backtests.compared(viewer.token)
        a, b = _choose(usual, backtests.policies(viewer.token))
        if a == b:
            st.info("Choose two policies that differ.", icon=":material/compare_arrows:")
            return
        found = backtests.compared(viewer.token, a, b)
    except NotShown as why:
        st.warning(str(why), icon=":material/visibility_off:")
        return
    if found["days"]:
        _heading(found)
        _said(found)
        _by_day(found)
        _summary(found)
    else:
        _nothing(found)
    with st.expander("What is assumed", expanded=not found["days"]):
        st.markdown("\n".join(f"- {it}" for it in found["assumptions"]))


def _choose(usual: Json, newest: list[str]) -> tuple[str, str]:
    """Two policies; kept in the page's address."""
    before = [it[side] for it in usual["compared"] for side in ("policy_a", "policy_b")]
    options = sorted({*newest, usual["policy_a"], usual["policy_b"], *before})
    with st.sidebar:
        st.subheader("Compare")
        chosen = [
            st.selectbox(
                label, options, index=options.index(usual[key]), key=key, bind="query-params"
            )
            for label, key in (("Policy A", "policy_a"), ("Policy B", "policy_b"))
        ]
    return chosen[0], chosen[1]


def _heading(found: Json) -> None:
    days = found["days"]
    span = f"{_day(days[0]['day'])} to {_day(days[-1]['day'])}" if len(days) > 1 else ""
    count = f"{len(days)} days, {span}" if span else _day(days[0]["day"])
    tickets = sum(it["a"]["tickets"] for it in days)
    st.caption(
        f"A: {found['policy_a']} · B: {found['policy_b']} · {count} · {tickets:,} tickets, the"
        " same for both. A backtest replays what was open then; it is no record of what was done."
    )


def _said(found: Json) -> None:
    with st.container(border=True):
        st.markdown(f"**What {found['policy_b']} would have changed**")
        st.markdown("\n".join(f"- {sentence}" for sentence in backtests.in_words(found)))


def _by_day(found: Json) -> None:
    units = {it["measure"]: it for it in found["summary"]}
    with st.container(border=True):
        st.markdown("**Differences by day, B minus A**")
        chosen = st.selectbox(
            "Measure",
            list(units),
            index=list(units).index("travel_km"),
            format_func=lambda name: backtests.LABELS.get(name, name),
            key="measure",
            bind="query-params",
        )
        line = units[chosen]
        data = pd.DataFrame(
            {
                "day": [it["day"] for it in found["days"]],
                "a": [it["a"][chosen] for it in found["days"]],
                "b": [it["b"][chosen] for it in found["days"]],
                "difference": [it["difference"][chosen] for it in found["days"]],
            }
        )
        label = backtests.LABELS[chosen]
        drawn = differences(data, line, title=label, names=(found["policy_a"], found["policy_b"]))
        alt = f"{label}: B minus A on each day, with the mean and its 95 % interval"
        st.altair_chart(dress(drawn), theme=None, width="stretch", alt=alt)
        bounds = (
            f" The band holds the true mean with 95 % confidence: {_bounds(line)}."
            if line["low"] is not None
            else ""
        )
        mean = backtests.number(line["difference"], line["unit"], signed=True)
        st.caption(f"{line['meaning']} The line is the mean difference, {mean} a day.{bounds}")


def _summary(found: Json) -> None:
    rows = [
        {
            "Measure": backtests.LABELS[it["measure"]],
            found["policy_a"]: backtests.number(it["mean_a"], it["unit"]),
            found["policy_b"]: backtests.number(it["mean_b"], it["unit"]),
            "Difference": backtests.number(it["difference"], it["unit"], signed=True),
            "95 % interval": _bounds(it),
            "B is": backtests.verdict(it),
        }
        for it in found["summary"]
    ]
    with st.container(border=True):
        st.markdown("**All measures, means a day**")
        tiles.grid(rows, alt="All measures, means a day")
        st.caption(
            "Each day is a pair, so differences are compared and not two averages (paired t"
            " interval). Each measure stands for itself: of twenty intervals, one misses."
        )


def _nothing(found: Json) -> None:
    a, b = found["policy_a"], found["policy_b"]
    st.info(
        f"**{a} and {b} have not been compared yet.** A backtest replays past days under both."
        f" Start it in Dagster: open the asset [{DAGSTER_ASSET}]({asset_url(DAGSTER_ASSET)}),"
        " choose *Materialize*, pick some days (each is a partition, a week or more tells"
        " something), and open the launchpad to name the two policies as below. A day takes"
        " seconds; reload this page then. Every night the day before is replayed under the policy"
        " in use and least-travel.",
        icon=":material/science:",
    )
    st.code(
        f"ops:\n  policy_backtest:\n    config:\n      policy_a: {a}\n      policy_b: {b}\n",
        language="yaml",
    )
    if found["compared"]:
        st.markdown("**These have been compared**")
        tiles.grid(
            [
                {
                    "Policy A": it["policy_a"],
                    "Policy B": it["policy_b"],
                    "Days": it["days"],
                    "First": _day(it["first_day"]),
                    "Last": _day(it["last_day"]),
                }
                for it in found["compared"]
            ],
        )


def _bounds(line: Json) -> str:
    if line["low"] is None:
        return words.NOTHING
    low, high = (backtests.number(line[it], line["unit"], signed=True) for it in ("low", "high"))
    return f"{low} to {high}"


def _day(text: str) -> str:
    return f"{pd.Timestamp(text):%b %-d, %Y}"


main()
