"""One chunk of tickets with all that happened to them until `now`."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from orchestration.local.demo import outcomes
from orchestration.local.demo.arrivals import Tickets, chunks
from orchestration.local.demo.draws import Flags, Ids, Ints, uuid7
from orchestration.local.demo.events import (
    ACTIONS,
    ACTORS,
    NONE,
    Events,
    chosen_by_hand,
    collect,
    reasons_of,
    status,
)
from orchestration.local.demo.life import Lives, Openings, Visits
from orchestration.local.demo.office import HELPDESK
from orchestration.local.demo.surveys import Surveys, ask
from orchestration.local.demo.world import World

ASSIGNMENT_STATUSES = ("proposed", "accepted", "rejected", "expired", "withdrawn", "completed")
PROPOSED, ACCEPTED = 0, 1


@dataclass(frozen=True)
class Chunk:
    """`number` tells chunks apart; `why` is each visit's reason in events.REASONS."""

    number: int
    tickets: Tickets
    visits: Visits
    openings: Openings
    surveys: Surveys
    events: Events
    why: Ints
    visit_ids: Ids
    now: int = field(repr=False)

    @cached_property
    def visit_status(self) -> Ints:
        """What each assignment is at `now`, in ASSIGNMENT_STATUSES."""
        visits = self.visits
        final = np.array([ASSIGNMENT_STATUSES.index(one.end.status) for one in outcomes.OUTCOMES])
        accepts = outcomes.ACCEPTED[visits.outcome] & (visits.decided <= self.now)
        live = np.where(accepts, ACCEPTED, PROPOSED)
        return np.where(visits.ended <= self.now, final[visits.outcome], live)

    @cached_property
    def is_live(self) -> Flags:
        """Whether each assignment still holds its expert's time."""
        return np.asarray(self.visit_status <= ACCEPTED)

    @cached_property
    def by_hand(self) -> Flags:
        """Whether a manager chose the expert of each assignment."""
        return chosen_by_hand(self.events, self.tickets, self.visits)

    @cached_property
    def actor(self) -> Ints:
        """Who acted in each event, in events.ACTORS."""
        events = self.events
        assigned = events.action == ACTIONS.index("assign")
        chosen = assigned & np.append(self.by_hand, False)[events.visit]
        return np.where(chosen, ACTORS.index("manager"), events.actor)

    @cached_property
    def status(self) -> Ints:
        """What each ticket is at `now`, in events.STATUSES."""
        return self.events.to[self.events.last]

    @cached_property
    def resolved_at(self) -> Ints:
        """When each ticket was resolved last, 0 where it never was or is open again."""
        events = self.events
        at = np.zeros(len(self.tickets), dtype=np.int64)
        resolved = events.to == status("resolved")
        # Events are in order of time, so the last one stays.
        at[events.ticket[resolved]] = events.at[resolved]
        still = np.isin(self.status, (status("resolved"), status("closed")))
        return np.where(still, at, 0)

    @cached_property
    def told_visit(self) -> Ints:
        """The visit whose expert and window the customer sees, NONE where there is none."""
        events = self.events
        visit = np.full(len(self.tickets), NONE)
        resolved = events.to == status("resolved")
        visit[events.ticket[resolved]] = events.visit[resolved]
        visit[self.resolved_at == 0] = NONE
        promised = self.visit_status == ACCEPTED
        visit[self.visits.ticket[promised]] = np.flatnonzero(promised)
        return visit

    def ended_by(self, outcome: str) -> Ints:
        """How many of each ticket's visits have ended in one way."""
        visits = self.visits
        ended = (visits.outcome == outcomes.code(outcome)) & ~self.is_live
        return np.bincount(visits.ticket[ended], minlength=len(self.tickets))

    @cached_property
    def version_of_resolution(self) -> Ints:
        """The ticket's version that each survey is about."""
        events = self.events
        version = np.zeros(len(self.visits), dtype=np.int64)
        resolved = events.to == status("resolved")
        version[events.visit[resolved]] = events.version[resolved]
        return version[self.surveys.visit]


def live_through(world: World) -> Iterator[Chunk]:
    """All chunks of the world, in order; the experts' diary fills up meanwhile."""
    setting = world.setting
    for number, tickets in enumerate(chunks(setting, world.customers, world.contracts)):
        random = setting.draws("lives", number)
        lives = Lives(setting, world.experts, tickets, world.diary, world.candidates, random)
        visits, openings = lives.live()
        surveys = ask(setting, world.experts, tickets, visits, random)
        why = reasons_of(visits, random)
        drawn = (tickets, visits, openings, surveys)
        yield Chunk(
            number=number,
            tickets=tickets,
            visits=visits,
            openings=openings,
            surveys=surveys,
            events=collect(setting, drawn, why, HELPDESK, random),
            why=why,
            visit_ids=uuid7(visits.proposed, random),
            now=setting.now,
        )
