"""What every page does first: know the reader, and open the published version or say why not."""

from datetime import datetime
from html import escape
from typing import NoReturn
from urllib.parse import quote, urlencode, urlsplit

import streamlit as st

from dashboards import data, words
from dashboards.links import runs_url
from dashboards.session import SESSIONS, NotAdmitted, Viewer, cookie_name
from dashboards.settings import settings
from dashboards.signing_in import SIGN_IN
from warehouse.read import NothingPublished, Snapshot

SESSION = "session"


def viewer() -> tuple[Viewer, datetime]:
    """The signed-in reader and when the session ends; without one, a way to sign in instead.

    The session is the cookie's of when this page was opened, and is looked up on every run.
    """
    key = settings().staff_public_key
    name = st.session_state.get(SESSION) or st.context.cookies.get(cookie_name(key), "")
    st.session_state[SESSION] = name
    try:
        return SESSIONS.viewer(name, key)
    except NotAdmitted as refused:
        _signed_out(str(refused))


def _signed_out(why: str) -> NoReturn:
    st.subheader("Signed out", anchor=False)
    st.write(why)
    address = urlsplit(st.context.url or "/").path or "/"
    query = urlencode(st.query_params.to_dict(), doseq=True)
    target = quote(f"{address}?{query}" if query else address, safe="")
    link("Sign in", f"{SIGN_IN}?next={target}")
    st.stop()


def link(label: str, address: str) -> None:
    """A link within this tab; Streamlit's own open another one."""
    st.html(f'<a class="within" href="{escape(address)}" target="_self">{escape(label)}</a>')


def open_snapshot(title: str) -> Snapshot:
    """The version shown now; ends the run with what makes the first one when there is none."""
    viewer()
    try:
        return data.newest()
    except NothingPublished as nothing:
        st.title(title, anchor=False)
        _nothing_published(nothing)


def _nothing_published(nothing: NothingPublished) -> NoReturn:
    st.info(
        "**Nothing has been published yet.** The first version is made by the scheduled job"
        " `warehouse`: it lands the sources, builds the marts, checks and publishes them. See it"
        f" run in [Dagster]({runs_url()}), and every part of the platform with `squad status`. This"
        " page shows numbers as soon as they are there; reload it then.",
        icon=":material/hourglass_empty:",
    )
    if nothing.held_back is not None:
        reasons = "\n".join(f"- {reason}" for reason in nothing.held_back.reasons)
        st.warning(
            f"**The last build was held back** ({words.moment(nothing.held_back.at)})\n{reasons}",
            icon=":material/front_hand:",
        )
    st.stop()
