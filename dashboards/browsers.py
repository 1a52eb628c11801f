"""What the pages of Streamlit may do in a browser: load from here alone, and be in no frame."""

import hashlib
import re
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Final

import streamlit

_INLINE_SCRIPT: Final = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
HEADERS: Final = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
HTTPS_ALONE: Final = "max-age=31536000; includeSubDomains"


@cache
def policy() -> str:
    """The content security policy of Streamlit's page.

    Its own inline script is let in by its hash. Charts are interpreted, not compiled, so nothing
    needs `unsafe-eval`; Emotion writes styles into the page (`unsafe-inline`).
    """
    index = (Path(streamlit.__file__).parent / "static" / "index.html").read_bytes()
    hashes = " ".join(
        f"'sha256-{b64encode(hashlib.sha256(script).digest()).decode()}'"
        for script in _INLINE_SCRIPT.findall(index)
    )
    return (
        f"default-src 'self'; script-src 'self' {hashes}; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
