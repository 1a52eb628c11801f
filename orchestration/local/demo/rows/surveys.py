"""Rows of surveys: in the customer database, and what analytics received of the answers."""

import json
from collections.abc import Iterator

import numpy as np

from api.messages import DEFAULT_SURVEY_TEMPLATE
from orchestration.local.demo.chunk import Chunk
from orchestration.local.demo.clocks import SECOND
from orchestration.local.demo.columns import (
    flags,
    integers,
    jsonb,
    moments,
    same,
    table,
    texts,
    uuids,
    words,
)
from orchestration.local.demo.copying import Batch
from orchestration.local.demo.draws import Ints
from orchestration.local.demo.drivers import NOTHING, POOL, choose, spread
from orchestration.local.demo.life import FAR
from orchestration.local.demo.surveys import VALID, Surveys, comment_pool
from orchestration.local.demo.world import World


def survey_rows(world: World, chunk: Chunk) -> Iterator[Batch]:
    surveys, tickets = chunk.surveys, chunk.tickets
    ticket = chunk.visits.ticket[surveys.visit]
    silent = surveys.answered == FAR
    speechless = silent | (surveys.comment < 0)
    templates = [
        one.survey or DEFAULT_SURVEY_TEMPLATE for one in world.setting.catalogue.ticket_types
    ]
    kind = tickets.kind[ticket]
    chosen = choose(world, chunk)
    answers = texts([json.dumps(one) for one in POOL], chosen, chosen == NOTHING)
    yield Batch(
        "customer",
        "survey",
        table(
            id=uuids(surveys.id),
            ticket_id=uuids(tickets.id[ticket]),
            ticket_version=integers(chunk.version_of_resolution),
            account_id=uuids(world.customers.id[tickets.customer[ticket]]),
            template=texts(templates, kind),
            template_version=same(1, len(surveys)),
            sent_at=moments(surveys.sent),
            expires_at=moments(surveys.sent + VALID),
            answered_at=moments(surveys.answered, silent),
            score=integers(surveys.score, silent),
            would_recommend=integers(surveys.would_recommend, silent),
            comment=texts(comment_pool(world.setting), surveys.comment, speechless),
            answers=jsonb(answers, len(surveys)),
        ),
    )
    told = np.flatnonzero(~silent)
    yield Batch(
        "analytics",
        "survey_response",
        table(
            survey_id=uuids(surveys.id[told]),
            ticket_id=uuids(tickets.id[ticket[told]]),
            template=texts(templates, kind[told]),
            template_version=same(1, len(told)),
            score=integers(surveys.score[told]),
            would_recommend=integers(surveys.would_recommend[told]),
            has_comment=flags(~speechless[told]),
            answered_at=moments(surveys.answered[told]),
            received_at=moments(surveys.answered[told] + SECOND // 2),
        ),
    )
    yield _choices(surveys, chosen)


def _choices(surveys: Surveys, chosen: Ints) -> Batch:
    rows = spread(chosen)
    data = table(
        survey_id=uuids(surveys.id[rows.survey]),
        question=words(rows.question),
        choice=words(rows.choice),
    )
    return Batch("analytics", "survey_choice", data)
