"""Where people live and work: real ZIP codes, in markets around the largest metros."""

import csv
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import zipcodes

from orchestration.local.demo.draws import Floats, Ints

METROS: Final = Path(__file__).with_name("metros.csv")
MARKET_KM: Final = 40.0
CROWDED_KM: Final = 14.0
"""Population density falls by a factor e on this distance from the centre."""
BAND: Final = 1.2
"""Degrees north, south, east and west of a centre that hold a market, even in Anchorage."""
EARTH_KM: Final = 6371.0088
ROAD_FACTOR: Final = 1.3


@dataclass(frozen=True)
class Places:
    """The ZIP codes of all markets, ordered by market; parallel arrays, an entry a ZIP code.

    Coordinates in degrees (WGS 84). `weight` sums to one within a market. `starts` holds each
    market's first entry, and the end; `population` is in thousands, an entry a market.
    """

    zip: tuple[str, ...]
    city: tuple[str, ...]
    state: tuple[str, ...]
    area_code: tuple[str, ...]
    zone: tuple[str, ...]
    latitude: Floats
    longitude: Floats
    market: Ints
    weight: Floats
    starts: Ints
    population: Floats

    @cached_property
    def states(self) -> tuple[list[str], Ints]:
        """The states there are, and which of them each ZIP code is in."""
        listed = sorted(set(self.state))
        number = {state: place for place, state in enumerate(listed)}
        return listed, np.array([number[state] for state in self.state])

    def of_market(self, market: int) -> slice:
        return slice(int(self.starts[market]), int(self.starts[market + 1]))


def haversine_km(lat1: Floats | float, lon1: Floats | float, lat2: Floats, lon2: Floats) -> Floats:
    """Great-circle distance of points in degrees, on a sphere of mean radius."""
    phi1, phi2 = np.radians(lat1), np.radians(lat2)
    across = np.sin((phi2 - phi1) / 2) ** 2
    along = np.sin(np.radians(lon2 - lon1) / 2) ** 2
    return np.asarray(
        2 * EARTH_KM * np.arcsin(np.sqrt(across + np.cos(phi1) * np.cos(phi2) * along))
    )


def load_places(markets: int) -> Places:
    """The largest `markets` metros. A ZIP code belongs to the largest one it is near to.

    A market lies in one time zone, so that an expert and a customer share their windows.
    """
    known = _known()
    latitude = np.array([one["lat"] for one in known], dtype=np.float64)
    longitude = np.array([one["long"] for one in known], dtype=np.float64)
    metros = _metros()[:markets]
    taken = np.zeros(len(known), dtype=bool)
    members: list[Ints] = []
    weights: list[Floats] = []
    for metro in metros:
        centre = zipcodes.matching(metro["zip"])[0]  # type: ignore[no-untyped-call]
        lat, lon = float(centre["lat"]), float(centre["long"])
        close = np.flatnonzero((np.abs(latitude - lat) < BAND) & (np.abs(longitude - lon) < BAND))
        km = haversine_km(lat, lon, latitude[close], longitude[close])
        same = [known[number]["timezone"] == centre["timezone"] for number in close]
        inside = (km <= MARKET_KM) & ~taken[close] & np.array(same)
        order = np.argsort(km[inside], kind="stable")
        near, km = close[inside][order], km[inside][order]
        taken[near] = True
        crowd = np.exp(-km / CROWDED_KM)
        members.append(near)
        weights.append(crowd / crowd.sum())
    chosen = np.concatenate(members)
    rows = [known[number] for number in chosen]
    sizes = np.array([len(part) for part in members])
    return Places(
        zip=tuple(one["zip_code"] for one in rows),
        city=tuple(one["city"] for one in rows),
        state=tuple(one["state"] for one in rows),
        area_code=tuple(one["area_codes"][0] for one in rows),
        zone=tuple(one["timezone"] for one in rows),
        latitude=latitude[chosen],
        longitude=longitude[chosen],
        market=np.repeat(np.arange(len(members)), sizes),
        weight=np.concatenate(weights),
        starts=np.concatenate([[0], np.cumsum(sizes)]),
        population=np.array([float(one["population_thousands"]) for one in metros]),
    )


@cache
def market_count() -> int:
    return len(_metros())


def _metros() -> list[dict[str, str]]:
    with METROS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _known() -> list[dict[str, Any]]:
    """ZIP codes with delivery to homes and a known place, in order."""
    return [
        one
        for one in zipcodes.list_all()  # type: ignore[no-untyped-call]
        if one["zip_code_type"] == "STANDARD" and one["active"] and one["lat"] and one["area_codes"]
    ]
