"""When a billing run may go on: pure decisions on its state and what the checks found."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from api.billing.amounts import amount_text

Severity = Literal["block", "hold", "note"]
AUTOMATIC = "automatic"
"""Who approved a run that was inside all tolerances."""

# What an act makes of a run; what is not listed is refused.
TRANSITIONS: dict[str, dict[str, str]] = {
    "draft": {"drafted": "drafted", "held": "drafted", "refused": "drafted"},
    "hold": {"drafted": "held"},
    "approve": {"drafted": "approved", "held": "approved"},
    "refuse": {"held": "refused"},
    "issue": {"approved": "issued"},
    "charge": {"issued": "charging"},
    "finish": {"issued": "finished", "charging": "finished"},
}

ISSUED = frozenset({"issued", "charging", "finished"})
"""What was approved of such a run has its numbers."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one check found.

    A failed `block` must be put right and drafted again; a failed `hold` waits for finance;
    a failed `note` is only shown.
    """

    name: str
    severity: Severity
    ok: bool
    detail: str
    figures: dict[str, Any] = {}


def after(act: str, status: str) -> str | None:
    """The status after an act, None where it is not allowed."""
    return TRANSITIONS[act].get(status)


def allowed(status: str) -> list[str]:
    """The acts that are possible in a status."""
    return sorted(act for act, moves in TRANSITIONS.items() if status in moves)


def blocking(findings: Sequence[Finding]) -> list[Finding]:
    """What nobody may approve."""
    return [it for it in findings if it.severity == "block" and not it.ok]


def holding(findings: Sequence[Finding], *, was_refused: bool) -> list[str]:
    """Why a run must wait for a person, empty when it may go on by itself.

    A run that finance refused once is finance's to approve, whatever the checks say now.
    """
    reasons = [it.detail for it in findings if it.severity != "note" and not it.ok]
    if was_refused:
        reasons.append("It was refused before.")
    return reasons


def approvals_needed(total_cents: int, limit_cents: int) -> int:
    """How many different people approve a run: two over the limit, one up to it."""
    return 2 if total_cents > limit_cents else 1


def over_limit(total_cents: int, limit_cents: int) -> str | None:
    """Why a run is not approved by itself, or by one person alone; None when it may be."""
    if approvals_needed(total_cents, limit_cents) == 1:
        return None
    total, limit = amount_text(total_cents), amount_text(limit_cents)
    return f"The total of {total} is over {limit}: two people have to approve it."


def outside(value: int, last: int, tolerance: float, floor: int) -> bool:
    """Whether a figure is too far from last month's.

    `tolerance` is a share of last month's figure; differences up to `floor` never matter, so
    that a small book of contracts is not held for one of them.
    """
    return abs(value - last) > max(last * tolerance, floor)
