"""A snapshot as numbered arrays: tickets and experts in an order that keeps neighbours together."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from api.sysops.assignment.policy import Policy
from orchestration.assignment import calendar as calendars
from orchestration.assignment.calendar import Calendar
from orchestration.assignment.matching.compiled import Ints, Levels, Shorts
from orchestration.assignment.policy import PRIORITY_LEVELS, WINDOWS_A_DAY
from orchestration.assignment.snapshot import Snapshot

Floats = NDArray[np.float64]
NEVER = np.iinfo(np.int64).min


class Tickets(NamedTuple):
    """Tickets by number. Places are unit vectors (n x 3), moments and `work` in seconds.

    `level` is the priority's place in PRIORITY_LEVELS. Preferred windows of ticket t are rows
    `first_preferred[t]` to `first_preferred[t + 1]`; experts it knows, has excluded, and is told
    to be so far from by road, likewise.
    """

    place: Floats
    level: Levels
    kind: Shorts
    due: Ints
    earliest: Ints
    work: Ints
    first_preferred: Ints
    since: Ints
    until: Ints
    first_known: Ints
    known: Shorts
    first_excluded: Ints
    excluded: Shorts
    first_road: Ints
    road_expert: Shorts
    road_km: Floats


class Experts(NamedTuple):
    """Experts by number. `free` are the windows that one can be sent in, as bits.

    `load` (experts x days) counts visits that are booked or done; `room` what a day still takes.
    Booked visits of expert e are rows `first_visit[e]` to `first_visit[e + 1]`, by start.
    """

    place: Floats
    radius_km: Floats
    zone: Shorts
    free: Ints
    load: Ints
    room: Ints
    silences: Ints
    first_visit: Ints
    visit_place: Floats
    visit_start: Ints
    visit_end: Ints
    visit_work: Ints
    visit_day: Ints


class Kinds(NamedTuple):
    """What ticket types need (types x experts): whether an expert has the skills, the windows in
    which all certificates hold, as bits, and by how many levels the expert is above the need."""

    skilled: NDArray[np.bool_]
    certified: Ints
    above: Ints


@dataclass(frozen=True)
class Columns:
    """The numbered input; ids and versions by number."""

    ticket_ids: list[str]
    versions: Ints
    expert_ids: list[str]
    kinds_of: list[str]
    tickets: Tickets
    experts: Experts
    kinds: Kinds
    calendar: Calendar


def columns(snapshot: Snapshot, policy: Policy) -> Columns:
    """Numbers everything; ties in place are ordered by id, so equal input is equal."""
    tickets = _along_a_curve(snapshot.tickets)
    people = _along_a_curve(snapshot.experts)
    zones = sorted(people["time_zone"].unique())
    holidays = set(snapshot.holidays["day"].to_list())
    table = calendars.calendar(snapshot.as_of, zones or ["UTC"], holidays, policy)
    ticket_of, expert_of = _numbers(tickets["id"]), _numbers(people["id"])
    kinds_of = sorted(tickets["ticket_type"].unique())
    experts = _experts(snapshot, people, expert_of, table)
    return Columns(
        ticket_ids=tickets["id"].to_list(),
        versions=_ints(tickets["version"]),
        expert_ids=people["id"].to_list(),
        kinds_of=kinds_of,
        tickets=_tickets(snapshot, tickets, ticket_of, expert_of, kinds_of),
        experts=experts,
        kinds=_kinds(snapshot, kinds_of, expert_of, experts.zone, table),
        calendar=table,
    )


# Writable, as polars' own memory is when it is empty: else there are more types to compile for.
def seconds(series: pl.Series) -> Ints:
    """Moments as whole seconds since 1970; none is long ago."""
    return _ints(series.dt.epoch("s").fill_null(NEVER))


def _numbers(ids: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"id": ids, "number": np.arange(len(ids), dtype=np.int64)})


def _numbered(frame: pl.DataFrame, column: str, numbers: pl.DataFrame) -> pl.DataFrame:
    """The rows whose `column` is an id with a number, with that number instead of it."""
    joined = frame.join(numbers, left_on=column, right_on="id", how="inner")
    return joined.drop(column).rename({"number": column})


def _along_a_curve(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows along a space-filling curve (Morton's), so that neighbours are near in memory too."""
    x = ((frame["longitude"].to_numpy() + 180) / 360 * 0xFFFF).astype(np.uint64)
    y = ((frame["latitude"].to_numpy() + 90) / 180 * 0xFFFF).astype(np.uint64)
    curve = np.zeros(len(frame), np.uint64)
    for bit in range(16):
        at, one = np.uint64(bit), np.uint64(1)
        curve |= ((x >> at) & one) << np.uint64(2 * bit)
        curve |= ((y >> at) & one) << np.uint64(2 * bit + 1)
    return frame.with_columns(pl.Series("curve", curve)).sort("curve", "id").drop("curve")


