"""Knowledge: what is searched, what is not found, what articles do, and which are missing."""

import streamlit as st

from dashboards import charts, data, figures, frame, intervals, library, tiles, view, words
from dashboards.asking import NotShown
from dashboards.figures import Figure
from dashboards.session import Viewer
from dashboards.view import View
from warehouse.read import Snapshot

TITLE = "Knowledge"
TITLED = 20  # Articles whose titles are asked for; a page would show a string that stands alone.
READERS = {"staff": "Staff", "customers": "Customers"}
USES = {
    "ended_online": "Ended online",
    "ended_call": "Ended a call",
    "resolved": "Helped to resolve",
}
RATES = {
    "in_vain": "Found nothing",
    "solved": "Solved online",
    "with_article": "Resolved with one",
}
FIGURES = [
    Figure("Searches", "searches", words.count, "searches"),
    Figure("Found nothing", "in_vain_share", words.share, "found-nothing", "down"),
    Figure("Solved online", "solved_share", words.share, "solved-by-an-article", "up"),
    Figure("Tickets ended", "tickets_ended", words.count, "tickets-that-articles-ended", "up"),
    Figure(
        "Resolved with one", "with_article_share", words.share, "resolved-with-an-article", "up"
    ),
]
WHOM = {"internal": "Staff", "customers": "Customers"}
STATUS = {"draft": "Draft", "in_review": "In review", "published": "Published"}


def main() -> None:
    snapshot = frame.open_snapshot(TITLE)
    viewer, _ = frame.viewer()
    chosen = view.choose(
        data.choices(snapshot),
        ("device",),
        today=snapshot.as_of.date(),
        periods=view.RECENT,
        usual="Last 13 weeks",
    )
    tiles.heading(TITLE, snapshot, chosen.words)
    if chosen.filters.device:
        st.caption(
            "The device narrows where an article is missing, and the articles. All other figures"
            " are of all devices: a search does not tell of one."
        )
    figures.show(snapshot, "knowledge-summary", chosen, FIGURES)
    left, right = st.columns(2)
    with left:
        _bars(snapshot, chosen, "searches", "asked_by", READERS, "No search in this period.")
    with right:
        _bars(snapshot, chosen, "uses", "kind", USES, "No article helped in this period.")
    for side, measure in zip(st.columns(len(RATES)), RATES, strict=True):
        with side:
            _rate(snapshot, chosen, measure)
    left, right = st.columns(2)
    with left:
        _gaps(snapshot, chosen)
    with right:
        _in_vain(snapshot, chosen, viewer)
    _articles(snapshot, chosen, viewer)


def _bars(
    snapshot: Snapshot, chosen: View, name: str, part: str, names: dict[str, str], empty: str
) -> None:
    answer = data.ask(snapshot, f"knowledge-{name}", chosen.filters)
    tiles.chart(
        answer,
        lambda rows: charts.bars_over_time(
            rows, time=chosen.timeline, value=name, title=name.capitalize(), part=part, names=names
        ),
        alt=f"{answer.report.title} in each {chosen.filters.grain}: {', '.join(names.values())}",
        empty=empty,
    )


def _rate(snapshot: Snapshot, chosen: View, measure: str) -> None:
    tiles.chart(
        data.ask(snapshot, "knowledge-rates", chosen.filters),
        lambda rows: intervals.over_time(
            rows, time=chosen.timeline, value="share", bounds=("low_share", "high_share"),
            cases="total", title="Share", form=charts.PERCENT, domain=(0, 1),
        ),
        title=RATES[measure],
        only=("measure", (measure,)),
        alt=f"{RATES[measure]}: share in each {chosen.filters.grain}, with its 95 % interval",
        empty="Nothing to count in this period.",
        height=220,
    )  # fmt: skip


def _gaps(snapshot: Snapshot, chosen: View) -> None:
    tiles.table(
        data.ask(snapshot, "knowledge-gaps", chosen.filters_with(limit=10_000)),
        empty="No ticket was submitted in this period, and no article is published.",
        labels={
            "for_customers": "For customers",
            "tickets_for_the_next": "Tickets for the next",
            "with_article_share": "Resolved with one",
        },
        note="Devices with many tickets for their articles come first.",
    )


def _in_vain(snapshot: Snapshot, chosen: View, viewer: Viewer) -> None:
    """Live: the words are not in the published data. As text, never read as formatting."""
    with st.container(border=True, height="stretch"):
        st.markdown("##### Looked for in vain")
        try:
            today = snapshot.as_of.date()
            found, days = library.in_vain(viewer.token, chosen.filters.since, today)
        except NotShown as why:
            st.caption(str(why))
            return
        if not found:
            st.caption(
                f"Nothing to show of the last {days} days: no search of staff found nothing, and"
                " words of customers are shown from the third time on."
            )
            return
        tiles.grid(
            [
                {
                    "Words": one["words"],
                    "Times": one["times"],
                    "Last": words.moment_of(one["last_at"]),
                }
                for one in found
            ],
            height=tiles.table_height(len(found)),
        )
        st.caption(
            f"Of the last {days} days, asked of the sysops API just now. Words are kept for 90"
            " days; what customers typed is told from the third time on."
        )


def _articles(snapshot: Snapshot, chosen: View, viewer: Viewer) -> None:
    answer = data.ask(snapshot, "knowledge-articles", chosen.filters_with(limit=1_000))
    first = [row["article_id"] for row in answer.table.records()][:TITLED]
    titles = library.titles(viewer.token, first)
    named = {row["article_id"]: words.NOTHING for row in answer.table.records()} | titles
    tiles.table(
        answer,
        empty="No article is published yet.",
        labels={
            "article": "About",
            "article_id": "Title",
            "ended_online": "Ended online",
            "ended_calls": "Ended calls",
            "resolved": "Helped to resolve",
            "helpful_votes": "Staff: helps",
            "unhelpful_votes": "Staff: does not",
            "audience": "For",
            "updated_at": "Changed",
        },
        values={"article_id": named, "audience": WHOM, "status": STATUS},
        hidden=[] if titles else ["article_id"],
        note=f"Titles are those of the first {TITLED}, asked of the sysops API just now."
        if titles
        else "Titles are in the sysops API, which does not show them now.",
    )


main()
