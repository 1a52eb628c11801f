"""Rows of what staff were told: experts of visits, managers of low scores."""

from collections.abc import Iterator

import numpy as np

from api.sysops.tickets.rules import LOW_SCORE
from orchestration.local.demo import outcomes
from orchestration.local.demo.chunk import Chunk
from orchestration.local.demo.clocks import moment_of
from orchestration.local.demo.columns import (
    Column,
    isoformat,
    joined,
    jsonb,
    numerals,
    table,
    texts,
    uuid_texts,
    uuids,
    words,
)
from orchestration.local.demo.copying import Batch
from orchestration.local.demo.draws import Ints, uuid7
from orchestration.local.demo.life import FAR
from orchestration.local.demo.office import MANAGERS
from orchestration.local.demo.rows.told_customers import attempts, notifications, window_json
from orchestration.local.demo.surveys import TOLD_AFTER
from orchestration.local.demo.world import World


def told_staff(world: World, chunk: Chunk) -> Iterator[Batch]:
    visits = chunk.visits
    everything = np.arange(len(visits))
    yield from _experts(world, chunk, "visit_proposed", everything, visits.proposed)
    by_customer = np.array([one.actor == "customer" for one in outcomes.OUTCOMES])
    off = np.flatnonzero(by_customer[visits.outcome] & ~chunk.is_live)
    yield from _experts(world, chunk, "visit_off", off, visits.ended[off])
    missed = np.flatnonzero((visits.outcome == outcomes.code("missed")) & ~chunk.is_live)
    yield from _experts(world, chunk, "visit_missed", missed, visits.ended[missed])
    yield from _managers_of_missed(world, chunk, missed)
    yield from _managers(world, chunk)


def _experts(world: World, chunk: Chunk, kind: str, visit: Ints, at: Ints) -> Iterator[Batch]:
    random = world.setting.draws(kind, chunk.number)
    ticket = chunk.visits.ticket[visit]
    ids, by_sms = uuid7(at, random), np.ones(len(visit), dtype=bool)
    data = notifications(
        ids,
        kind,
        uuid_texts(chunk.visit_ids[visit]),
        by_sms,
        jsonb(_visit(world, chunk, visit), len(visit)),
        (at, world.setting.now),
    )
    who = uuids(world.experts.id[chunk.visits.expert[visit]])
    ticket_id = uuids(chunk.tickets.id[ticket])
    yield Batch("sysops", "notification", table(**data, staff_id=who, ticket_id=ticket_id))
    yield attempts(world, "sysops", ids, by_sms, at)


def _visit(world: World, chunk: Chunk, visit: Ints) -> Column:
    """As `api.sysops.tickets.proposals.visit_context` says it: where and when."""
    setting, tickets, visits = world.setting, chunk.tickets, chunk.visits
    ticket = visits.ticket[visit]
    place = tickets.place[ticket]
    kinds = [one.code for one in setting.catalogue.ticket_types]
    return joined(
        '{"number": ', numerals(tickets.number[ticket]),
        ', "ticket_type": "', texts(kinds, tickets.kind[ticket]),
        '", "city": "', texts(setting.places.city, place),
        '", "zip": "', texts(setting.places.zip, place),
        '", ', window_json(visits.window[visit]),
        ', "answer_by": "', isoformat(visits.answer_by[visit]),
        '", "time_zone": "', texts(setting.places.zone, place), '"}',
    )  # fmt: skip


def _managers_of_missed(world: World, chunk: Chunk, missed: Ints) -> Iterator[Batch]:
    """Every manager, of every visit to which nobody came."""
    visit = np.repeat(missed, len(MANAGERS))
    at = chunk.visits.ended[visit]
    ids = uuid7(at, world.setting.draws("missed visits", chunk.number))
    by_mail = np.zeros(len(visit), dtype=bool)
    data = notifications(
        ids,
        "expert_did_not_come",
        uuid_texts(chunk.visit_ids[visit]),
        by_mail,
        jsonb(_visit(world, chunk, visit), len(visit)),
        (at, world.setting.now),
    )
    who = uuids(world.office.id[np.tile(MANAGERS, len(missed))])
    ticket_id = uuids(chunk.tickets.id[chunk.visits.ticket[visit]])
    yield Batch("sysops", "notification", table(**data, staff_id=who, ticket_id=ticket_id))
    yield attempts(world, "sysops", ids, by_mail, at)


def _managers(world: World, chunk: Chunk) -> Iterator[Batch]:
    """Every manager, of every low score."""
    surveys, tickets = chunk.surveys, chunk.tickets
    low = np.flatnonzero((surveys.answered < FAR) & (surveys.score <= LOW_SCORE))
    survey = np.repeat(low, len(MANAGERS))
    manager = np.tile(MANAGERS, len(low))
    ticket = chunk.visits.ticket[surveys.visit[survey]]
    answered = words([f"/{moment_of(at).isoformat()}" for at in surveys.answered[survey].tolist()])
    context = joined(
        '{"number": ', numerals(tickets.number[ticket]),
        ', "score": ', numerals(surveys.score[survey]), "}",
    )  # fmt: skip
    at = surveys.answered[survey] + TOLD_AFTER
    ids = uuid7(at, world.setting.draws("low scores", chunk.number))
    by_mail = np.zeros(len(survey), dtype=bool)
    data = notifications(
        ids,
        "low_score",
        joined(uuid_texts(tickets.id[ticket]), answered),
        by_mail,
        jsonb(context, len(survey)),
        (at, world.setting.now),
    )
    who = uuids(world.office.id[manager])
    ticket_id = uuids(tickets.id[ticket])
    yield Batch("sysops", "notification", table(**data, staff_id=who, ticket_id=ticket_id))
    yield attempts(world, "sysops", ids, by_mail, at)
