"""What can become of a proposed visit: one table, after `api.sysops.tickets.rules`."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from orchestration.local.demo.draws import Floats


@dataclass(frozen=True)
class Outcome:
    """How a visit ends. `accepted` and `came`: whether it got as far as that.

    `to` is the ticket's status afterwards, `status` the assignment's. `excludes` names the
    action for which the expert is not proposed for this ticket again. `chance` is of an expert
    of mean quality, and falls with quality by e to the power of `skill`.
    """

    name: str
    accepted: bool
    came: bool
    to: Literal["open", "resolved", "cancelled"]
    status: Literal["rejected", "expired", "withdrawn", "completed"]
    actor: Literal["customer", "expert", "manager", "system"]
    chance: float
    skill: float
    reasons: tuple[str | None, ...]
    excludes: Literal["reject", "expire"] | None = None
    other_expert: bool = False
    """The next visit must be another's, so it happens only where there is another."""
    last_too: bool = False
    """May happen in a ticket's last visit."""


OUTCOMES: Final = (
    Outcome(
        "resolved", accepted=True, came=True, to="resolved", status="completed", actor="expert",
        chance=0.0, skill=0.0, reasons=(None,), last_too=True,
    ),
    Outcome(
        "follow_up", accepted=True, came=True, to="open", status="completed", actor="expert",
        chance=0.055, skill=0.5,
        reasons=("A part has to be ordered.", "The repair needs a second visit."),
    ),
    Outcome(
        "no_show", accepted=True, came=True, to="open", status="completed", actor="expert",
        chance=0.02, skill=0.0, reasons=("Nobody was at home.",),
    ),
    Outcome(
        "rejected", accepted=False, came=False, to="open", status="rejected", actor="expert",
        chance=0.05, skill=0.4,
        reasons=("Too far from my other visits.", "I cannot come at that time.", "Not my field."),
        excludes="reject", other_expert=True,
    ),
    Outcome(
        "expired", accepted=False, came=False, to="open", status="expired", actor="system",
        chance=0.02, skill=0.6, reasons=("The expert did not answer in time.",),
        excludes="expire", other_expert=True,
    ),
    Outcome(
        "rescheduled", accepted=True, came=False, to="open", status="withdrawn", actor="customer",
        chance=0.03, skill=0.0, reasons=("I am not at home at that time.", "Another day, please."),
    ),
    Outcome(
        "withdrawn", accepted=True, came=False, to="open", status="withdrawn", actor="manager",
        chance=0.006, skill=0.0, reasons=("The expert has fallen ill.",), other_expert=True,
    ),
    Outcome(
        "called_off", accepted=False, came=False, to="cancelled", status="withdrawn",
        actor="customer", chance=0.006, skill=0.0,
        reasons=("It works again.", "A friend has helped."), last_too=True,
    ),
    Outcome(
        "cancelled", accepted=True, came=False, to="cancelled", status="withdrawn",
        actor="customer", chance=0.012, skill=0.0,
        reasons=("It works again.", "I bought a new one."), last_too=True,
    ),
)  # fmt: skip

RESOLVED: Final = 0
NAMES: Final = [one.name for one in OUTCOMES]
ACCEPTED: Final = np.array([one.accepted for one in OUTCOMES])
CAME: Final = np.array([one.came for one in OUTCOMES])
REOPENS: Final = np.array([one.to == "open" for one in OUTCOMES])
OTHER_EXPERT: Final = np.array([one.other_expert for one in OUTCOMES])
COMPLETED: Final = np.array([one.status == "completed" for one in OUTCOMES])


def code(name: str) -> int:
    return NAMES.index(name)


def chances(quality: Floats, *, last: bool) -> Floats:
    """The probability of each outcome, a row an expert; resolved is the rest."""
    rows = np.stack(
        [
            one.chance * np.exp(-one.skill * quality) * (one.last_too or not last)
            for one in OUTCOMES
        ],
        axis=1,
    )
    rows[:, RESOLVED] = np.maximum(1 - rows[:, 1:].sum(axis=1), 0)
    return rows
