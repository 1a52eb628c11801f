"""What can become of a proposed visit: one table, after `api.sysops.tickets.rules`."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from api.sysops.tickets.rules import ENDS_ASSIGNMENT, EXCLUDES_EXPERT, Action, End
from orchestration.local.demo.draws import Floats


@dataclass(frozen=True)
class Outcome:
    """How a visit ends, by `action`. `accepted` and `came`: whether it got as far as that.

    `to` is the ticket's status afterwards. `chance` is of an expert of mean quality, and falls
    with quality by e to the power of `skill`.
    """

    name: str
    action: Action
    accepted: bool
    came: bool
    to: Literal["open", "resolved", "cancelled"]
    actor: Literal["customer", "expert", "manager", "system"]
    chance: float
    skill: float
    reasons: tuple[str | None, ...]
    other_expert: bool = False
    """The next visit must be another's, so it happens only where there is another."""
    last_too: bool = False
    """May happen in a ticket's last visit."""

    @property
    def end(self) -> End:
        """What the live rules make of the assignment."""
        return ENDS_ASSIGNMENT[self.action]

    @property
    def excludes(self) -> Action | None:
        """The action for which the expert is not proposed for this ticket again."""
        return self.action if self.action in EXCLUDES_EXPERT else None


PART_ORDERED: Final = "A part has to be ordered."
OUTCOMES: Final = (
    Outcome(
        "resolved", "complete", accepted=True, came=True, to="resolved", actor="expert",
        chance=0.0, skill=0.0, reasons=(None,), last_too=True,
    ),
    Outcome(
        "follow_up", "follow_up", accepted=True, came=True, to="open", actor="expert",
        chance=0.055, skill=0.5,
        reasons=(PART_ORDERED, "The repair needs a second visit."),
    ),
    Outcome(
        "no_show", "no_show", accepted=True, came=True, to="open", actor="expert",
        chance=0.02, skill=0.0, reasons=("Nobody was at home.",),
    ),
    Outcome(
        "rejected", "reject", accepted=False, came=False, to="open", actor="expert",
        chance=0.05, skill=0.4,
        reasons=("Too far from my other visits.", "I cannot come at that time.", "Not my field."),
        other_expert=True,
    ),
    Outcome(
        "expired", "expire", accepted=False, came=False, to="open", actor="system",
        chance=0.02, skill=0.6, reasons=("The expert did not answer in time.",),
        other_expert=True,
    ),
    Outcome(
        "rescheduled", "reschedule", accepted=True, came=False, to="open", actor="customer",
        chance=0.03, skill=0.0, reasons=("I am not at home at that time.", "Another day, please."),
    ),
    Outcome(
        "withdrawn", "withdraw", accepted=True, came=False, to="open", actor="manager",
        chance=0.006, skill=0.0, reasons=("The expert has fallen ill.",), other_expert=True,
    ),
    Outcome(
        "missed", "miss", accepted=True, came=False, to="open", actor="system",
        chance=0.004, skill=0.8, reasons=("The expert did not begin the visit.",),
        other_expert=True,
    ),
    Outcome(
        "called_off", "cancel", accepted=False, came=False, to="cancelled",
        actor="customer", chance=0.006, skill=0.0,
        reasons=("It works again.", "A friend has helped."), last_too=True,
    ),
    Outcome(
        "cancelled", "cancel", accepted=True, came=False, to="cancelled",
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
CODES: Final = tuple(one.end.outcome for one in OUTCOMES)
COMPLETED: Final = np.array([one.end.status == "completed" for one in OUTCOMES])


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
