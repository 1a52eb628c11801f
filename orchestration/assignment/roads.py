"""Distances by road from a road-network service, where there is one; otherwise by a factor.

The port is small: a service is asked once a run, for the pairs of tickets and experts that are
considered, and its answers are part of the run's input. So a run is solved again without the
service, and one that the service did not answer goes by the factor alone.

`OsrmRoads` speaks to OSRM's table service (https://project-osrm.org/docs/, "Table service").
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import httpx
import msgspec
import polars as pl
import structlog

from api.sysops.assignment.policy import Policy
from orchestration.assignment.problem import build
from orchestration.assignment.snapshot import SCHEMAS, Snapshot

log = structlog.get_logger()

A_REQUEST = 99
"""Tickets in one question: with the expert 100 places, OSRM's own limit."""
SECONDS = 10

Place = tuple[float, float]
"""Latitude and longitude in degrees."""


class Roads(Protocol):
    """A road-network service."""

    def kilometres(self, home: Place, tickets: Sequence[Place]) -> list[float | None]:
        """By road from an expert's home to each ticket; None where there is no road.

        Raises httpx.HTTPError or ValueError when there is no answer.
        """
        ...


class _Table(msgspec.Struct):
    """What of OSRM's answer is read: metres from the first place to each."""

    code: str
    distances: list[list[float | None]]


class OsrmRoads:
    """OSRM's table service at `url`, for example http://roads.example:5000."""

    def __init__(self, url: str, profile: str = "driving") -> None:
        self._url, self._profile = url.rstrip("/"), profile
        self._client = httpx.Client(timeout=SECONDS)

    def kilometres(self, home: Place, tickets: Sequence[Place]) -> list[float | None]:
        places = ";".join(f"{lon:.6f},{lat:.6f}" for lat, lon in [home, *tickets])
        answer = self._client.get(
            f"{self._url}/table/v1/{self._profile}/{places}",
            params={"sources": "0", "annotations": "distance"},
        )
        answer.raise_for_status()
        found = msgspec.json.decode(answer.content, type=_Table)
        if found.code != "Ok" or [len(row) for row in found.distances] != [len(tickets) + 1]:
            raise ValueError(f"The road service answers {found.code}, and not a row of distances.")
        return [None if metres is None else metres / 1000 for metres in found.distances[0][1:]]


def with_roads(snapshot: Snapshot, policy: Policy, roads: Roads) -> Snapshot:
    """The snapshot with the distances of the pairs that a run will consider."""
    problem = build(snapshot, policy)
    tickets, experts = problem.columns.ticket_ids, problem.columns.expert_ids
    pairs = pl.DataFrame(
        {
            "ticket": [tickets[it] for it in problem.pairs.ticket],
            "expert": [experts[it] for it in problem.pairs.expert],
        },
        schema={"ticket": pl.String, "expert": pl.String},
    )
    at = ("id", "latitude", "longitude")
    homes = snapshot.experts.select(at).rename(
        {"latitude": "expert_latitude", "longitude": "expert_longitude"}
    )
    placed = pairs.join(snapshot.tickets.select(at), left_on="ticket", right_on="id").join(
        homes, left_on="expert", right_on="id"
    )
    return replace(snapshot, roads=asked(roads, placed.sort("expert", "ticket")))


def asked(roads: Roads, pairs: pl.DataFrame) -> pl.DataFrame:
    """The answers for pairs of `ticket`, `expert` and both places, as the snapshot keeps them.

    After the first question without an answer no other is asked: the factor serves until the next
    run, and the log says so.
    """
    rows: list[tuple[str, str, float]] = []
    try:
        for (expert,), own in pairs.group_by(["expert"], maintain_order=True):
            for part in own.iter_slices(A_REQUEST):
                home = part.select("expert_latitude", "expert_longitude").row(0)
                there = part.select("latitude", "longitude").rows()
                answers = roads.kilometres(home, there)
                found = zip(part["ticket"], answers, strict=True)
                rows += [(ticket, str(expert), km) for ticket, km in found if km is not None]
    except (httpx.HTTPError, ValueError) as error:
        log.warning("road_service_failed", error=type(error).__name__, answered=len(rows))
    found_all = pl.DataFrame(rows, schema=dict(SCHEMAS["roads"]), orient="row")
    return found_all.sort(pl.all())
