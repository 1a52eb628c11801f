"""Finance's decision on a billing run that waits, on its page: on exactly the rows it shows."""

from uuid import uuid4

import streamlit as st

from dashboards import runs
from dashboards.asking import Json, NotShown
from dashboards.session import Viewer


def show(viewer: Viewer, run: Json) -> None:
    """Nothing unless the run waits; who may not decide is told that it does."""
    if run["status"] != "held":
        return
    if "finance" not in viewer.roles:
        st.info("This run waits for finance to decide.", icon=":material/front_hand:")
        return
    blocking = [
        it["detail"] for it in run["findings"] if it["severity"] == "block" and not it["ok"]
    ]
    if blocking:
        st.error(
            f"**Nobody can approve this run.** {' '.join(blocking)} Put it right, or refuse the"
            " run: the month is then drafted again.",
            icon=":material/block:",
        )
    rows_hash = runs.as_shown(f"rows-{run['period']}", run["rows_hash"])
    # One key a form shown: pressed twice, it is done once.
    key = st.session_state.setdefault(f"key-{run['period']}-{run['updated_at']}", uuid4().hex)
    with st.form("decision", border=True):
        st.markdown("**Your decision on exactly these rows**")
        reason = st.text_input("Reason", max_chars=500, help="Kept in the history of the run.")
        left, right = st.columns(2)
        approved = left.form_submit_button(
            "Approve", type="primary", disabled=bool(blocking), width="stretch"
        )
        refused = right.form_submit_button("Refuse", width="stretch")
    if not (approved or refused):
        return
    if runs.lacks_reason(reason):
        return
    try:
        if approved:
            runs.approve(viewer.token, run["period"], rows_hash, reason, f"{key}-yes")
        else:
            runs.refuse(viewer.token, run["period"], reason, f"{key}-no")
    except NotShown as why:
        st.error(str(why), icon=":material/error:")
        return
    st.rerun()
