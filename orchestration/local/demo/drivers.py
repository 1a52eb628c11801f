"""What customers choose in surveys beside the score: it follows from what they went through."""

from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np

from orchestration.local.demo.chunk import Chunk
from orchestration.local.demo.draws import Ints
from orchestration.local.demo.life import FAR
from orchestration.local.demo.world import World

REPAIR: Final = "repair"
SET_UP: Final = "set-up"
NOTHING: Final = -1

Answers = dict[str, list[str]]
_STOOD_OUT: Final = (("on_time", "late"), ("clear", "unclear"), ("one_visit", "several_visits"))
_EXPLAINED: Final = ("yes", "partly", "no")


def _combinations() -> list[Answers]:
    sides = [(None, *pair) for pair in _STOOD_OUT]
    stood_out = [[code for code in chosen if code] for chosen in product(*sides)]
    return [
        *({"stood_out": chosen} for chosen in stood_out),
        *({"explained": [code]} for code in _EXPLAINED),
    ]


POOL: Final = _combinations()
"""Everything that is answered to a template's own questions; the first one is nothing."""
_EXPLANATIONS: Final = len(POOL) - len(_EXPLAINED)


@dataclass(frozen=True)
class Chosen:
    """One row a choice: whose survey it is, and what; parallel."""

    survey: Ints
    question: list[str]
    choice: list[str]


def choose(world: World, chunk: Chunk) -> Ints:
    """For each survey its place in POOL, or NOTHING: unanswered, or nothing else was asked."""
    surveys, visits = chunk.surveys, chunk.visits
    random = world.setting.draws("survey choices", chunk.number)
    count = len(surveys)
    late, again = visits.late[surveys.visit], visits.stage[surveys.visit] > 0
    score = surveys.score
    clear = np.where(score >= 4, 1, np.where(score <= 2, 2, 0))
    sides = (np.where(late, 2, 1), clear, np.where(again, 2, 1))
    said = [np.where(random.random(count) < 0.5, side, 0) for side in sides]
    repaired = said[0] * 9 + said[1] * 3 + said[2]
    explained = np.where(score >= 4, 0, np.where(score == 3, 1, 2))
    explained = np.where(random.random(count) < 0.8, explained + _EXPLANATIONS, NOTHING)
    kinds = world.setting.catalogue.ticket_types
    kind = chunk.tickets.kind[visits.ticket[surveys.visit]]
    asked = np.array([one.survey or "" for one in kinds])[kind]
    place = np.where(asked == REPAIR, np.where(repaired > 0, repaired, NOTHING), NOTHING)
    place = np.where(asked == SET_UP, explained, place)
    return np.asarray(np.where(surveys.answered < FAR, place, NOTHING))


def spread(place: Ints) -> Chosen:
    """One row a choice."""
    pairs = [
        [(question, code) for question, codes in answers.items() for code in codes]
        for answers in POOL
    ]
    survey, question, choice = [], [], []
    for index in np.flatnonzero(place != NOTHING).tolist():
        for asked, code in pairs[place[index]]:
            survey.append(index)
            question.append(asked)
            choice.append(code)
    return Chosen(np.array(survey, dtype=np.int64), question, choice)
