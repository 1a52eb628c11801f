"""Keeping the index up to date, a moment behind the writes. Services never commit, `keep` does.

Triggers write down what changed; here it is indexed in batches, so that whoever writes a ticket
waits for none of it (docs/decisions/0017).
"""

import asyncio
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import TextClause, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.kernel.background import stopped
from api.sysops.search.words import prepare

BATCH: Final = 200
EVERY_SECONDS: Final = 1.0
# Among the advisory locks of this database. One at a time, or an older text could win.
LOCK: Final = 7_203

_TAKE = text("""
    DELETE FROM search_backlog
    WHERE id IN (SELECT id FROM search_backlog ORDER BY id LIMIT :most)
    RETURNING kind, row_id
""")
# A ticket that was never indexed is in the backlog itself.
_TICKETS_OF = text("""
    SELECT ticket_id FROM ticket JOIN ticket_index ON ticket_index.ticket_id = ticket.id
    WHERE ticket.customer_id = ANY(CAST(:ids AS uuid[]))
""")
_INDEX = """
    WITH kept AS (
        INSERT INTO {kind}_index ({columns})
        SELECT {columns} FROM {kind}_document WHERE {kind}_id = ANY(CAST(:ids AS uuid[]))
        ON CONFLICT ({kind}_id) DO UPDATE SET {changed}
        RETURNING new.document AS document, old.document AS former
    ), fresh AS MATERIALIZED (
        SELECT DISTINCT word FROM kept, unnest(tsvector_to_array(document)) AS word
    ), words AS (
        INSERT INTO search_word (word)
        SELECT word FROM fresh WHERE word !~ '[0-9@.]'
            AND NOT EXISTS (SELECT FROM search_word AS known WHERE known.word = fresh.word)
    ), codes AS (
        INSERT INTO search_code (code)
        SELECT word FROM fresh WHERE word ~ '[0-9@.]'
            AND NOT EXISTS (SELECT FROM search_code WHERE code = fresh.word)
    )
    SELECT word FROM kept, unnest(tsvector_to_array(former)) AS word
    WHERE word ~ '@|^[0-9]{{7,}}$'
    EXCEPT SELECT word FROM fresh
"""
# Nobody's telephone number or e-mail address is kept when it is in no document any more.
_FORGET = text("""
    WITH gone AS MATERIALIZED (
        SELECT code, CAST(CAST(strip(exact_word(code)) AS text) AS tsquery) AS document_with
        FROM unnest(CAST(:codes AS text[])) AS code
    )
    DELETE FROM search_code USING gone WHERE search_code.code = gone.code
        AND NOT EXISTS (SELECT FROM ticket_index WHERE document @@ document_with)
        AND NOT EXISTS (SELECT FROM customer_index WHERE document @@ document_with)
""")
_INDEX_TICKETS = text(
    _INDEX.format(
        kind="ticket",
        columns="ticket_id, submitted_at, document, facets",
        changed="document = EXCLUDED.document, facets = EXCLUDED.facets",
    )
)
_INDEX_CUSTOMERS = text(
    _INDEX.format(
        kind="customer",
        columns="customer_id, document",
        changed="document = EXCLUDED.document",
    )
)


async def index_some(session: AsyncSession, most: int = BATCH) -> int:
    """Index what has waited longest; returns how many changes that were, 0 when none waits.

    What changes meanwhile waits anew. While another process is at it, nothing is done.
    """
    if not await session.scalar(select(func.pg_try_advisory_xact_lock(LOCK))):
        return 0
    await prepare(session)
    taken = (await session.execute(_TAKE, {"most": most})).all()
    customers = [row.row_id for row in taken if row.kind == "customer"]
    tickets = [row.row_id for row in taken if row.kind == "ticket"]
    if customers:
        await _index(session, _INDEX_CUSTOMERS, customers)
        tickets += await session.scalars(_TICKETS_OF, {"ids": customers})
    if tickets:
        await _index(session, _INDEX_TICKETS, tickets)
    return len(taken)


async def keep(sessions: async_sessionmaker[AsyncSession], stop: asyncio.Event) -> None:
    """Index what changes, a second after it was written, until `stop`.

    When it fails nothing is lost: the batch is in the backlog again.
    """
    while not await stopped(stop, EVERY_SECONDS):
        while not stop.is_set():
            async with sessions.begin() as session:
                if await index_some(session) < BATCH:
                    break


async def _index(session: AsyncSession, statement: TextClause, ids: Sequence[UUID]) -> None:
    gone = await session.scalars(statement, {"ids": list(dict.fromkeys(ids))})
    if codes := list(gone):
        await session.execute(_FORGET, {"codes": codes})
