"""Whom to call after a low score: names and words live from the APIs, with the reader's rights."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import streamlit as st

from dashboards import cases, frame, words
from dashboards.asking import Json, NotShown
from dashboards.session import Viewer

AT_ONCE = 10
_TOGETHER = 5
"""Tickets asked for at the same time."""
WROTE = "manager"
"""The role that may read what customers wrote."""


@dataclass(frozen=True)
class _Case:
    """A low score with what the APIs tell of it; `why` says what they did not tell."""

    row: dict[str, Any]
    ticket: Json | None
    survey: Json | None
    why: str | None


def show(viewer: Viewer, rows: list[dict[str, Any]]) -> None:
    """A card a low score; others than managers are told whom to ask, and nothing is asked."""
    st.subheader("What they wrote", anchor=False)
    if WROTE not in viewer.roles:
        st.caption("Names, numbers and the words of answers are shown to managers alone.")
        return
    shown = rows[: st.session_state.setdefault("cases", AT_ONCE)]
    with ThreadPoolExecutor(_TOGETHER) as pool:
        found = list(pool.map(lambda row: _ask(viewer.token, row), shown))
    refused = {case.why for case in found}
    if len(refused) == 1 and found[0].why is not None:
        st.caption(found[0].why)
        return
    for place, side in enumerate(st.columns(2)):
        with side:
            for case in found[place::2]:
                _card(case)
    if len(rows) > len(shown) and st.button(f"Show {AT_ONCE} more"):
        st.session_state["cases"] += AT_ONCE
        st.rerun()


def _ask(token: str, row: dict[str, Any]) -> _Case:
    ticket_id = UUID(row["ticket_id"])
    try:
        ticket = cases.ticket(token, ticket_id)["ticket"]
        surveys = cases.surveys(token, ticket_id)
    except NotShown as why:
        return _Case(row, None, None, str(why))
    survey = next((one for one in surveys if one["id"] == row["survey_id"]), None)
    return _Case(row, ticket, survey, None)


def _card(case: _Case) -> None:
    """Words of customers are shown as they are, never read as formatting."""
    row = case.row
    with st.container(border=True, gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            frame.link(f"Ticket {row['ticket_number']}", f"ticket?id={row['ticket_id']}")
            st.caption(
                f"Score {row['score']} of 5 · {words.moment(row['answered_at'])} · {row['type']}"
            )
        if case.ticket is None:
            st.caption(str(case.why))
            return
        st.text(f"{case.ticket['contact_name']}, {case.ticket['contact_phone']}")
        answers = _written(case.survey)
        for question, text in answers:
            st.caption(question)
            st.text(text)
        if not answers:
            st.caption("Nothing was written.")


def _written(survey: Json | None) -> list[tuple[str, str]]:
    return [
        (answer["question"], "\n".join(answer["answer"]))
        for answer in (survey or {"answers": []})["answers"]
        if answer["answer"] and answer["code"] not in {"score", "would_recommend"}
    ]
