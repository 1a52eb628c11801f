"""Rows of tickets: what sysops has, and the customer's view of the same."""

import json
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import numpy as np

from api.customer.tickets.rules import priority_for
from orchestration.local.demo import outcomes
from orchestration.local.demo.chunk import Chunk
from orchestration.local.demo.clocks import DAY, HOUR, WINDOW_LENGTH
from orchestration.local.demo.columns import (
    Column,
    bigints,
    floats,
    integers,
    isoformat,
    joined,
    jsonb,
    moments,
    or_else,
    table,
    texts,
    uuids,
)
from orchestration.local.demo.copying import Batch
from orchestration.local.demo.draws import Flags, Ids, Ints, uuid7
from orchestration.local.demo.events import (
    ACTIONS,
    ACTORS,
    NONE,
    REASONS,
    STATUSES,
    SUBMITTED,
    Events,
    status,
)
from orchestration.local.demo.office import MANAGERS
from orchestration.local.demo.rows.customers import Addresses
from orchestration.local.demo.world import World

PREFERRED_UNTIL: Final = 17 * HOUR
_CHANNELS: Final = ("web", "phone")
_ESCALATE: Final = ACTIONS.index("escalate")


def ticket_rows(world: World, addresses: Addresses, chunk: Chunk) -> Iterator[Batch]:
    common = _common(world, chunk)
    yield Batch("sysops", "ticket", _sysops_tickets(world, addresses, chunk, common))
    yield Batch("customer", "ticket", _customer_tickets(world, addresses, chunk, common))
    yield _events(world, chunk)
    yield _timeline(world, chunk)


def _common(world: World, chunk: Chunk) -> dict[str, Any]:
    """The columns that are the same on both sides."""
    setting, tickets, events = world.setting, chunk.tickets, chunk.events
    kinds = setting.catalogue.ticket_types
    sizes = np.array([len(one.descriptions) for one in kinds])
    starts = np.cumsum(sizes) - sizes
    descriptions = [text for one in kinds for text in one.descriptions]
    priorities = [priority_for(plan.sla_hours) for plan in setting.catalogue.plans]
    return {
        "id": uuids(tickets.id),
        "number": bigints(tickets.number),
        "contract_id": uuids(world.contracts.id[tickets.contract]),
        "ticket_type": texts([one.code for one in kinds], tickets.kind),
        "description": texts(descriptions, starts[tickets.kind] + tickets.description),
        "priority": texts(priorities, tickets.plan),
        "channel": texts(_CHANNELS, tickets.by_phone.astype(np.int64)),
        "status": texts(STATUSES, chunk.status),
        "version": integers(events.version[events.last]),
        "preferred_windows": _preferred(world, chunk),
        "customer_absences": integers(chunk.ended_by("no_show")),
        "expert_absences": integers(chunk.ended_by("missed")),
        "submitted_at": moments(tickets.submitted),
        "resolved_at": moments(chunk.resolved_at, chunk.resolved_at == 0),
        "updated_at": moments(events.at[events.last]),
    }


def _preferred(world: World, chunk: Chunk) -> Column:
    """Some customers had asked for the rest of the day on which somebody then came."""
    tickets, visits, clocks = chunk.tickets, chunk.visits, world.setting.clocks
    proposals = np.bincount(visits.ticket, minlength=len(tickets))
    chosen = tickets.prefers[visits.ticket] & (proposals[visits.ticket] == 1)
    visit = np.full(len(tickets), NONE)
    visit[visits.ticket[chosen]] = np.flatnonzero(chosen)
    asked = visit != NONE
    start = np.where(asked, visits.window[visit], 0) if len(visits) else np.zeros(len(tickets))
    day = clocks.local(tickets.zone, start.astype(np.int64)) // DAY
    end = clocks.utc(tickets.zone, day, PREFERRED_UNTIL)
    windows = joined(
        '[{"start": "', isoformat(start.astype(np.int64)), '", "end": "', isoformat(end), '"}]'
    )
    documents = or_else(texts(windows, np.arange(len(tickets)), ~asked), "[]")
    return jsonb(documents, len(tickets))


def resolutions(world: World, chunk: Chunk) -> Column:
    """What resolves each ticket, whether it was resolved or not."""
    kinds = world.setting.catalogue.ticket_types
    sizes = np.array([len(one.resolutions) for one in kinds])
    starts = np.cumsum(sizes) - sizes
    pool = [text for one in kinds for text in one.resolutions]
    kind, number = chunk.tickets.kind, chunk.tickets.number
    return texts(pool, starts[kind] + number % sizes[kind])


def _resolution(world: World, chunk: Chunk, resolved: Flags) -> Column:
    return texts(resolutions(world, chunk), np.arange(len(resolved)), ~resolved)


def _sysops_tickets(world: World, addresses: Addresses, chunk: Chunk, common: Any) -> Any:
    tickets, customers, places = chunk.tickets, world.customers, world.setting.places
    address = addresses.of_contracts(world, tickets.contract)
    place = addresses.place[address]
    hours = np.array([plan.sla_hours for plan in world.setting.catalogue.plans])
    ever = np.zeros(len(tickets), dtype=bool)
    ever[chunk.events.ticket[chunk.events.to == status("resolved")]] = True
    return table(
        **common,
        customer_id=uuids(customers.id[tickets.customer]),
        contact_name=texts(customers.name, tickets.customer),
        contact_phone=texts(customers.phone, tickets.customer),
        line1=texts(addresses.line1, address),
        line2=texts(addresses.line2, address),
        city=texts(places.city, place),
        state=texts(places.state, place),
        zip=texts(places.zip, place),
        latitude=floats(places.latitude[place]),
        longitude=floats(places.longitude[place]),
        time_zone=texts(places.zone, place),
        resolution=_resolution(world, chunk, ever),
        sla_due_at=moments(tickets.submitted + hours[tickets.plan] * HOUR),
    )


