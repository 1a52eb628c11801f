"""Rows of customers, their addresses and contracts, in the three databases that know them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from api.billing.calendar import Period
from orchestration.local.demo.clocks import DAY, HOUR
from orchestration.local.demo.columns import (
    Column,
    dates,
    floats,
    integers,
    joined,
    jsonb,
    moments,
    nothing,
    or_else,
    same,
    table,
    texts,
    uuids,
    words,
)
from orchestration.local.demo.contracts import NEVER
from orchestration.local.demo.copying import Batch
from orchestration.local.demo.draws import Flags, Ids, Ints, between
from orchestration.local.demo.logins import password_hash
from orchestration.local.demo.money import TaxRates, rate_of
from orchestration.local.demo.places import Places
from orchestration.local.demo.world import World

PORTION: Final = 50_000


@dataclass(frozen=True)
class Addresses:
    """Homes, an entry a customer, and after them the offices."""

    id: Ids
    line1: Column
    line2: Column
    place: Ints
    customer: Ints
    created: Ints
    towns: Column
    """The JSON of each place of the world, without the street and the closing bracket."""

    def of_contracts(self, world: World, contract: Ints) -> Ints:
        """The service addresses of some contracts."""
        office, customer = world.contracts.office[contract], world.contracts.customer[contract]
        return np.where(office < 0, customer, len(world.customers) + office)


def addresses_of(world: World) -> Addresses:
    customers = world.customers
    return Addresses(
        id=np.concatenate([customers.address_id, customers.office_id]),
        line1=pa.concat_arrays([customers.line1, customers.office_line1]),
        line2=pa.concat_arrays([customers.line2, nothing(len(customers.office))]),
        place=np.concatenate([customers.place, customers.place[customers.office]]),
        customer=np.concatenate([np.arange(len(customers)), customers.office]),
        created=np.concatenate([customers.created, customers.office_created]),
        towns=_towns(world.setting.places),
    )


def customer_rows(world: World, addresses: Addresses) -> Iterator[Batch]:
    hashed = password_hash()
    moved = _has_office(world)
    for begin in range(0, len(world.customers), PORTION):
        part = np.arange(begin, min(begin + PORTION, len(world.customers)))
        yield from _accounts(world, part, moved, hashed)
        yield _directory(world, addresses, part, moved)
    for begin in range(0, len(addresses.place), PORTION):
        yield _addresses(world, addresses, slice(begin, begin + PORTION))


def contract_rows(
    world: World, addresses: Addresses, rates: TaxRates, suspended_at: Ints
) -> Iterator[Batch]:
    """`suspended_at` is when billing suspended each contract, 0 where it did not."""
    taxed = _taxed(world, rates)
    for begin in range(0, len(world.contracts), PORTION):
        part = np.arange(begin, min(begin + PORTION, len(world.contracts)))
        yield from _contracts(world, addresses, part, taxed, suspended_at[part])


def _towns(places: Places) -> Column:
    fields = zip(
        places.city, places.state, places.zip, places.latitude, places.longitude, places.zone,
        strict=True,
    )  # fmt: skip
    names = ("city", "state", "zip", "latitude", "longitude", "time_zone")
    documents = [json.dumps(dict(zip(names, values, strict=True))) for values in fields]
    return words([one.removesuffix("}") for one in documents])


def _has_office(world: World) -> Ints:
    """The entry of each customer's office, -1 for none."""
    office = np.full(len(world.customers), -1)
    office[world.customers.office] = np.arange(len(world.customers.office))
    return office


def _changed(world: World, part: Ints, moved: Ints) -> Ints:
    """When each account was changed last: with its second address."""
    customers = world.customers
    if not len(customers.office):
        return customers.created[part]
    return np.where(
        moved[part] >= 0, customers.office_created[moved[part]], customers.created[part]
    )


def _accounts(world: World, part: Ints, moved: Ints, hashed: str) -> Iterator[Batch]:
    customers, count = world.customers, len(part)
    yield Batch(
        "customer",
        "account",
        table(
            id=uuids(customers.id[part]),
            email=texts(customers.email, part),
            password_hash=same(hashed, count),
            full_name=texts(customers.name, part),
            phone=texts(customers.phone, part),
            version=integers(1 + (moved[part] >= 0)),
            created_at=moments(customers.created[part]),
            updated_at=moments(_changed(world, part, moved)),
        ),
    )
    preference = table(
        account_id=uuids(customers.id[part]),
        arrival_channel=texts(("email", "sms"), customers.by_sms[part].astype(np.int64)),
    )
    yield Batch("customer", "notification_preference", preference)


