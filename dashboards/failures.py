"""What a reader sees when a page fails, instead of a trace."""

import logging

import streamlit as st

log = logging.getLogger(__name__)


def say_what_failed(error: Exception) -> bool:
    """Words for the reader, the trace for the log; Streamlit then shows nothing of its own."""
    log.error("page_failed", exc_info=error)
    st.error(
        "This page could not be made. Nothing is lost, the published numbers are as they were."
        " Reload it; if it fails again, its log says why (`squad logs`).",
        icon=":material/error:",
    )
    return True
