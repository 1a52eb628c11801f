"""Billing runs: one month beside the last, what the checks found, and finance's decision."""

from uuid import UUID

import streamlit as st

from dashboards import deciding, frame, outliers, runs, tiles, words
from dashboards.asking import Json, NotShown
from dashboards.session import Viewer

TITLE = "Billing runs"
_PAGES = "pages_before"


def main() -> None:
    viewer, _ = frame.viewer()
    st.title(TITLE, anchor=False)
    try:
        months = runs.months(viewer.token)
        if not months:
            st.info(
                "**No month has been billed yet.** On the first of each month the one that is"
                " over is drafted and checked; its run shows here then.",
                icon=":material/hourglass_empty:",
            )
            return
        month = _choose(months)
        run = runs.one(viewer.token, month)
        _state(run)
        deciding.show(viewer, run)
        _compared(run)
        _findings(run["findings"])
        outliers.show(viewer, month)
        _changes(viewer, run)
    except NotShown as why:
        st.warning(str(why), icon=":material/visibility_off:")
        return
    _history(run["history"], viewer)
    _all_months(months)


def _choose(months: list[Json]) -> str:
    options = [it["period"] for it in months]
    states = {it["period"]: runs.STATUS.get(it["status"], it["status"]) for it in months}
    chosen: str = st.selectbox(
        "Month",
        options,
        format_func=lambda month: f"{month} · {states[month]}",
        key="month",
        bind="query-params",
    )
    return chosen


def _state(run: Json) -> None:
    status, approval = run["status"], run["approval"]
    st.caption(f"{runs.STATUS.get(status, status)} · last act {words.moment_of(run['updated_at'])}")
    columns = st.columns(4)
    last = run["comparison"]["last"]
    for column, (label, value, delta) in zip(
        columns,
        (
            ("Invoices", words.count(run["invoices"]), _more(run, last, "invoices")),
            ("Total", runs.dollars(run["total_cents"]), _more(run, last, "total_cents")),
            ("Approvals", f"{approval['given']} of {approval['needed']}", None),
            ("Charged", _charged(run["by_status"]), _declined(run["by_status"])),
        ),
        strict=True,
    ):
        column.metric(
            label,
            value,
            delta,
            delta_color="off",
            delta_arrow="auto" if delta and delta[0] in "+-" else "off",
            border=True,
            height="stretch",
        )
    if approval["needed"] > 1 and run["approved_at"] is None:
        limit = runs.dollars(approval["limit_cents"]).replace("$", "\\$")
        first = (
            f" The first was given {words.moment_of(approval['first_at'])};"
            " another person decides now."
            if approval["given"]
            else ""
        )
        st.info(
            f"The total is over {limit}: two different people of finance approve it.{first}",
            icon=":material/group:",
        )


def _more(run: Json, last: Json | None, name: str) -> str | None:
    if last is None:
        return None
    change = run[name] - last[name]
    if not change:
        return "As last month"
    return runs.dollars(change, signed=True) if name == "total_cents" else f"{change:+,}"


def _charged(counts: Json) -> str:
    """How many of those that have a number are paid, credited or given up."""
    settled = sum(counts.get(it, 0) for it in ("paid", "credited", "written_off"))
    open_ones = sum(counts.get(it, 0) for it in ("issued", "declined"))
    numbered = settled + open_ones
    return f"{words.count(settled)} of {words.count(numbered)}" if numbered else "Not begun"


def _declined(counts: Json) -> str | None:
    return f"{words.count(counts['declined'])} declined" if counts.get("declined") else None


def _compared(run: Json) -> None:
    compared = run["comparison"]
    last = compared["last"]
    with st.container(border=True):
        st.markdown(f"**Beside {last['period'] if last else 'last month'}**")
        if last is None:
            st.caption("There is no run of last month to compare with.")
        tiles.grid(
            [
                {
                    "Contracts that are": label,
                    "Contracts": words.count(compared[kind]["contracts"]),
                    "They add": runs.dollars(compared[kind]["cents"], signed=True),
                }
                for kind, label in (*runs.KINDS.items(), ("same", "The same"))
            ],
            alt="New, gone and changed contracts",
        )


