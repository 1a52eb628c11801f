"""The frame around every page: who is looking, and the pages that this reader may see."""

from pathlib import Path

import streamlit as st

from dashboards import frame, words
from dashboards.signing_in import SIGN_OUT
from dashboards.theme import CSS
from warehouse.reports import TooMuch

ICON = Path(__file__).parent / "icon.svg"
LOGO = Path(__file__).parent / "logo.svg"
PAGES = Path(__file__).parent / "app_pages"
TITLES = {
    "overview": ("Overview", ":material/dashboard:"),
    "operations": ("Operations now", ":material/monitor_heart:"),
    "ticketing": ("Ticketing", ":material/confirmation_number:"),
    "experts": ("Experts", ":material/engineering:"),
    "satisfaction": ("Satisfaction", ":material/sentiment_satisfied:"),
    "knowledge": ("Knowledge", ":material/menu_book:"),
    "policies": ("Policies", ":material/balance:"),
    "finance": ("Finance", ":material/payments:"),
    "billing_runs": ("Billing runs", ":material/receipt_long:"),
    "trust": ("Trust", ":material/verified:"),
    "ticket": ("One ticket", ":material/support_agent:"),
}
# A link in a mail leads there; without it there is nothing to see.
HIDDEN = {"ticket"}

st.set_page_config("Sysops Squad", str(ICON), layout="wide")
viewer, ends_at = frame.viewer()
st.logo(str(LOGO), size="large")
st.html(CSS)
page = st.navigation(
    [
        st.Page(
            PAGES / f"{name}.py",
            title=title,
            icon=icon,
            url_path=name,
            visibility="hidden" if name in HIDDEN else "visible",
        )
        for name, (title, icon) in TITLES.items()
        if name in viewer.pages
    ]
)
try:
    page.run()
except TooMuch as too_much:
    st.warning(str(too_much), icon=":material/hourglass_disabled:")
with st.sidebar:
    st.divider()
    st.caption(f"Signed in until {words.moment(ends_at)}")
    frame.link("Sign out", SIGN_OUT)
