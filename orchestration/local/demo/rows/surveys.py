"""Rows of surveys: in the customer database, and the scores that analytics received."""

from collections.abc import Iterator

import numpy as np

from orchestration.local.demo.chunk import Chunk
from orchestration.local.demo.clocks import SECOND
from orchestration.local.demo.columns import (
    flags,
    integers,
    moments,
    table,
    texts,
    uuids,
)
from orchestration.local.demo.copying import Batch
from orchestration.local.demo.life import FAR
from orchestration.local.demo.surveys import VALID, comment_pool
from orchestration.local.demo.world import World


def survey_rows(world: World, chunk: Chunk) -> Iterator[Batch]:
    surveys, tickets = chunk.surveys, chunk.tickets
    ticket = chunk.visits.ticket[surveys.visit]
    silent = surveys.answered == FAR
    speechless = silent | (surveys.comment < 0)
    yield Batch(
        "customer",
        "survey",
        table(
            id=uuids(surveys.id),
            ticket_id=uuids(tickets.id[ticket]),
            ticket_version=integers(chunk.version_of_resolution),
            account_id=uuids(world.customers.id[tickets.customer[ticket]]),
            sent_at=moments(surveys.sent),
            expires_at=moments(surveys.sent + VALID),
            answered_at=moments(surveys.answered, silent),
            score=integers(surveys.score, silent),
            would_recommend=integers(surveys.would_recommend, silent),
            comment=texts(comment_pool(world.setting), surveys.comment, speechless),
        ),
    )
    told = np.flatnonzero(~silent)
    yield Batch(
        "analytics",
        "survey_response",
        table(
            survey_id=uuids(surveys.id[told]),
            ticket_id=uuids(tickets.id[ticket[told]]),
            score=integers(surveys.score[told]),
            would_recommend=integers(surveys.would_recommend[told]),
            has_comment=flags(~speechless[told]),
            answered_at=moments(surveys.answered[told]),
            received_at=moments(surveys.answered[told] + SECOND // 2),
        ),
    )
