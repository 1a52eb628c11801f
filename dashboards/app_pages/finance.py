"""Finance: recurring revenue, invoiced, collected, owed, tax; tied to the ledger on the page."""

from typing import Any

import streamlit as st

from dashboards import charts, data, figures, frame, tiles, view, words
from dashboards.figures import Figure
from dashboards.view import View
from warehouse.read import Snapshot

TITLE = "Finance"
MOVEMENTS = {
    "new_cents": "New",
    "reactivation_cents": "Reactivation",
    "expansion_cents": "Expansion",
    "contraction_cents": "Contraction",
    "churn_cents": "Churn",
}
MONEY = {"invoiced_cents": "Invoiced", "collected_cents": "Collected"}
CHARGES = {"declined_cents": "Declined at first", "recovered_cents": "Recovered since"}
_CHARGED = "declined-and-recovered"
FIGURES = [
    Figure("MRR", "mrr_cents", words.money, "mrr", "up"),
    Figure("Net new MRR", "net_new_mrr_cents", words.money, "mrr-movements", compared=False),
    Figure("Paying customers", "customers", words.count, "arpu", "up"),
    Figure("Invoiced", "invoiced_cents", words.money, "invoiced", "up"),
    Figure("Collected", "collected_cents", words.money, "collected", "up"),
    Figure("Declined at first", "declined_share", words.share, _CHARGED, "down"),
    Figure("Recovered since", "recovered_share", words.share, _CHARGED, compared=False),
    Figure("Owed now", "outstanding_cents", words.money, "receivables", compared=False),
    Figure(
        "Owed over 30 days",
        "outstanding_over_30_days_cents",
        words.money,
        "receivables",
        compared=False,
    ),
    Figure("Tax", "tax_cents", words.money, "tax"),
]


def main() -> None:
    snapshot = frame.open_snapshot(TITLE)
    chosen = view.choose(
        data.choices(snapshot),
        ("region", "state", "plan"),
        today=snapshot.as_of.date(),
        periods=view.MONTHS,
        usual="Last 12 months",
    )
    tiles.heading(TITLE, snapshot, chosen.words)
    figures.show(snapshot, "finance-summary", chosen, FIGURES)
    _tie(snapshot, chosen)
    left, right = st.columns(2)
    with left:
        _revenue(snapshot, chosen)
    with right:
        _movements(snapshot, chosen)
    left, right = st.columns(2)
    with left:
        _billed(snapshot, chosen)
    with right:
        _charges(snapshot, chosen)
    left, right = st.columns(2)
    with left:
        _receivables(snapshot, chosen)
    with right:
        _tax(snapshot, chosen)
    _tables(snapshot, chosen)


def _tie(snapshot: Snapshot, chosen: View) -> None:
    """Says first whether the page can be believed."""
    rows = data.ask(snapshot, "finance-ledger", chosen.filters).table.records()
    wrong = [row for row in rows if row["difference_cents"]]
    if not wrong:
        st.success(
            "Every total on this page agrees with the ledger, to the cent.",
            icon=":material/verified:",
        )
        return
    lines = "\n".join(
        f"- {row['line']}: {row['difference_cents'] / 100:+,.2f} USD" for row in wrong
    )
    st.error(
        f"**This page and the ledger disagree.** Page minus ledger:\n{lines}",
        icon=":material/balance:",
    )


def _revenue(snapshot: Snapshot, chosen: View) -> None:
    def draw(rows: Any) -> Any:
        return charts.bars_over_time(
            rows.assign(is_complete=~rows["is_present_month"].astype(bool)),
            time=_months(chosen), field="month_start", value="closing_cents", title="MRR",
            form=charts.DOLLARS,
        )  # fmt: skip

    tiles.chart(
        data.ask(snapshot, "finance-mrr", chosen.filters),
        draw,
        alt="Monthly recurring revenue at the end of each month",
        empty="No contract ran in this period.",
    )


def _months(chosen: View) -> charts.Timeline:
    return charts.Timeline("month", chosen.filters.since, chosen.filters.until)


def _movements(snapshot: Snapshot, chosen: View) -> None:
    def draw(rows: Any) -> Any:
        long = rows.melt(
            id_vars=["month_start"],
            value_vars=list(MOVEMENTS),
            var_name="movement",
            value_name="cents",
        )
        return charts.bars_over_time(
            long, time=_months(chosen), field="month_start", value="cents", title="Change of MRR",
            part="movement", names=MOVEMENTS, form=charts.DOLLARS,
        )  # fmt: skip

    tiles.chart(
        data.ask(snapshot, "finance-mrr", chosen.filters),
        draw,
        title="Movements of MRR",
        alt="What MRR gained and lost in each month",
        empty="No contract ran in this period.",
    )


def _side_by_side(
    snapshot: Snapshot, chosen: View, name: str, parts: dict[str, str], alt: str
) -> None:
    def draw(rows: Any) -> Any:
        long = rows.melt(
            id_vars=["month_start"], value_vars=list(parts), var_name="what", value_name="cents"
        )
        return charts.bars_over_time(
            long, time=_months(chosen), field="month_start", value="cents", title="US dollars",
            part="what", names=parts, form=charts.DOLLARS, side_by_side=True,
        )  # fmt: skip

    tiles.chart(
        data.ask(snapshot, name, chosen.filters), draw, alt=alt, empty="Nothing in this period."
    )


def _billed(snapshot: Snapshot, chosen: View) -> None:
    _side_by_side(snapshot, chosen, "finance-billed", MONEY, "Invoiced and collected by month")


def _charges(snapshot: Snapshot, chosen: View) -> None:
    words_of_it = "First charges declined, and what later attempts recovered, by month"
    _side_by_side(snapshot, chosen, "finance-payments", CHARGES, words_of_it)


def _receivables(snapshot: Snapshot, chosen: View) -> None:
    tiles.chart(
        data.ask(snapshot, "finance-receivables", chosen.filters),
        lambda rows: charts.bars(
            rows,
            category="age",
            value="outstanding_cents",
            title="Owed",
            form=charts.DOLLARS,
        ),
        alt="What customers owe, by the age of the invoice",
        empty="Nobody owes anything.",
    )


def _tax(snapshot: Snapshot, chosen: View) -> None:
    tiles.table(
        data.ask(snapshot, "finance-tax", chosen.filters),
        empty="No invoice was issued in this period.",
        labels={
            "state_name": "State",
            "subtotal_cents": "Before tax",
            "effective_tax_share": "Effective rate",
        },
    )


def _tables(snapshot: Snapshot, chosen: View) -> None:
    tiles.table(
        data.ask(snapshot, "finance-ledger", chosen.filters),
        empty="The ledger is empty.",
        labels={
            "line": "Total",
            "page_cents": "This page",
            "ledger_cents": "Ledger",
            "difference_cents": "Difference",
        },
    )
    tiles.table(
        data.ask(snapshot, "finance-mrr", chosen.filters),
        empty="No contract ran in this period.",
        title="MRR from month to month",
        labels={
            "month_start": "Month",
            "unexplained_cents": "Unexplained",
            "customer_churn_share": "Customer churn",
            "revenue_churn_share": "Revenue churn",
            "arpu_cents": "ARPU",
        },
        hidden=["is_present_month"],
    )
    tiles.table(
        data.ask(snapshot, "finance-accounts", chosen.filters),
        empty="The ledger is empty.",
        labels={"debit_cents": "Debit", "credit_cents": "Credit", "balance_cents": "Balance now"},
        values={"account": words.ACCOUNT},
    )


main()
