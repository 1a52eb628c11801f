"""What measures are, as macros of SQL, and which of them a query needs."""

import hashlib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "reports"

SUMMARIES: Final = (
    *("ticket_days", "expert_days", "answer_days", "low_scores", "article_days"),
    *("money_days", "ledger_days", "revenue_months", "customer_months"),
)
"""Macros (`since`, `until`, `now`) whose rows publishing keeps in files, a month each by `day`."""

_MACRO = re.compile(r"^create or replace temp macro (\w+)\(.*?;$", re.DOTALL | re.MULTILINE)
_MART = re.compile(r"\b(?:dim|fct|rpt)_\w+")
_WORD = re.compile(r"\w+")
_CALL = re.compile(r"\b(\w+)\(")


@cache
def _macros() -> dict[str, str]:
    """Every macro's statement by name, each after those that it calls."""
    files = sorted(FOLDER.glob("macros/*.sql"))
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    return {found[1]: found[0] for found in _MACRO.finditer(text)}


def macros_for(sql: str, stored: Iterable[str] = ()) -> tuple[str, ...]:
    """The macros that a query calls, directly or through others, in their order.

    Summaries that are `stored` are read from their view instead of being counted.
    """
    known = _macros() | {name: _reading(name) for name in stored}
    needed, asked = set[str](), [sql]
    while asked:
        called = set(_CALL.findall(asked.pop())) & known.keys() - needed
        needed |= called
        asked.extend(known[name] for name in called)
    return tuple(statement for name, statement in known.items() if name in needed)


def marts_of(sql: str) -> tuple[str, ...]:
    """The marts that a query's numbers come from, those of its macros included."""
    return tuple(sorted(set(_MART.findall("".join((*macros_for(sql), sql))))))


def summaries_of(sql: str) -> tuple[str, ...]:
    """The summaries that a query asks, directly or through macros."""
    asked = set(_CALL.findall("".join((*macros_for(sql, SUMMARIES), sql))))
    return tuple(name for name in SUMMARIES if name in asked)


def columns_of(mart: str, sql: str, columns: Iterable[str]) -> tuple[str, ...]:
    """Of a mart's columns those that are named in the query or the macros that name the mart."""
    texts = [text for text in (*macros_for(sql), sql) if mart in _MART.findall(text)]
    words = set(_WORD.findall(" ".join(texts)))
    return tuple(column for column in columns if column in words)


def counting(summary: str) -> str:
    """The query that counts a summary from `$since` to `$until`, as of `$now`."""
    return f"FROM {summary}($since, $until, $now) ORDER BY ALL"


@cache
def definition(summary: str) -> str:
    """Another one when the SQL behind a summary has changed."""
    sql = counting(summary)
    return hashlib.sha256("".join((*macros_for(sql), sql)).encode()).hexdigest()[:16]


def view_of(summary: str) -> str:
    """The view that has a stored summary's rows."""
    return f"stored_{summary}"


def _reading(summary: str) -> str:
    return (
        f"create or replace temp macro {summary}(since, until, now) as table"
        f" from {view_of(summary)} where day between since and until;"
    )
