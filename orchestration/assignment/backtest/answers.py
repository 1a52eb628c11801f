"""How experts answered before a day, and how they would answer in its replay. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import blake2b
from typing import NamedTuple

LOOKED_BACK_DAYS = 90
WORTH = 10
"""So many answers of the average expert are added to each expert's own: few say little."""


class Answer(NamedTuple):
    """What became of one proposal: accepted, rejected or expired."""

    expert: str
    at: datetime
    kind: str


@dataclass(frozen=True)
class Silences:
    """Proposals left unanswered since the last answer, and when the last of them was."""

    count: int
    last: datetime


@dataclass(frozen=True)
class Habits:
    """How likely each expert takes a proposal (from 0 to 1), and who was silent of late."""

    overall: float = 1.0
    accepts: Mapping[str, float] = field(default_factory=dict)
    silences: Mapping[str, Silences] = field(default_factory=dict)

    def chance(self, expert: str) -> float:
        return self.accepts.get(expert, self.overall)


def habits(answers: Iterable[Answer]) -> Habits:
    """From the answers before a day, in any order.

    An expert's share is drawn towards that of all, as if `WORTH` average answers had been given
    (the mean of a beta distribution with that prior). Without any answer everybody accepts.
    """
    own: defaultdict[str, list[Answer]] = defaultdict(list)
    for answer in sorted(answers, key=lambda it: (it.at, it.expert, it.kind)):
        own[answer.expert].append(answer)
    taken = {expert: sum(it.kind == "accepted" for it in said) for expert, said in own.items()}
    count = sum(map(len, own.values()))
    overall = sum(taken.values()) / count if count else 1.0
    accepts = {
        expert: (taken[expert] + WORTH * overall) / (len(said) + WORTH)
        for expert, said in own.items()
    }
    silent = {expert: _silences(said) for expert, said in own.items()}
    return Habits(overall, accepts, {it: found for it, found in silent.items() if found})


def _silences(said: list[Answer]) -> Silences | None:
    count = 0
    for answer in reversed(said):
        if answer.kind != "expired":
            break
        count += 1
    return Silences(count, said[-1].at) if count else None


def draw(seed: int, day: date, ticket: str, expert: str) -> float:
    """A number from 0 to below 1 that depends on these alone: whoever asks first, and by which
    policy, an expert says the same of a ticket (common random numbers)."""
    words = f"{seed}|{day.isoformat()}|{ticket}|{expert}".encode()
    return int.from_bytes(blake2b(words, digest_size=8).digest()) / 2**64
