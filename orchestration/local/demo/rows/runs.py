"""Rows of assignment runs and their decisions: the evidence that the history keeps."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from orchestration.local.demo.arrivals import last_run
from orchestration.local.demo.chunk import Chunk
from orchestration.local.demo.clocks import SECOND
from orchestration.local.demo.columns import (
    bigints,
    integers,
    joined,
    jsonb,
    moments,
    numerals,
    same,
    table,
    uuids,
)
from orchestration.local.demo.copying import Batch
from orchestration.local.demo.draws import Ids, Ints, uuid7
from orchestration.local.demo.life import FAR, RUN_EVERY, RUN_TAKES, run_after
from orchestration.local.demo.world import World

WINDOWS_AN_EXPERT: Final = 20
"""Arrival windows of an expert within the policy's five days."""
POLICY: Final = "balanced/1"


class Runs:
    """What each hourly assignment run did, gathered chunk by chunk. Run 0 is the last one."""

    def __init__(self, world: World) -> None:
        setting = world.setting
        self._world = world
        self._last = last_run(setting)
        runs = (self._last - setting.start) // RUN_EVERY + 2
        self._started = self._last - np.arange(runs) * RUN_EVERY
        self._ids = uuid7(self._started, setting.draws("runs"))
        self._decided = np.zeros((4, runs), dtype=np.int64)

    def of(self, proposed: Ints) -> Ints:
        """Which run made the proposals of these moments."""
        return np.asarray((self._last - (proposed - RUN_TAKES)) // RUN_EVERY)

    def ids(self, run: Ints) -> Ids:
        return self._ids[run]

    def decisions(self, chunk: Chunk, cost: Ints) -> Iterator[Batch]:
        """A decision for every proposal of a run, and for each time a ticket was left over."""
        visits, visit = chunk.visits, np.flatnonzero(~chunk.by_hand)
        run, edges = self.of(visits.proposed[visit]), visits.candidates[visit] * WINDOWS_AN_EXPERT
        self._count(run, edges=edges, assigned=1, cost=cost[visit])
        yield Batch("sysops", "assignment_decision", self._assigned(chunk, visit, run, cost[visit]))
        opening = np.flatnonzero(chunk.openings.escalated < FAR)
        first = chunk.openings.opened[opening]
        left = self.of(run_after(self._world.setting, first))
        happened = left >= 0
        opening, left = opening[happened], left[happened]
        nothing = np.zeros(len(left), dtype=np.int64)
        self._count(left, edges=nothing, assigned=0, cost=nothing)
        yield Batch("sysops", "assignment_decision", self._unserved(chunk, opening, left))

    def rows(self) -> Batch:
        """A row for each run that had tickets; the idle ones are not told."""
        tickets, edges, assigned, objective = self._decided
        busy = np.flatnonzero(tickets)[::-1]
        started = self._started[busy]
        windows = np.full(len(busy), len(self._world.experts) * WINDOWS_AN_EXPERT)
        data = table(
            id=uuids(self._ids[busy]),
            started_at=moments(started),
            finished_at=moments(started + RUN_TAKES + SECOND),
            as_of=moments(started),
            status=same("finished", len(busy)),
            policy=same(POLICY, len(busy)),
            tickets=integers(tickets[busy]),
            windows=integers(windows),
            edges=integers(edges[busy]),
            assigned=integers(assigned[busy]),
            objective=bigints(objective[busy]),
        )
        return Batch("sysops", "assignment_run", data)

    def _count(self, run: Ints, *, edges: Ints, assigned: int, cost: Ints) -> None:
        once = np.ones(len(run), dtype=np.int64)
        for row, values in enumerate((once, edges, assigned * once, cost)):
            np.add.at(self._decided[row], run, values)

    def _assigned(self, chunk: Chunk, visit: Ints, run: Ints, cost: Ints) -> Any:
        visits = chunk.visits
        candidates, ticket = visits.candidates[visit], visits.ticket[visit]
        tenths = (visits.travel_km[visit] * 10).astype(np.int64)
        reason = joined(
            "Best of ",
            numerals(candidates),
            " suitable expert(s) for all open tickets together, ",
            numerals(tenths // 10),
            ".",
            numerals(tenths % 10),
            " km.",
        )
        return table(
            run_id=uuids(self._ids[run]),
            ticket_id=uuids(chunk.tickets.id[ticket]),
            outcome=same("assigned", len(run)),
            expert_id=uuids(self._world.experts.id[visits.expert[visit]]),
            cost=bigints(cost),
            candidates=integers(candidates),
            removed=self._removed(chunk.tickets.kind[ticket], candidates),
            reason=reason,
        )

    def _unserved(self, chunk: Chunk, opening: Ints, run: Ints) -> Any:
        ticket = chunk.openings.ticket[opening]
        count = len(ticket)
        none = np.zeros(count, dtype=np.int64)
        return table(
            run_id=uuids(self._ids[run]),
            ticket_id=uuids(chunk.tickets.id[ticket]),
            outcome=same("unserved", count),
            candidates=integers(none),
            removed=self._removed(chunk.tickets.kind[ticket], none),
            reason=same("No expert can come: all suitable ones have no free window.", count),
        )

    def _removed(self, kind: Ints, candidates: Ints) -> Any:
        """How many experts each hard rule took out."""
        experts = self._world.experts
        needed = self._world.setting.catalogue.needed
        skilled = np.array([int((experts.levels >= row).all(axis=1).sum()) for row in needed])
        without = np.array(len(experts) - skilled)[kind]
        far = np.maximum(skilled[kind] - candidates, 0)
        documents = joined('{"skill": ', numerals(without), ', "radius": ', numerals(far), "}")
        return jsonb(documents, len(kind))
