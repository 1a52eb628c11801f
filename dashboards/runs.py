"""Billing runs as the Billing API has them now: asked and decided with the reader's own token."""

from typing import Any, Final, TypeVar

import streamlit as st

from dashboards.asking import Json, act, ask
from dashboards.settings import settings
from warehouse import reports

T = TypeVar("T")
_MISSING: Final = "There is no billing run for this month."
PAGE: Final = 50
MOST: Final = 5_000
"""Rows of a CSV, the largest differences first."""
KINDS: Final = {"changed": "Changed", "new": "New", "gone": "Gone"}
STATUS: Final = {
    "drafted": "Being checked",
    "held": "Waits for finance",
    "approved": "Approved, being issued",
    "refused": "Refused",
    "issued": "Issued, to be charged",
    "charging": "Being charged",
    "finished": "Finished",
}
ACTS: Final = {
    "first_approved": "First approval",
    "voided": "Outlier voided",
    "released": "Outlier released",
}
DECISIONS: Final = {"release_outlier": "Released", "void_outlier": "Voided"}
_COLUMNS: Final = (
    "customer_id", "contract_id", "this_cents", "last_cents", "why", "this_line", "last_line",
)  # fmt: skip


def months(token: str) -> list[Json]:
    """The runs, the newest first."""
    found: list[Json] = _get(token, "/billing/runs")
    return found


def one(token: str, month: str) -> Json:
    """A run with findings, comparison, approval and history."""
    found: Json = _get(token, f"/billing/runs/{month}")
    return found


def changes(
    token: str, month: str, kind: str, customer: str | None, after: str | None, size: int = PAGE
) -> Json:
    """A page of what is new, gone or changed, the largest difference first."""
    asked = {"kind": kind, "limit": str(size), "customer_id": customer, "after": after}
    params = {name: it for name, it in asked.items() if it}
    found: Json = _get(token, f"/billing/runs/{month}/changes", params)
    return found


def as_csv(token: str, month: str, kind: str, customer: str | None) -> bytes:
    """The same as a file, up to `MOST` rows."""
    rows: list[Json] = []
    after: str | None = None
    while len(rows) < MOST:
        page = changes(token, month, kind, customer, after, size=100)
        rows += page["items"]
        after = page["next_after"]
        if after is None:
            break
    return reports.to_lines(_COLUMNS, ([it[name] for name in _COLUMNS] for it in rows)).encode()


def approve(token: str, month: str, rows_hash: str, reason: str, key: str) -> Json:
    """Approve exactly the rows that were shown; raises NotShown with the API's words."""
    body = {"rows_hash": rows_hash, "reason": reason}
    return _post(token, f"/billing/runs/{month}/approval", body, key)


def refuse(token: str, month: str, reason: str, key: str) -> Json:
    """Send the run back; raises NotShown with the API's words."""
    return _post(token, f"/billing/runs/{month}/refusal", {"reason": reason}, key)


def outliers(token: str, month: str) -> Json:
    """The first hundred amounts of a month that the plan does not imply, decided or not."""
    found: Json = _get(token, f"/billing/runs/{month}/outliers", {"limit": "100"})
    return found


def release(token: str, invoice_id: str, row_hash: str, reason: str, key: str) -> Json:
    """Have an outlier billed as it was shown; raises NotShown with the API's words."""
    body = {"row_hash": row_hash, "reason": reason}
    return _post(token, f"/billing/invoices/{invoice_id}/release", body, key)


def void(token: str, invoice_id: str, reason: str, key: str) -> Json:
    """Have nothing billed for an outlier; raises NotShown with the API's words."""
    return _post(token, f"/billing/invoices/{invoice_id}/void", {"reason": reason}, key)


def actor(name: str, reader: str) -> str:
    """Who acted, as the one who reads it understands it: people are known here by their ids."""
    return {"automatic": "The platform", reader: "You"}.get(name, name)


def lacks_reason(reason: str) -> bool:
    """Whether a decision has too short a reason for the API, which is said."""
    short = len(reason.strip()) < 3
    if short:
        st.error("Say why, in three letters or more.")
    return short


def as_shown(name: str, now: T) -> T:
    """What the page showed when its reader pressed a button; remembers what it shows now.

    The page asks the API anew before it acts, so what is known now need not be what was read.
    """
    shown: T = st.session_state.get(name, now)
    st.session_state[name] = now
    return shown


def dollars(cents: int | None, *, signed: bool = False) -> str:
    """An amount as people read it."""
    if cents is None:
        return "–"
    sign = "-" if cents < 0 else "+" if signed and cents else ""
    return f"{sign}${abs(cents) / 100:,.2f}"


def _get(token: str, path: str, params: dict[str, str] | None = None) -> Any:
    return ask(settings().billing_api_url, path, token, missing=_MISSING, params=params)


def _post(token: str, path: str, body: Json, key: str) -> Json:
    done: Json = act(settings().billing_api_url, path, token, body, key=key, missing=_MISSING)
    return done
