"""Rows of staff: the office and the experts, with skills, shifts and time off."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from orchestration.local.demo.clocks import EPOCH, HOUR
from orchestration.local.demo.columns import (
    clock_times,
    dates,
    floats,
    integers,
    joined,
    lists,
    moments,
    numerals,
    ranges,
    replaced,
    same,
    table,
    texts,
    uuids,
    words,
)
from orchestration.local.demo.copying import Batch
from orchestration.local.demo.draws import uuid7
from orchestration.local.demo.experts import PATTERNS
from orchestration.local.demo.logins import EXPERT, OFFICE, password_hash
from orchestration.local.demo.people import phones
from orchestration.local.demo.world import World

CERTIFIED_DAYS: Final = (90, 900)
"""How much longer a certificate is valid, counted from today."""


def staff_rows(world: World) -> Iterator[Batch]:
    yield from _accounts(world)
    yield from _experts(world)
    yield _skills(world)
    yield _shifts(world)
    yield _time_off(world)
    yield _holidays(world)


def _accounts(world: World) -> Iterator[Batch]:
    setting, experts, office = world.setting, world.experts, world.office
    random = setting.draws("staff")
    spoken = setting.words
    lower = [name.lower() for name in spoken.first_names]
    emails = joined(
        texts(lower, experts.first_name),
        ".",
        numerals(np.arange(len(experts))),
        "@squad.example",
    )
    hashed = password_hash()
    everywhere = np.zeros(len(OFFICE), dtype=np.int64)
    for people, count, names, addresses, numbers, roles in (
        (
            office,
            len(OFFICE),
            words([one.name for one in OFFICE]),
            words([one.email for one in OFFICE]),
            phones(setting.places, everywhere, random),
            lists([[one.role] for one in OFFICE]),
        ),
        (
            experts,
            len(experts),
            experts.name,
            replaced(emails, [EXPERT.email]),
            phones(setting.places, experts.place, random),
            lists([["expert"]] * len(experts)),
        ),
    ):
        data = table(
            id=uuids(people.id),
            email=addresses,
            password_hash=same(hashed, count),
            full_name=names,
            phone=numbers,
            roles=roles,
            created_at=moments(people.created),
            updated_at=moments(people.created),
        )
        yield Batch("sysops", "staff", data)


def _experts(world: World) -> Iterator[Batch]:
    experts, places = world.experts, world.setting.places
    yield Batch(
        "sysops",
        "expert",
        table(
            id=uuids(experts.id),
            zip=texts(places.zip, experts.place),
            state=texts(places.state, experts.place),
            latitude=floats(experts.latitude),
            longitude=floats(experts.longitude),
            time_zone=texts(places.zone, experts.place),
            radius_km=integers(experts.radius_km),
            updated_at=moments(experts.created),
        ),
    )


def _skills(world: World) -> Batch:
    setting, experts = world.setting, world.experts
    expert, skill = np.nonzero(experts.levels)
    until = setting.today + setting.draws("certificates").integers(*CERTIFIED_DAYS, len(expert))
    data = table(
        expert_id=uuids(experts.id[expert]),
        skill=texts(list(setting.catalogue.skills), skill),
        level=integers(experts.levels[expert, skill]),
        certified_until=dates(setting.clocks.dates(until)),
    )
    return Batch("sysops", "expert_skill", data)


def _shifts(world: World) -> Batch:
    experts = world.experts
    days = [len(pattern.weekdays) for pattern in PATTERNS]
    expert = np.repeat(np.arange(len(experts)), np.array(days)[experts.pattern])
    weekday = np.concatenate([PATTERNS[pattern].weekdays for pattern in experts.pattern])
    hours = np.array([pattern.hours for pattern in PATTERNS])[experts.pattern[expert]] * HOUR
    data = table(
        expert_id=uuids(experts.id[expert]),
        weekday=integers(weekday),
        starts_at=clock_times(hours[:, 0]),
        ends_at=clock_times(hours[:, 1]),
    )
    return Batch("sysops", "shift", data)


def _time_off(world: World) -> Batch:
    setting, experts, off = world.setting, world.experts, world.time_off
    zone = experts.zone[off.expert]
    start = setting.clocks.utc(zone, off.day, 0)
    end = setting.clocks.utc(zone, off.day + off.days, 0)
    data = table(
        id=uuids(uuid7(np.full(len(start), setting.start), setting.draws("time off rows"))),
        expert_id=uuids(experts.id[off.expert]),
        during=ranges(start, end),
        reason=same("vacation", len(start)),
    )
    return Batch("sysops", "time_off", data)


def _holidays(world: World) -> Batch:
    days = np.array([day.toordinal() - EPOCH for day in world.holidays], dtype=np.int32)
    created = np.full(len(days), world.setting.start)
    data = table(
        day=dates(days), name=words(list(world.holidays.values())), created_at=moments(created)
    )
    return Batch("sysops", "holiday", data)
