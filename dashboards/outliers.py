"""The outliers of a billing run on its page: finance sees what each is for, and decides on it."""

from typing import Final
from uuid import uuid4

import streamlit as st

from dashboards import runs, tiles, words
from dashboards.asking import Json, NotShown
from dashboards.session import Viewer

MAY_DECIDE: Final = {"finance", "administrator"}
_LATER: Final = {
    "draft": "Released, to be issued",
    "declined": "Released, payment declined",
}
_DECIDED: Final = "outliers_decided"


def show(viewer: Viewer, month: str) -> None:
    """Nothing when the month has none."""
    page = runs.outliers(viewer.token, month)
    found: list[Json] = page["items"]
    if not found:
        return
    with st.container(border=True):
        st.markdown("**Outliers: amounts that the plan does not imply**")
        waiting = [it for it in found if it["status"] == "parked"]
        st.caption(_count(waiting, found, more=page["next_after"] is not None))
        tiles.grid(
            [_row(it) for it in sorted(found, key=lambda it: it["status"] != "parked")],
            alt="Outliers of the month",
        )
        if waiting and viewer.roles & MAY_DECIDE:
            _decide(viewer, month, waiting)
        _decided(viewer, found)


def _count(waiting: list[Json], found: list[Json], *, more: bool) -> str:
    first = (
        f" These are the first {len(found)}: decide on them, then the next show." if more else ""
    )
    if not waiting:
        return f"All are decided.{first}"
    total = runs.dollars(sum(it["total_cents"] for it in waiting)).replace("$", "\\$")
    many = "One waits" if len(waiting) == 1 else f"{len(waiting)} wait"
    return f"{many} for finance, {total} with tax. Nothing of it is billed until then.{first}"


def state(it: Json) -> str:
    """Where an outlier stands, in words."""
    if it["status"] == "parked":
        return "Waits for finance"
    if it["status"] == "void":
        return "Voided"
    return _LATER.get(it["status"], f"Released, {it['status'].replace('_', ' ')}")


def _row(it: Json) -> dict[str, str]:
    return {
        "State": state(it),
        "Total": runs.dollars(it["total_cents"]),
        "Why": it["reason"] or words.NOTHING,
        "For": ", ".join(line["description"] for line in it["lines"]),
        "Customer": it["customer_id"],
        "Contract": it["contract_id"],
    }


def _decide(viewer: Viewer, month: str, waiting: list[Json]) -> None:
    """One at a time: each is an amount of its own, with a reason of its own."""
    by_id = {it["id"]: it for it in waiting}
    chosen = st.selectbox(
        "Decide on", list(by_id), format_func=lambda it: _name(by_id[it]), key="outlier"
    )
    it = by_id[chosen]
    # Another one is chosen by itself when somebody else has decided on this one meanwhile.
    invoice_id, row_hash = runs.as_shown(f"shown-outlier-{month}", (it["id"], it["row_hash"]))
    _explain(it)
    key_name = f"key-{invoice_id}-{row_hash}"
    # One key a form shown: pressed twice, it is done once.
    key = st.session_state.setdefault(key_name, uuid4().hex)
    done: int = st.session_state.get(_DECIDED, 0)
    with st.form(f"outlier-{month}", border=False):
        reason = st.text_input(
            "Reason for this outlier",
            max_chars=500,
            help="Kept in the history of the account.",
            key=f"outlier_reason_{done}",
        )
        left, right = st.columns(2)
        released = left.form_submit_button(
            "Release: bill it as it is", type="primary", width="stretch"
        )
        voided = right.form_submit_button("Void: bill nothing", width="stretch")
    if not (released or voided):
        return
    if runs.lacks_reason(reason):
        return
    try:
        if released:
            runs.release(viewer.token, invoice_id, row_hash, reason, f"{key}-release")
        else:
            runs.void(viewer.token, invoice_id, reason, f"{key}-void")
    except NotShown as why:
        # Asked again it may be another answer, such as once its run is issued.
        st.session_state.pop(key_name)
        st.error(str(why), icon=":material/error:")
        return
    # A reason belongs to one decision: the field of the next begins empty.
    st.session_state[_DECIDED] = done + 1
    st.rerun()


def _explain(it: Json) -> None:
    # As a sentence too: on a phone a table shows its beginning alone.
    st.text(it["reason"])
    tiles.grid(
        [
            {"Line": line["description"], "Amount": runs.dollars(line["cents"])}
            for line in it["lines"]
        ],
        alt="Lines of the chosen outlier",
    )


def _name(it: Json) -> str:
    return f"{runs.dollars(it['total_cents'])} · contract {it['contract_id']}"


def _decided(viewer: Viewer, found: list[Json]) -> None:
    acts = [(act, it) for it in found for act in it["acts"]]
    if not acts:
        return
    st.markdown("**Who decided what**")
    tiles.grid(
        [
            {
                "When": words.moment_of(act["at"]),
                "Act": runs.DECISIONS.get(act["act"], act["act"]),
                "Amount": runs.dollars(act["amount_cents"]),
                "By": runs.actor(act["actor_id"], viewer.person),
                "Why": act["reason"],
                "Contract": it["contract_id"],
            }
            for act, it in sorted(acts, key=lambda both: both[0]["at"], reverse=True)
        ],
        alt="Decisions on outliers",
    )
