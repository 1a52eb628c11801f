"""What became of a notification, from its attempts; and what a person's reply means. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Channel = Literal["sms", "email"]
Status = Literal["queued", "sent", "delivered", "failed", "overtaken"]
"""`sent`: the provider has it. `overtaken`: it was no longer so when it would have left."""
Outcome = Literal["asked", "deferred", "taken", "failed", "delivered"]
Step = Literal["send", "sent", "delivered", "failed", "nothing"]

STATUSES: tuple[Status, ...] = ("queued", "sent", "delivered", "failed", "overtaken")
# From what proves least to what proves most. A telephone that has the message proves more than a
# provider that gave up waiting for its receipt, so `delivered` stands against `failed`.
OUTCOMES: tuple[Outcome, ...] = ("asked", "deferred", "taken", "failed", "delivered")
# A provider's words (Twilio's), and what they are worth to us.
REPORTED: dict[str, Outcome] = {
    "accepted": "taken",
    "scheduled": "taken",
    "queued": "taken",
    "sending": "taken",
    "sent": "taken",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}


def merged(known: Outcome, told: Outcome) -> Outcome:
    """What is known after a report: the stronger of the two.

    So reports may come in any order, and as often as the provider likes.
    """
    return max(known, told, key=OUTCOMES.index)


@dataclass(frozen=True)
class Try:
    """One attempt; `round` counts the times that its notification was queued."""

    round: int
    outcome: Outcome


def next_step(status: Status, round_: int, tries: Collection[Try]) -> Step:
    """What is to be done with a notification that is looked at.

    Receipt by any attempt counts, also by one before this round. Otherwise the round decides:
    what a provider has is not sent again, even if another try of it failed.
    """
    if status in {"delivered", "overtaken"}:
        return "nothing"
    if any(it.outcome == "delivered" for it in tries):
        return "delivered"
    now = {it.outcome for it in tries if it.round == round_}
    if status == "queued":
        return "sent" if "taken" in now else "failed" if "failed" in now else "send"
    return "failed" if status == "sent" and "failed" in now and "taken" not in now else "nothing"


Word = Literal["stop", "start", "help", "other"]
# The words of the US carriers' programme (CTIA), and those that the FCC added in 2025
# (47 CFR 64.1200(a)(10)).
STOP_WORDS = frozenset(
    {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out"}
)
START_WORDS = frozenset({"start", "unstop", "yes"})
HELP_WORDS = frozenset({"help", "info"})
ANSWER_AGAIN_AFTER = timedelta(days=1)


def word_of(text: str) -> Word:
    """What a text message to us means. A word counts alone: "please cancel it" stops nothing."""
    said = " ".join(text.split()).strip(" .!?\"'").casefold()
    if said in STOP_WORDS:
        return "stop"
    if said in START_WORDS:
        return "start"
    return "help" if said in HELP_WORDS else "other"


def is_answered(word: Word, last_like_it: datetime | None, now: datetime) -> bool:
    """Whether a reply gets an answer: two machines must not talk to each other for ever.

    `last_like_it` is when the same number last sent the same word.
    """
    if word in {"stop", "start"}:
        return True
    return last_like_it is None or now - last_like_it >= ANSWER_AGAIN_AFTER
