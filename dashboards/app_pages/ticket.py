"""One ticket: what its customer answered, whom to call, and what happened. Mails lead here."""

from typing import Any
from uuid import UUID

import streamlit as st

from dashboards import cases, frame, tiles, words
from dashboards.asking import Json, NotShown

TITLE = "One ticket"
# What the status after it does not tell, or not well enough.
_DONE: dict[str | None, str] = {
    "open": "Received",
    "assign": "Proposed to an expert",
    "accept": "Expert accepted",
    "reject": "Expert rejected",
    "expire": "Expert did not answer",
    "withdraw": "Taken back from the expert",
    "reschedule": "Another time asked for",
    "set_out": "Expert on the way",
    "start": "Visit begun",
    "no_show": "Nobody at home",
    "miss": "Expert did not come",
    "follow_up": "Another visit needed",
    "complete": "Resolved",
    "reopen": "Reopened",
    "amend": "Corrected",
    "raise_priority": "Priority raised",
}


def main() -> None:
    viewer, _ = frame.viewer()
    wanted = _wanted()
    if wanted is None:
        st.title(TITLE, anchor=False)
        st.info(
            "This page shows the ticket that a link names. Mails about a low score, a customer to"
            " call and an expert who did not come have one."
        )
        return
    try:
        detail = cases.ticket(viewer.token, wanted)
    except NotShown as why:
        st.title(TITLE, anchor=False)
        st.warning(str(why), icon=":material/visibility_off:")
        return
    ticket = detail["ticket"]
    _heading(ticket)
    left, right = st.columns(2)
    with left, st.container(border=True, height="stretch"):
        st.markdown("**What the customer answered**")
        try:
            _answers(cases.surveys(viewer.token, wanted))
        except NotShown as why:
            st.caption(str(why))
    with right, st.container(border=True, height="stretch"):
        _call(ticket)
    with st.container(border=True):
        try:
            _why(cases.explanation(viewer.token, wanted))
        except NotShown as why:
            st.markdown("**Why this expert**")
            st.caption(str(why))
    with st.container(border=True):
        st.markdown("**What happened**")
        tiles.grid(_events(detail["events"]))
    with st.container(border=True):
        st.markdown("**Who was asked to come**")
        if detail["assignments"]:
            tiles.grid(_visits(detail["assignments"]))
        else:
            st.caption("Nobody yet.")


def _wanted() -> UUID | None:
    try:
        return UUID(st.query_params.get("id", ""))
    except ValueError:
        return None


def _heading(ticket: Json) -> None:
    with st.container(gap="xxsmall"):
        st.title(f"Ticket {ticket['number']}", anchor=False)
        facts = (
            _words(ticket["status"]),
            _words(ticket["ticket_type"]),
            f"{ticket['priority']} priority",
            f"submitted {words.moment_of(ticket['submitted_at'])}",
        )
        st.caption(" · ".join(facts))
    if "reopen" in ticket["allowed_actions"]:
        st.caption("It can be reopened within 14 days of its resolution.")


def _answers(surveys: list[Json]) -> None:
    """Words of customers are shown as they are, never read as formatting."""
    if not surveys:
        st.caption("There is no survey: it is sent when the ticket is resolved.")
    for survey in surveys:
        if survey["answered_at"] is None:
            st.caption(f"Asked {words.moment_of(survey['sent_at'])}, and not answered.")
            continue
        st.metric("Score", f"{survey['score']} of 5")
        st.caption(f"Answered {words.moment_of(survey['answered_at'])}")
        for answer in survey["answers"]:
            if answer["answer"] and answer["code"] != "score":
                st.caption(answer["question"])
                st.text("\n".join(answer["answer"]))


def _call(ticket: Json) -> None:
    address = ticket["address"]
    st.markdown("**The customer**")
    st.text(f"{ticket['contact_name']}\n{ticket['contact_phone']}")
    street = " ".join(filter(None, (address["line1"], address["line2"])))
    st.text(f"{street}\n{address['city']}, {address['state']} {address['zip']}")
    st.caption("What was wrong")
    st.text(ticket["description"])
    if ticket["resolution"]:
        st.caption("What the expert noted")
        st.text(ticket["resolution"])


def _why(told: Json) -> None:
    """What the last run decided, in its words; the other experts as a table below."""
    st.markdown(f"**{'Why this expert' if told['served'] else 'Why nobody comes yet'}**")
    _paragraph(told["why"])
    _paragraph(told["since"])
    if told["now"]:
        st.caption("What would help now")
        _paragraph(told["now"])
    if told["alternatives"]:
        st.caption("Who else could have come")
        _paragraph([it["words"] for it in told["alternatives"]])
        tiles.grid(
            _others(told["alternatives"]),
            column_config={"Way": st.column_config.NumberColumn("Way by road", format="%.1f km")},
        )
    if told["run"] is not None:
        run = told["run"]
        proof = {True: ", proven to be the best choice", False: ", not proven"}
        by = f"policy {run['policy']}{proof.get(run['proven'], '')}"
        st.caption(f"Assignment run of {words.moment_of(run['as_of'])}, {by}. Its id: {run['id']}")


def _paragraph(sentences: list[str]) -> None:
    """As text: a name is never read as formatting."""
    if sentences:
        st.text("\n".join(sentences))


def _others(alternatives: list[Json]) -> list[dict[str, Any]]:
    return [
        {
            "Expert": it["expert_name"],
            "Window": words.moment_of(it["window"]["start"]),
            "Way": it["travel_km"],
            "Went to": str(it["taken_by_number"] or words.NOTHING),
            "More in total": words.NOTHING if it["more"] is None else words.count(it["more"]),
        }
        for it in alternatives
    ]


def _events(events: list[Json]) -> list[dict[str, Any]]:
    return [
        {
            "When": words.moment_of(it["at"]),
            "What": _DONE.get(it["action"], _words(it["status"])),
            "Why": it["reason"] or "",
            "By": _words(it["actor"]),
            "Status": _words(it["status"]),
        }
        for it in events
    ]


def _visits(assignments: list[Json]) -> list[dict[str, Any]]:
    return [
        {
            "Window": words.moment_of(it["window"]["start"]),
            "Expert": it["expert_name"],
            "Outcome": _words(it["outcome"] or it["status"]),
            "Why": it["reason"] or "",
            "Phone": it["expert_phone"],
        }
        for it in assignments
    ]


def _words(code: str) -> str:
    return code.replace("_", " ").replace("-", " ").capitalize()


main()
