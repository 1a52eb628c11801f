"""The words that define each metric: written once, in docs/metrics.md, and shown beside tiles."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PAGE = "docs/metrics.md"
_FILE = Path(__file__).parents[2] / PAGE
_SECTION = re.compile(r"^### (?P<title>.+)\n(?P<words>(?:(?!#).*\n)*)", re.MULTILINE)


@dataclass(frozen=True)
class Definition:
    """`words` are Markdown; `anchor` is the heading's in docs/metrics.md."""

    anchor: str
    title: str
    words: str


@cache
def definitions() -> dict[str, Definition]:
    """All of them, by anchor."""
    sections = _SECTION.finditer(_FILE.read_text(encoding="utf-8"))
    found = (
        Definition(_anchor(one["title"]), one["title"].strip(), one["words"].strip())
        for one in sections
    )
    return {one.anchor: one for one in found}


def define(anchor: str) -> Definition:
    """The definition at an anchor; raises KeyError, as the catalogue names only those there are."""
    return definitions()[anchor]


def _anchor(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")