def _customer_tickets(world: World, addresses: Addresses, chunk: Chunk, common: Any) -> Any:
    """Expert and window are told while a visit is promised, and of the one that helped."""
    tickets, visits = chunk.tickets, chunk.visits
    address = addresses.of_contracts(world, tickets.contract)
    visit = chunk.told_visit
    none = visit == NONE
    expert = np.where(none, 0, visits.expert[visit]) if len(visits) else np.zeros_like(visit)
    start = np.where(none, 0, visits.window[visit]) if len(visits) else np.zeros_like(visit)
    return table(
        **common,
        account_id=uuids(world.customers.id[tickets.customer]),
        address_id=uuids(addresses.id[address]),
        expert_name=texts(world.experts.name, expert, none),
        window_start=moments(start, none),
        window_end=moments(start + WINDOW_LENGTH, none),
        resolution=_resolution(world, chunk, chunk.resolved_at > 0),
    )


def _events(world: World, chunk: Chunk) -> Batch:
    events = chunk.events
    no_visit = events.visit == NONE
    nobody = chunk.actor == ACTORS.index("system")
    data = table(
        id=uuids(events.id),
        ticket_id=uuids(chunk.tickets.id[events.ticket]),
        version=integers(events.version),
        at=moments(events.at),
        actor=texts(ACTORS, chunk.actor),
        actor_id=uuids(_actors(world, chunk, events), nobody),
        from_status=texts(STATUSES, events.before),
        to_status=texts(STATUSES, events.to),
        action=texts(ACTIONS, events.action),
        escalation=texts(
            ("no_expert",), np.zeros(len(events), dtype=np.int64), events.action != _ESCALATE
        ),
        reason=texts(REASONS, events.reason, events.reason == NONE),
        assignment_id=uuids(_taken(chunk.visit_ids, events.visit), no_visit),
    )
    return Batch("sysops", "ticket_event", data)


def _actors(world: World, chunk: Chunk, events: Events) -> Ids:
    """The id of whoever acted; anything for the platform itself."""
    ids = np.zeros((len(events), 16), dtype=np.uint8)
    acted = {name: chunk.actor == number for number, name in enumerate(ACTORS)}
    customer, expert = acted["customer"], acted["expert"]
    ids[customer] = world.customers.id[chunk.tickets.customer[events.ticket[customer]]]
    ids[expert] = world.experts.id[events.who[expert]]
    ids[acted["helpdesk"]] = world.office.id[events.who[acted["helpdesk"]]]
    ids[acted["manager"]] = world.office.id[MANAGERS[0]]
    return ids


def _timeline(world: World, chunk: Chunk) -> Batch:
    """The submission, and after it the events as the customer reads them."""
    tickets, events = chunk.tickets, chunk.events
    count = len(tickets)
    own = uuid7(tickets.submitted, world.setting.draws("submissions", chunk.number))
    told = uuid7(events.at, world.setting.draws("timeline", chunk.number))
    silent = np.concatenate([np.full(count, NONE), events.reason])
    data = table(
        id=uuids(np.concatenate([own, told])),
        ticket_id=uuids(tickets.id[np.concatenate([np.arange(count), events.ticket])]),
        version=integers(np.concatenate([np.zeros(count, dtype=np.int64), events.version])),
        status=texts(STATUSES, np.concatenate([np.full(count, SUBMITTED), events.to])),
        at=moments(np.concatenate([tickets.submitted, events.at])),
        reason=texts(REASONS, silent, silent == NONE),
        action=texts(
            ACTIONS,
            np.concatenate([np.zeros(count, dtype=np.int64), events.action]),
            np.arange(count + len(events)) < count,
        ),
        parts=_parts(world, chunk),
    )
    return Batch("customer", "ticket_timeline", data)


def _parts(world: World, chunk: Chunk) -> Column:
    """What the visits used that ended with each line of the timeline."""
    tickets, events = chunk.tickets, chunk.events
    kinds = world.setting.catalogue.ticket_types
    listed = [
        json.dumps([{**msgspec.structs.asdict(one.part), "quantity": 1}]) if one.part else "[]"
        for one in kinds
    ]
    used = np.append(uses_part(world, chunk), False)[events.visit]
    used &= events.to == status("resolved")
    none = np.concatenate([np.full(len(tickets), True), ~used])
    kind = np.concatenate([tickets.kind, tickets.kind[events.ticket]])
    return jsonb(or_else(texts(listed, kind, none), "[]"), len(none))


def uses_part(world: World, chunk: Chunk) -> Flags:
    """Which visits replaced a part: where the first resolution of a kind of work names one."""
    kinds = world.setting.catalogue.ticket_types
    visits, number = chunk.visits, chunk.tickets.number
    kind = chunk.tickets.kind
    sizes = np.array([len(one.resolutions) for one in kinds])
    has_part = np.array([one.part is not None for one in kinds])
    first = has_part[kind] & (number % sizes[kind] == 0)
    return np.asarray((visits.outcome == outcomes.RESOLVED) & first[visits.ticket] & ~chunk.is_live)


def _taken(ids: Ids, index: Ints) -> Ids:
    """Rows of `ids`; any for an index of -1, which is hidden by a null."""
    return ids[index] if len(ids) else np.zeros((len(index), 16), dtype=np.uint8)
