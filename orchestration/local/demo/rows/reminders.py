"""Rows of reminders: of surveys that can still be answered, and were not in time."""

from collections.abc import Iterator

import numpy as np

from api.customer.surveys.rules import REMIND_AFTER
from orchestration.local.demo.chunk import Chunk
from orchestration.local.demo.clocks import SECOND
from orchestration.local.demo.columns import (
    flags,
    isoformat,
    joined,
    jsonb,
    moments,
    numerals,
    table,
    texts,
    uuid_texts,
    uuids,
)
from orchestration.local.demo.copying import Batch
from orchestration.local.demo.draws import uuid7
from orchestration.local.demo.rows.told_customers import attempts, notifications, subjects
from orchestration.local.demo.surveys import VALID
from orchestration.local.demo.world import World

_AFTER = int(REMIND_AFTER.total_seconds()) * SECOND


def reminder_rows(world: World, chunk: Chunk) -> Iterator[Batch]:
    """As `api.customer.surveys.reminders` decides; nobody is reminded of a reopened ticket."""
    surveys, tickets, now = chunk.surveys, chunk.tickets, world.setting.now
    due = surveys.sent + _AFTER
    decided = np.flatnonzero((due <= now) & (surveys.sent > now - VALID) & (surveys.answered > due))
    reminded = chunk.visits.reopened[surveys.visit[decided]] > due[decided]
    yield Batch(
        "customer",
        "survey_reminder",
        table(
            survey_id=uuids(surveys.id[decided]),
            decided_at=moments(due[decided]),
            reminded=flags(reminded),
        ),
    )
    told = decided[reminded]
    ticket = chunk.visits.ticket[surveys.visit[told]]
    at, survey = due[told], uuid_texts(surveys.id[told])
    context = joined(
        '{"number": ', numerals(tickets.number[ticket]),
        ', "subject": "', texts(subjects(world), tickets.kind[ticket]),
        '", "time_zone": "', texts(world.setting.places.zone, tickets.place[ticket]),
        '", "survey_id": "', survey,
        '", "open_until": "', isoformat(surveys.sent[told] + VALID), '"}',
    )  # fmt: skip
    ids = uuid7(at, world.setting.draws("survey reminders", chunk.number))
    by_mail = np.zeros(len(told), dtype=bool)
    data = notifications(
        ids,
        "survey_reminder",
        survey,
        by_mail,
        jsonb(context, len(told)),
        (at, now),
    )
    account = uuids(world.customers.id[tickets.customer[ticket]])
    yield Batch(
        "customer",
        "notification",
        table(**data, account_id=account, ticket_id=uuids(tickets.id[ticket])),
    )
    yield attempts(world, "customer", ids, by_mail, at)
