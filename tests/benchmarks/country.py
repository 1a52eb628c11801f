"""Made-up countries of any size: experts and tickets around real places of the United States.

Places are ZIP codes around 300 metropolitan areas, whose sizes follow a Pareto law; experts hold
five of 25 skills on average, work most windows and some of them are absent; a third of the
customers prefer some windows.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from uuid import UUID

import numpy as np
import polars as pl
import zipcodes
from numpy.typing import NDArray

from api.sysops.assignment.policy import Policy
from orchestration.assignment.snapshot import Snapshot, snapshot_of

AS_OF = datetime(2026, 3, 2, 11, tzinfo=UTC)  # Monday, 06:00 in New York
PRIORITIES = np.array(["urgent", "high", "normal", "low"])
SHARES = (0.05, 0.15, 0.5, 0.3)
MINUTES = np.array([30, 45, 60, 60, 90])


@dataclass(frozen=True)
class Size:
    """Twelve windows an expert: three working days."""

    tickets: int
    experts: int
    nearest: int = 20

    @property
    def policy(self) -> Policy:
        return Policy(horizon_working_days=2, nearest_experts=self.nearest)


SIZES = {
    "S": Size(500, 200),
    "M": Size(5_000, 1_000),
    "L-light": Size(30_000, 5_000),
    "L": Size(50_000, 5_000),
    "XL": Size(200_000, 20_000),
}
_Floats = NDArray[np.float64]
_OUTSIDE = {"AK", "HI", "PR", "GU", "VI", "AS", "MP", "FM", "MH", "PW", "AE", "AP", "AA"}


@cache
def _zips() -> tuple[_Floats, list[str]]:
    """Coordinates and time zones of ZIP codes of the contiguous states."""
    rows = [
        (float(one["lat"]), float(one["long"]), one["timezone"])
        for one in zipcodes.list_all()  # type: ignore[no-untyped-call]
        if one["active"] and one["lat"] and one["state"] not in _OUTSIDE
    ]
    rows = [row for row in rows if 24 < row[0] < 50 and row[1] < -60]
    return np.array([row[:2] for row in rows]), [row[2] for row in rows]


def country(size: Size, seed: int = 1) -> Snapshot:
    """A snapshot of a Monday morning; the same for the same seed."""
    random = np.random.default_rng(seed)
    places = _around_metros(random)
    tickets = _tickets(random, size, places)
    experts = _experts(random, size, places)
    ids = experts["id"]
    skills = pl.DataFrame(
        {
            "expert": np.repeat(ids.to_numpy(), 25),
            "skill": [f"skill-{it:02}" for it in range(25)] * size.experts,
            "level": random.integers(1, 6, size.experts * 25),
            "until": [date(2027, 1, 1)] * (size.experts * 25),
        }
    ).filter(pl.Series(random.random(size.experts * 25) < 0.24))
    frames = {
        "tickets": tickets,
        "preferred": _preferred(random, tickets),
        "required": _required(),
        "experts": experts,
        "skills": skills,
        "shifts": _shifts(random, ids),
        "absences": _absences(random, ids),
    }
    return snapshot_of(AS_OF, frames)


def _around_metros(random: np.random.Generator) -> "_Places":
    coordinates, zones = _zips()
    centres = random.choice(len(coordinates), 300, replace=False)
    weight = random.pareto(1.2, 300) + 1
    near = [
        np.flatnonzero(np.abs(coordinates - coordinates[centre]).max(axis=1) < 0.8)
        for centre in centres
    ]
    return _Places(coordinates, zones, near, weight / weight.sum())


@dataclass(frozen=True)
class _Places:
    coordinates: _Floats
    zones: list[str]
    near: list[NDArray[np.int64]]
    weight: _Floats

    def draw(self, random: np.random.Generator, count: int) -> NDArray[np.int64]:
        """Some ZIP codes, more of them where more people live."""
        metro = random.choice(len(self.near), count, p=self.weight)
        return np.array([self.near[it][random.integers(len(self.near[it]))] for it in metro])


def _ids(start: int, count: int) -> list[str]:
    return [str(UUID(int=start + it)) for it in range(count)]


def _tickets(random: np.random.Generator, size: Size, places: _Places) -> pl.DataFrame:
    at = places.draw(random, size.tickets)
    jitter = random.normal(0, 0.02, (size.tickets, 2))
    where = places.coordinates[at] + jitter
    priority = PRIORITIES[random.choice(4, size.tickets, p=SHARES)]
    due = [AS_OF + timedelta(hours=float(it)) for it in random.uniform(-10, 80, size.tickets)]
    kind = random.integers(0, 25, size.tickets)
    # Minutes were each ticket's own once; the draw is left in, so that countries stay the same.
    random.integers(0, len(MINUTES), size.tickets)
    return pl.DataFrame(
        {
            "id": _ids(1 << 100, size.tickets),
            "version": np.ones(size.tickets, np.int32),
            "priority": priority,
            "ticket_type": [f"type-{it:02}" for it in kind],
            "latitude": where[:, 0],
            "longitude": where[:, 1],
            "due": due,
            "earliest": pl.Series([None] * size.tickets, dtype=pl.Datetime("us", "UTC")),
            "work_minutes": MINUTES[kind % len(MINUTES)],  # each type has its own,
        }
    )


def _experts(random: np.random.Generator, size: Size, places: _Places) -> pl.DataFrame:
    at = places.draw(random, size.experts)
    return pl.DataFrame(
        {
            "id": _ids(1 << 101, size.experts),
            "latitude": places.coordinates[at, 0],
            "longitude": places.coordinates[at, 1],
            "radius_km": random.integers(40, 121, size.experts),
            "time_zone": [places.zones[it] for it in at],
            "silences": (random.random(size.experts) < 0.05).astype(np.int32),
            "most_visits_a_day": np.full(size.experts, 4, np.int32),
        }
    )


def _preferred(random: np.random.Generator, tickets: pl.DataFrame) -> pl.DataFrame:
    chosen = tickets.filter(pl.Series(random.random(len(tickets)) < 0.3))
    day = random.integers(0, 3, len(chosen))
    since = [AS_OF.replace(hour=0) + timedelta(days=int(it), hours=10) for it in day]
    return pl.DataFrame(
        {
            "ticket": chosen["id"],
            "since": since,
            "until": [it + timedelta(hours=18) for it in since],
        }
    )


def _required() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "ticket_type": [f"type-{it:02}" for it in range(25)],
            "skill": [f"skill-{it:02}" for it in range(25)],
            "level": np.full(25, 2, np.int32),
        }
    )


def _shifts(random: np.random.Generator, ids: pl.Series) -> pl.DataFrame:
    weekday = np.tile(np.arange(1, 8), len(ids))
    starts = random.choice([480, 600], len(weekday), p=[0.85, 0.15])
    ends = random.choice([1020, 900], len(weekday), p=[0.85, 0.15])
    return pl.DataFrame(
        {"expert": np.repeat(ids.to_numpy(), 7), "weekday": weekday, "starts": starts, "ends": ends}
    ).filter(pl.col("weekday") < 6)


def _absences(random: np.random.Generator, ids: pl.Series) -> pl.DataFrame:
    absent = ids.filter(pl.Series(random.random(len(ids)) < 0.1))
    since = [AS_OF + timedelta(hours=int(it)) for it in random.integers(0, 72, len(absent))]
    return pl.DataFrame(
        {"expert": absent, "since": since, "until": [it + timedelta(hours=10) for it in since]}
    )
