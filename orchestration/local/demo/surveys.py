"""What customers answer after a resolution, and when their tickets are closed."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from api.sysops.tickets.rules import CLOSE_AFTER
from orchestration.local.demo import outcomes
from orchestration.local.demo.arrivals import Tickets
from orchestration.local.demo.clocks import DAY, HOUR, SECOND
from orchestration.local.demo.draws import Draws, Flags, Floats, Ids, Ints, uuid7
from orchestration.local.demo.experts import Experts
from orchestration.local.demo.life import FAR, Visits
from orchestration.local.demo.setting import Setting

ANSWERED_SHARE: Final = 0.42
COMMENTED_SHARE: Final = 0.2
VALID: Final = int(CLOSE_AFTER.total_seconds()) * SECOND
"""How long a survey can be answered, and when an unanswered ticket is closed."""
TOLD_AFTER: Final = SECOND
"""From the answer in the customer's database to the closing in sysops."""


@dataclass(frozen=True)
class Surveys:
    """Parallel arrays, an entry a resolution until `now`; moments FAR for never.

    `visit` counts among the visits of the chunk. `comment` is -1 for none.
    """

    id: Ids
    visit: Ints
    sent: Ints
    answered: Ints
    closed: Ints
    score: Ints
    would_recommend: Ints
    comment: Ints

    def __len__(self) -> int:
        return len(self.visit)


def ask(
    setting: Setting, experts: Experts, tickets: Tickets, visits: Visits, random: Draws
) -> Surveys:
    """A survey for every resolution; its score follows from what the customer went through."""
    resolved = (visits.outcome == outcomes.RESOLVED) & (visits.ended <= setting.now)
    visit = np.flatnonzero(resolved)
    ended, reopened = visits.ended[visit], visits.reopened[visit]
    count = len(visit)
    delay = random.lognormal(np.log(9), 1.3, count) * HOUR
    answered = ended + np.clip(delay, 2 * 60 * SECOND, 13 * DAY).astype(np.int64)
    known = (random.random(count) < ANSWERED_SHARE) & (answered < reopened - HOUR)
    known &= answered + TOLD_AFTER <= setting.now
    answered = np.where(known, answered, FAR)
    closed = np.where(known, answered + TOLD_AFTER, ended + VALID)
    closed = np.where((closed < reopened) & (closed <= setting.now), closed, FAR)
    feeling = _feeling(setting, experts, tickets, visits, visit, random)
    score = np.clip(np.rint(feeling), 1, 5).astype(np.int64)
    recommend = np.clip(np.rint(2.3 * feeling - 1.5 + random.normal(0, 0.8, count)), 0, 10)
    words = random.random(count) < COMMENTED_SHARE
    return Surveys(
        id=uuid7(ended, random),
        visit=visit,
        sent=ended + 2 * SECOND,
        answered=answered,
        closed=closed,
        score=score,
        would_recommend=recommend.astype(np.int64),
        comment=np.where(words, _comments(setting, score, random), -1),
    )


def comment_pool(setting: Setting) -> list[str]:
    words = setting.words
    return [*words.good_comments, *words.fair_comments, *words.bad_comments]


def _feeling(
    setting: Setting,
    experts: Experts,
    tickets: Tickets,
    visits: Visits,
    visit: Ints,
    random: Draws,
) -> Floats:
    """On the scale of the score: good experts, one visit, in time and inside the window."""
    ticket = visits.ticket[visit]
    hours = np.array([plan.sla_hours for plan in setting.catalogue.plans])[tickets.plan[ticket]]
    missed: Flags = visits.ended[visit] > tickets.submitted[ticket] + hours * HOUR
    return np.asarray(
        4.45
        + 0.35 * experts.quality[visits.expert[visit]]
        - 1.1 * visits.late[visit]
        - 0.6 * visits.stage[visit]
        - 0.7 * missed
        + random.normal(0, 0.7, len(visit))
    )


def _comments(setting: Setting, score: Ints, random: Draws) -> Ints:
    words = setting.words
    sizes = np.array([len(words.good_comments), len(words.fair_comments), len(words.bad_comments)])
    tone = np.where(score >= 4, 0, np.where(score == 3, 1, 2))
    starts = np.cumsum(sizes) - sizes
    return np.asarray(starts[tone] + random.integers(0, sizes[tone]))
