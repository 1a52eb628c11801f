"""How many photos, to which tickets, and under what name they are shown. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import timedelta

from api.messages import TicketStatus

MOST_BYTES = 5_000_000
"""Of one upload."""
MOST_PER_TICKET = 6
MOST_UNUSED = 2 * MOST_PER_TICKET
"""Uploads of one customer that no ticket has yet: two tickets' worth."""
UNUSED_FOR = timedelta(days=1)
"""How long an upload waits for its ticket."""
LONGEST_NAME = 80
ENDINGS: Mapping[str, str] = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}

_OVER: frozenset[TicketStatus] = frozenset({"closed", "cancelled"})
_FOLDERS = re.compile(r".*[/\\]", re.DOTALL)
# What looks like a file's ending, so that it can be made to say what the file really is.
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,5}$")


def takes_photos(status: TicketStatus) -> bool:
    """Whether somebody may still come and look at them."""
    return status not in _OVER


def shown_name(given: str, media_type: str) -> str:
    """The name that is shown for a file: no folders, no control signs, and the ending of what
    the file really is. It is never used to store or find anything.

    Signs that write from right to left are left out too: they make `gnp.exe` of `exe.png`.
    """
    text = unicodedata.normalize("NFC", _FOLDERS.sub("", given))
    text = "".join(" " if sign.isspace() else sign for sign in text)
    text = "".join(sign for sign in text if unicodedata.category(sign)[0] != "C")
    text = _ENDING.sub("", " ".join(text.split()).strip(" ."))
    stem = re.sub(r'["<>:|?*%]', "_", text)[:LONGEST_NAME].strip(" .")
    return f"{stem or 'photo'}.{ENDINGS[media_type]}"
