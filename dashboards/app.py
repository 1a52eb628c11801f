"""What `streamlit run dashboards/app.py` serves: the pages, and signing in before them."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from dashboards.failures import say_what_failed
from dashboards.settings import settings
from dashboards.signing_in import ROUTES, Gate

# Read now, so that a missing variable stops the start and not the first reader.
settings()

app = st.App(
    Path(__file__).parent / "main.py",
    routes=ROUTES,
    middleware=[Middleware(Gate)],
    on_script_error=say_what_failed,
)