def _places(frame: pl.DataFrame) -> Floats:
    """Unit vectors of latitudes and longitudes in degrees."""
    phi, lam = (np.radians(frame[it].to_numpy()) for it in ("latitude", "longitude"))
    vectors = (np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi))
    return np.ascontiguousarray(np.stack(vectors, axis=1), np.float64).reshape(-1, 3)


def _rows(owner: Ints, count: int) -> Ints:
    """Where the rows of each owner begin, when rows are sorted by owner."""
    return np.searchsorted(owner, np.arange(count + 1)).astype(np.int64)


def _ints(series: pl.Series) -> Ints:
    return np.ascontiguousarray(series.cast(pl.Int64).to_numpy(writable=True), np.int64)


def _floats(series: pl.Series) -> Floats:
    return np.ascontiguousarray(series.cast(pl.Float64).to_numpy(writable=True), np.float64)


def _tickets(
    snapshot: Snapshot,
    tickets: pl.DataFrame,
    ticket_of: pl.DataFrame,
    expert_of: pl.DataFrame,
    kinds_of: list[str],
) -> Tickets:
    count = len(tickets)
    preferred = _numbered(snapshot.preferred, "ticket", ticket_of).sort("ticket", "since", "until")
    known = _pairs(snapshot.known, ticket_of, expert_of)
    excluded = _pairs(snapshot.excluded, ticket_of, expert_of)
    roads = _pairs(snapshot.roads, ticket_of, expert_of)
    kind = tickets["ticket_type"].replace_strict(
        kinds_of, list(range(len(kinds_of))), return_dtype=pl.Int32
    )
    level = tickets["priority"].replace_strict(
        list(PRIORITY_LEVELS), list(range(len(PRIORITY_LEVELS))), return_dtype=pl.Int8
    )
    return Tickets(
        place=_places(tickets),
        level=level.to_numpy().astype(np.int8),
        kind=kind.to_numpy().astype(np.int32),
        due=seconds(tickets["due"]),
        earliest=seconds(tickets["earliest"]),
        work=_ints(tickets["work_minutes"]) * 60,
        first_preferred=_rows(_ints(preferred["ticket"]), count),
        since=seconds(preferred["since"]),
        until=seconds(preferred["until"]),
        first_known=_rows(_ints(known["ticket"]), count),
        known=_ints(known["expert"]).astype(np.int32),
        first_excluded=_rows(_ints(excluded["ticket"]), count),
        excluded=_ints(excluded["expert"]).astype(np.int32),
        first_road=_rows(_ints(roads["ticket"]), count),
        road_expert=_ints(roads["expert"]).astype(np.int32),
        road_km=_floats(roads["km"]),
    )


def _pairs(frame: pl.DataFrame, tickets: pl.DataFrame, experts: pl.DataFrame) -> pl.DataFrame:
    both = _numbered(_numbered(frame, "ticket", tickets), "expert", experts)
    return both.unique().sort("ticket", "expert")