def _addresses(world: World, addresses: Addresses, part: slice) -> Batch:
    places, place = world.setting.places, addresses.place[part]
    index = np.arange(len(addresses.place))[part]
    data = table(
        id=uuids(addresses.id[part]),
        account_id=uuids(world.customers.id[addresses.customer[part]]),
        line1=texts(addresses.line1, index),
        line2=texts(addresses.line2, index),
        city=texts(places.city, place),
        state=texts(places.state, place),
        zip=texts(places.zip, place),
        latitude=floats(places.latitude[place]),
        longitude=floats(places.longitude[place]),
        time_zone=texts(places.zone, place),
        created_at=moments(addresses.created[part]),
    )
    return Batch("customer", "address", data)


def _directory(world: World, addresses: Addresses, part: Ints, moved: Ints) -> Batch:
    """The customer directory of sysops, which has all addresses in one document."""
    customers = world.customers
    office = np.where(moved[part] >= 0, len(customers) + moved[part], 0)
    documents = joined(
        "[",
        _document(addresses, part),
        _or_empty(joined(", ", _document(addresses, office)), moved[part] < 0),
        "]",
    )
    data = table(
        id=uuids(customers.id[part]),
        version=integers(1 + (moved[part] >= 0)),
        full_name=texts(customers.name, part),
        email=texts(customers.email, part),
        phone=texts(customers.phone, part),
        addresses=jsonb(documents, len(part)),
        updated_at=moments(_changed(world, part, moved)),
    )
    return Batch("sysops", "customer", data)


def _document(addresses: Addresses, which: Ints) -> Column:
    line2 = texts(addresses.line2, which)
    quoted = or_else(joined('"', line2, '"'), "null")
    return joined(
        texts(addresses.towns, addresses.place[which]),
        ', "line1": "',
        texts(addresses.line1, which),
        '", "line2": ',
        quoted,
        "}",
    )


def _or_empty(column: Column, empty: Flags) -> Column:
    return or_else(texts(column, np.arange(len(column)), empty), "")


def _taxed(world: World, rates: TaxRates) -> Ints:
    """The rate of each contract's state this month, in millionths."""
    states, state_of = world.setting.places.states
    this_month = Period.containing(world.setting.this_month)
    now = np.array([rate_of(rates[state], this_month) for state in states], dtype=np.int64)
    return np.asarray(now[state_of[world.contracts.place]])


def _contracts(
    world: World, addresses: Addresses, part: Ints, taxed: Ints, suspended_at: Ints
) -> Iterator[Batch]:
    setting, contracts, customers = world.setting, world.contracts, world.customers
    runs = contracts.end[part] == NEVER
    bad = suspended_at > 0
    count = len(part)
    ended = setting.clocks.utc(0, np.where(runs, 0, contracts.end[part]), 0) + between(
        setting.draws("leaving", int(part[0])), 9 * HOUR, DAY - HOUR, count
    )
    changed = np.where(runs, contracts.created[part], np.maximum(ended, contracts.created[part]))
    plan = texts([one.code for one in setting.catalogue.plans], contracts.plan[part])
    common = {
        "id": uuids(contracts.id[part]),
        "plan_code": plan,
        "status": texts(("cancelled", "active"), runs.astype(np.int64)),
        "version": integers(2 - runs.astype(np.int64)),
        "standing": texts(("good", "suspended"), bad.astype(np.int64)),
        "standing_version": integers(bad.astype(np.int64)),
    }
    # Billing has told once how each contract is taxed.
    told = {"billing_version": same(1, count)}
    span = {
        "starts_on": dates(setting.clocks.dates(contracts.start[part])),
        "ends_on": dates(setting.clocks.dates(contracts.end[part]), runs),
        "updated_at": moments(np.maximum(changed, suspended_at)),
    }
    owner = uuids(customers.id[contracts.customer[part]])
    mine = {
        "account_id": owner,
        "address_id": uuids(addresses.id[addresses.of_contracts(world, part)]),
        "tax_rate_millionths": integers(taxed[part]),
    }
    places, place = setting.places, contracts.place[part]
    yield Batch(
        "customer",
        "contract",
        table(**common, **span, **told, **mine, created_at=moments(contracts.created[part])),
    )
    where = {"state": texts(places.state, place), "zip": texts(places.zip, place)}
    yield Batch("billing", "contract", table(**common, **span, **told, **where, customer_id=owner))
    out = moments(np.where(bad, suspended_at, changed), runs & ~bad)
    mine = {"contract_id": common.pop("id"), "customer_id": owner, "out_of_force_since": out}
    yield Batch("sysops", "entitlement", table(**common, **mine))
