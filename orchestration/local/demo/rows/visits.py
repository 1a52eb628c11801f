"""Rows of visits: assignments, live bookings, exclusions and the articles that helped."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from api.customer.tickets.rules import priority_for
from api.sysops.assignment.policy import Policy
from orchestration.assignment.policy import PRIORITY_LEVELS, weights_of
from orchestration.local.demo import outcomes
from orchestration.local.demo.chunk import ACCEPTED, ASSIGNMENT_STATUSES, PROPOSED, Chunk
from orchestration.local.demo.clocks import HOUR, WINDOW_LENGTH
from orchestration.local.demo.columns import (
    bigints,
    flags,
    floats,
    integers,
    moments,
    ranges,
    table,
    texts,
    uuids,
)
from orchestration.local.demo.copying import Batch
from orchestration.local.demo.draws import Ints, uuid7
from orchestration.local.demo.events import NONE, REASONS
from orchestration.local.demo.office import MANAGERS
from orchestration.local.demo.rows.runs import Runs
from orchestration.local.demo.rows.tickets import uses_part
from orchestration.local.demo.world import World

ARTICLE_SHARE: Final = 0.3
"""Resolutions to which an article is linked."""
_EXCLUDES: Final = tuple(one.excludes for one in outcomes.OUTCOMES)


def visit_rows(world: World, chunk: Chunk, runs: Runs) -> Iterator[Batch]:
    cost = _cost(world, chunk)
    yield Batch("sysops", "assignment", _assignments(world, chunk, runs, cost))
    yield Batch("sysops", "visit_part", _parts(world, chunk))
    yield Batch("sysops", "booking", _bookings(world, chunk))
    yield Batch("sysops", "exclusion", _exclusions(world, chunk))
    yield Batch("sysops", "article_link", _links(world, chunk))
    yield from runs.decisions(chunk, cost)


def _cost(world: World, chunk: Chunk) -> Ints:
    """By the balanced policy's weights for travel, lateness and waiting; 0 for a choice by hand."""
    tickets, visits = chunk.tickets, chunk.visits
    hours = np.array([plan.sla_hours for plan in world.setting.catalogue.plans])
    due = tickets.submitted + hours[tickets.plan] * HOUR
    late = np.maximum(visits.window + WINDOW_LENGTH - due[visits.ticket], 0) / HOUR
    waiting = np.maximum(visits.window - visits.proposed, 0) / HOUR
    weights = weights_of(Policy())
    priorities = [priority_for(plan.sla_hours) for plan in world.setting.catalogue.plans]
    level = np.array([PRIORITY_LEVELS.index(it) for it in priorities])[tickets.plan][visits.ticket]
    travel = np.rint(visits.travel_km * weights.per_km)
    rest = np.rint(late * weights.per_hour_late[level])
    rest += np.rint(waiting * weights.per_hour_waiting[level])
    return np.where(chunk.by_hand, 0, (travel + rest).astype(np.int64))


def _assignments(world: World, chunk: Chunk, runs: Runs, cost: Ints) -> Any:
    visits, now, status = chunk.visits, chunk.now, chunk.visit_status
    came, completed = outcomes.CAME[visits.outcome], outcomes.COMPLETED[visits.outcome]
    # Who was told "no", or called off, was decided at the end.
    final = ~chunk.is_live & ~completed
    decided = np.where(final, visits.ended, visits.decided)
    why = np.where(chunk.is_live, NONE, chunk.why)
    begun = came & (visits.started <= now)
    done = completed & ~chunk.is_live
    manager = world.office.id[MANAGERS[:1]]
    return table(
        id=uuids(chunk.visit_ids),
        ticket_id=uuids(chunk.tickets.id[visits.ticket]),
        expert_id=uuids(world.experts.id[visits.expert]),
        run_id=uuids(runs.ids(runs.of(visits.proposed)), chunk.by_hand),
        source=texts(("run", "manual"), chunk.by_hand.astype(np.int64)),
        assigned_by=uuids(np.tile(manager, (len(visits), 1)), ~chunk.by_hand),
        pinned=flags(chunk.by_hand & (chunk.tickets.number[visits.ticket] % 2 == 0)),
        during=ranges(visits.window, visits.window + WINDOW_LENGTH),
        status=texts(ASSIGNMENT_STATUSES, status),
        travel_km=floats(visits.travel_km),
        cost=bigints(cost),
        proposed_at=moments(visits.proposed),
        answer_by=moments(visits.answer_by),
        decided_at=moments(decided, status == PROPOSED),
        started_at=moments(visits.started, ~begun),
        completed_at=moments(visits.ended, ~done),
        outcome=texts(outcomes.CODES, visits.outcome, chunk.is_live),
        reason=texts(REASONS, why, why == NONE),
    )


def _parts(world: World, chunk: Chunk) -> Any:
    """Used at a resolution, or to be brought where one had to be ordered."""
    kinds = world.setting.catalogue.ticket_types
    kind = chunk.tickets.kind[chunk.visits.ticket]
    has_part = np.array([one.part is not None for one in kinds])
    bring = (chunk.why == REASONS.index(outcomes.PART_ORDERED)) & has_part[kind] & ~chunk.is_live
    used = uses_part(world, chunk)
    visit = np.flatnonzero(used | bring)
    return table(
        assignment_id=uuids(chunk.visit_ids[visit]),
        purpose=texts(("used", "bring"), bring[visit].astype(np.int64)),
        position=integers(np.ones(len(visit), dtype=np.int64)),
        name=texts([one.part and one.part.name for one in kinds], kind[visit]),
        part_number=texts([one.part and one.part.part_number for one in kinds], kind[visit]),
        quantity=integers(np.ones(len(visit), dtype=np.int64)),
    )


def _bookings(world: World, chunk: Chunk) -> Any:
    """Only of proposals and promises: history is in the assignments."""
    live = np.flatnonzero(chunk.visit_status <= ACCEPTED)
    window = chunk.visits.window[live]
    return table(
        expert_id=uuids(world.experts.id[chunk.visits.expert[live]]),
        during=ranges(window, window + WINDOW_LENGTH),
        assignment_id=uuids(chunk.visit_ids[live]),
    )


def _exclusions(world: World, chunk: Chunk) -> Any:
    visits = chunk.visits
    excluding = np.array([action is not None for action in _EXCLUDES])
    gone = np.flatnonzero(excluding[visits.outcome] & ~chunk.is_live)
    return table(
        ticket_id=uuids(chunk.tickets.id[visits.ticket[gone]]),
        expert_id=uuids(world.experts.id[visits.expert[gone]]),
        reason=texts(_EXCLUDES, visits.outcome[gone]),
        created_at=moments(visits.ended[gone]),
    )


def _links(world: World, chunk: Chunk) -> Any:
    """The article of the ticket's type, once a ticket."""
    random = world.setting.draws("links", chunk.number)
    visit = chunk.surveys.visit
    visit = visit[random.random(len(visit)) < ARTICLE_SHARE]
    ticket, first = np.unique(chunk.visits.ticket[visit], return_index=True)
    at = chunk.visits.ended[visit[first]]
    return table(
        id=uuids(uuid7(at, random)),
        ticket_id=uuids(chunk.tickets.id[ticket]),
        article_id=uuids(world.articles[chunk.tickets.kind[ticket]]),
        linked_at=moments(at),
    )
