"""A day replayed under one policy: choose, ask, book, and go on. Pure: same input, same output."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from api.sysops.assignment.backtest_rules import Figures
from api.sysops.assignment.policy import Policy
from orchestration.assignment.backtest.answers import draw
from orchestration.assignment.backtest.day import Day
from orchestration.assignment.problem import build
from orchestration.assignment.snapshot import SCHEMAS, Snapshot, snapshot_of
from orchestration.assignment.solve import solve

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Visit:
    """A visit that its expert has accepted; kilometres by road."""

    ticket: str
    expert: str
    start: datetime
    end: datetime
    travel_km: float


@dataclass
class Replayed:
    """What became of a day: visits by ticket, who refused which ticket, and who waited at all.

    `unproven` counts the moments at which the certificate did not hold.
    """

    served: dict[str, Visit] = field(default_factory=dict)
    refused: list[tuple[str, str]] = field(default_factory=list)
    waited: set[str] = field(default_factory=set)
    unproven: int = 0


def replay(day: Day, policy: Policy, seed: int) -> Replayed:
    """The day under a policy: at each of its moments what waits is solved, proposed and answered.

    Every expert says the same of a ticket whatever the policy; who refuses is out for it, and it
    waits for the next moment.
    """
    done = Replayed()
    for moment in day.moments:
        waiting = _waiting(day, moment, done.served)
        if waiting.is_empty():
            continue
        done.waited.update(waiting["id"])
        for visit in _chosen(_snapshot(day, policy, moment, waiting, done), policy, done):
            taken = draw(seed, day.day, visit.ticket, visit.expert)
            if taken < day.habits.chance(visit.expert):
                done.served[visit.ticket] = visit
            else:
                done.refused.append((visit.ticket, visit.expert))
    return done


def _waiting(day: Day, moment: datetime, served: Collection[str]) -> pl.DataFrame:
    here = pl.col("since") <= moment
    not_gone = pl.col("gone").is_null() | (pl.col("gone") > moment)
    return day.tickets.filter(here & not_gone & ~pl.col("id").is_in(list(served)))


def _snapshot(
    day: Day, policy: Policy, moment: datetime, waiting: pl.DataFrame, done: Replayed
) -> Snapshot:
    """What a run would read at a moment of the replay."""
    still = pl.col("released").is_null() | (pl.col("released") > moment)
    refused = pl.DataFrame(done.refused, schema=dict(SCHEMAS["excluded"]), orient="row")
    excluded = day.frames["excluded"].select(list(SCHEMAS["excluded"]))
    stood = day.visits.filter(still).select(list(SCHEMAS["visits"]))
    return snapshot_of(
        moment,
        dict(day.frames)
        | {
            "tickets": waiting,
            "experts": _experts(day, policy),
            "excluded": pl.concat([excluded, refused]),
            "visits": pl.concat([stood, _planned(day, done)], how="vertical_relaxed"),
        },
    )


def _experts(day: Day, policy: Policy) -> pl.DataFrame:
    """With the silences of then, as far as they count under the policy."""
    since = day.begins - timedelta(days=policy.silence_days)
    counts = {expert: it.count for expert, it in day.habits.silences.items() if it.last > since}
    ids = day.frames["experts"]["id"]
    silences = pl.Series("silences", [counts.get(it, 0) for it in ids], pl.Int32)
    return day.frames["experts"].with_columns(silences)


def _planned(day: Day, done: Replayed) -> pl.DataFrame:
    """The visits of the replay as a snapshot has them: where their tickets are."""
    rows = [(it.ticket, it.expert, it.start, it.end) for it in done.served.values()]
    moment = SCHEMAS["visits"]["since"]
    schema = {"id": pl.String, "expert": pl.String, "since": moment, "until": moment}
    planned = pl.DataFrame(rows, schema=schema, orient="row")
    places = day.tickets.select("id", "latitude", "longitude", "work_minutes")
    return planned.join(places, on="id").select(list(SCHEMAS["visits"]))


def _chosen(snapshot: Snapshot, policy: Policy, done: Replayed) -> Iterator[Visit]:
    """What the engine proposes at one moment, by ticket."""
    problem = build(snapshot, policy)
    solution = solve(problem)
    done.unproven += not solution.proven
    tickets = np.flatnonzero(solution.slot >= 0)
    slots = solution.slot[tickets].astype(np.int64)
    ways = problem.road_km_of(tickets, slots, problem.km_of(tickets, slots))
    found: list[tuple[Any, ...]] = [
        (problem.columns.ticket_ids[ticket], int(slot), float(km))
        for ticket, slot, km in zip(tickets, slots, ways, strict=True)
    ]
    for ticket, slot, km in sorted(found):
        expert = problem.columns.expert_ids[slot // problem.windows]
        yield Visit(ticket, expert, problem.start(slot), problem.end(slot), km)


def figures(day: Day, done: Replayed) -> Figures:
    """What a replay is compared by, at the end of the day."""
    due = dict(day.tickets.select("id", "due").iter_rows())
    gone = set(day.tickets.drop_nulls("gone")["id"])
    unserved = [it for it in done.waited if it not in done.served and it not in gone]
    late = [max(it.end - due[it.ticket], timedelta()) for it in done.served.values()]
    overdue = [max(day.ends - due[it], timedelta()) for it in unserved]
    on_time = sum(not it for it in late)
    return Figures(
        tickets=len(done.waited),
        served=len(done.served),
        sla_met=on_time,
        late=len(late) - on_time + sum(map(bool, overdue)),
        late_hours=round(sum((*late, *overdue), timedelta()) / HOUR, 3),
        travel_km=round(sum(it.travel_km for it in done.served.values()), 3),
        unfairness=round(gini(_loads(day, done)), 6),
        reassignments=len(done.refused),
    )


def _loads(day: Day, done: Replayed) -> list[int]:
    """How many visits each expert has: those that stood and came, and those of the replay."""
    stood = day.visits.filter(pl.col("released").is_null())["expert"]
    counts = Counter([*stood, *(it.expert for it in done.served.values())])
    return [counts[it] for it in day.frames["experts"]["id"]]


def gini(loads: Collection[int]) -> float:
    """The Gini coefficient: 0 when all have the same, towards 1 when one has everything.

    Half the mean absolute difference over the mean, by the formula over sorted values
    (Sen 1973, On Economic Inequality).
    """
    total, count = sum(loads), len(loads)
    if not total:
        return 0.0
    ranked = sum((2 * place - count - 1) * it for place, it in enumerate(sorted(loads), start=1))
    return ranked / (count * total)