def _experts(
    snapshot: Snapshot, people: pl.DataFrame, expert_of: pl.DataFrame, table: Calendar
) -> Experts:
    count = len(people)
    zones = people["time_zone"].to_numpy().astype(str)
    zone: Shorts = np.searchsorted(np.array(table.zones), zones).astype(np.int32)
    shifts = _numbered(snapshot.shifts, "expert", expert_of)
    absences = _numbered(snapshot.absences, "expert", expert_of)
    visits = _numbered(snapshot.visits, "expert", expert_of).sort("expert", "since")
    done = _numbered(snapshot.done, "expert", expert_of)
    free = calendars.working(
        calendars.covered(
            count,
            _ints(shifts["expert"]),
            _ints(shifts["weekday"]) - 1,
            _ints(shifts["starts"]),
            _ints(shifts["ends"]),
        ),
        zone,
        table,
    )
    for busy in (absences, visits):
        owner, since, until = _ints(busy["expert"]), seconds(busy["since"]), seconds(busy["until"])
        taken = calendars.touched(zone[owner], since, until, table)
        np.logical_and.at(free, owner, ~taken)
    owner, start = _ints(visits["expert"]), seconds(visits["since"])
    visit_day = calendars.day_of(zone[owner], start, table)
    load = np.zeros((count, table.days), np.int64)
    _count(load, owner, visit_day)
    _count(load, _ints(done["expert"]), _day_of(done, zone, table))
    room = np.maximum(_ints(people["most_visits_a_day"])[:, None] - load, 0)
    free &= np.repeat(room > 0, WINDOWS_A_DAY, axis=1)
    return Experts(
        place=_places(people),
        radius_km=_floats(people["radius_km"]),
        zone=zone,
        free=calendars.bits(free),
        load=load,
        room=room,
        silences=_ints(people["silences"]),
        first_visit=_rows(owner, count),
        visit_place=_places(visits),
        visit_start=start,
        visit_end=seconds(visits["until"]),
        visit_work=_ints(visits["work_minutes"]) * 60,
        visit_day=visit_day,
    )


def _day_of(frame: pl.DataFrame, zone: Shorts, table: Calendar) -> Ints:
    return calendars.day_of(zone[_ints(frame["expert"])], seconds(frame["since"]), table)


def _count(load: Ints, owner: Ints, day: Ints) -> None:
    inside = day >= 0
    np.add.at(load, (owner[inside], day[inside]), 1)


def _kinds(
    snapshot: Snapshot,
    kinds_of: list[str],
    expert_of: pl.DataFrame,
    zone: Shorts,
    table: Calendar,
) -> Kinds:
    """For each type: who has every skill at its level, until when, and how much more than that."""
    shape = (len(kinds_of), len(expert_of))
    skilled, above = np.ones(shape, np.bool_), np.zeros(shape, np.int64)
    certified = np.full(shape, calendars.bits(np.ones((1, table.windows), np.bool_))[0], np.int64)
    held = _numbered(snapshot.skills, "expert", expert_of)
    last_day = _last_days(table)
    for (skill,), rows in snapshot.required.group_by(["skill"], maintain_order=True):
        own = held.filter(pl.col("skill") == skill)
        level, until = np.zeros(shape[1], np.int64), np.full(shape[1], NEVER, np.int64)
        level[_ints(own["expert"])] = _ints(own["level"])
        until[_ints(own["expert"])] = _ints(own["until"].cast(pl.Int32))
        holds = calendars.bits(last_day[zone] <= until[:, None])
        for code, needed in rows.select("ticket_type", "level").iter_rows():
            if code in kinds_of:
                kind = kinds_of.index(code)
                skilled[kind] &= level >= needed
                above[kind] += level - needed
                certified[kind] &= holds
    return Kinds(skilled, certified, above)


def _last_days(table: Calendar) -> Ints:
    """The local day of each window (zones x windows), in days since 1970."""
    today = [
        (table.day(zone, 0) - date(1970, 1, 1)).days if table.windows else 0
        for zone in range(len(table.zones))
    ]
    offset = np.arange(table.windows) // WINDOWS_A_DAY
    return np.asarray(np.array(today)[:, None] + offset[None, :], np.int64)