def _findings(findings: list[Json]) -> None:
    """What is not well first."""
    marks = {"block": "Blocks", "hold": "Holds", "note": "Note"}
    with st.container(border=True):
        st.markdown("**What the checks found**")
        for it in findings:
            # As a sentence too: on a phone a table shows its beginning alone.
            if not it["ok"]:
                st.text(f"{marks[it['severity']]}: {it['detail']}")
        tiles.grid(
            [
                {
                    "Result": "Good" if it["ok"] else marks[it["severity"]],
                    "Check": it["name"].replace("_", " ").capitalize(),
                    "Found": it["detail"],
                }
                for it in sorted(findings, key=lambda it: it["ok"])
            ],
            alt="Findings of the checks",
        )
        if not findings:
            st.caption("It is being checked. Reload the page in a few minutes.")


def _changes(viewer: Viewer, run: Json) -> None:
    month = run["period"]
    with st.container(border=True):
        st.markdown("**Contract by contract, the largest difference first**")
        left, right = st.columns(2)
        kind = left.selectbox(
            "Show", list(runs.KINDS), format_func=runs.KINDS.__getitem__, key="kind",
            bind="query-params",
        )  # fmt: skip
        wanted = right.text_input("Customer", placeholder="Id of a customer", key="customer")
        customer = _customer(wanted)
        if wanted and customer is None:
            st.error("This is no id of a customer.")
            return
        shown = (month, kind, customer)
        if st.session_state.get("shown") != shown:
            st.session_state["shown"], st.session_state[_PAGES] = shown, [None]
        before: list[str | None] = st.session_state[_PAGES]
        page = runs.changes(viewer.token, month, kind, customer, before[-1])
        if not page["items"]:
            st.caption("Nothing here.")
            return
        tiles.grid([_row(it) for it in page["items"]])
        _turn(page["next_after"], before)
        st.download_button(
            "Download CSV",
            lambda: runs.as_csv(viewer.token, month, kind, customer),
            f"billing-{month}-{kind}.csv",
            "text/csv",
            on_click="ignore",
            help=f"Up to {runs.MOST:,} rows, the largest first.",
        )


def _row(it: Json) -> dict[str, str]:
    difference = (it["this_cents"] or 0) - (it["last_cents"] or 0)
    return {
        "Difference": runs.dollars(difference, signed=True),
        "This month": runs.dollars(it["this_cents"]),
        "Last month": runs.dollars(it["last_cents"]),
        "Why": it["why"],
        "For": it["this_line"] or it["last_line"] or words.NOTHING,
        "Customer": it["customer_id"],
        "Contract": it["contract_id"],
    }


def _turn(after: str | None, before: list[str | None]) -> None:
    """Buttons to the pages around this one."""
    if after is None and len(before) == 1:
        return
    left, right = st.columns(2)
    if left.button("Larger ones", disabled=len(before) == 1, width="stretch"):
        before.pop()
        st.rerun()
    if right.button("Smaller ones", disabled=after is None, width="stretch"):
        before.append(after)
        st.rerun()


def _customer(text: str) -> str | None:
    try:
        return str(UUID(text.strip()))
    except ValueError:
        return None


def _history(events: list[Json], viewer: Viewer) -> None:
    with st.container(border=True):
        st.markdown("**What happened**")
        tiles.grid(
            [
                {
                    "When": words.moment_of(it["at"]),
                    "Act": runs.ACTS.get(it["act"], it["act"].capitalize()),
                    "By": runs.actor(it["actor"], viewer.person),
                    "Why": it["detail"],
                }
                for it in reversed(events)
            ],
        )


def _all_months(months: list[Json]) -> None:
    with st.expander("All months"):
        tiles.grid(
            [
                {
                    "Month": it["period"],
                    "State": runs.STATUS.get(it["status"], it["status"]),
                    "Invoices": words.count(it["invoices"]),
                    "Total": runs.dollars(it["total_cents"]),
                }
                for it in months
            ],
        )


main()
