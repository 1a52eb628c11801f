"""What `streamlit run dashboards/app.py` serves: the pages, and signing in before them."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from dashboards import provider_sign_in, signing_in
from dashboards.failures import say_what_failed
from dashboards.settings import settings
from dashboards.signing_in import Gate

# Read now, so that a missing variable stops the start and not the first reader.
settings()

app = st.App(
    Path(__file__).parent / "main.py",
    routes=[*signing_in.ROUTES, *provider_sign_in.ROUTES],
    middleware=[Middleware(Gate)],
    on_script_error=say_what_failed,
)
