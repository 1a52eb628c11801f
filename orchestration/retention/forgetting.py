"""Removes what is too old to matter, a little at a time: ids of received messages, queue logs,
answers under idempotency keys, photos that no ticket got, exports of personal data whose time is
over, words of searches.

Runs with the role `janitor` in each database, which sees ages and ids, and no payload.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.customer.attachments.rules import UNUSED_FOR
from api.messages import PAIRS
from api.sysops.knowledge.rules import SEARCHES_KEPT
from orchestration.retention.rules import KEEP, forget_before

# The quanta whose API takes writes.
KEYED = ("customer", "sysops", "billing")
# So short a transaction that no relay notices it.
AT_ONCE = 5_000

_OLDEST = "SELECT min(created) FROM to_{target}.pgqueuer"
_INBOX = text("""
WITH old AS (
    SELECT message_id FROM inbox WHERE received_at < :before ORDER BY received_at LIMIT :most
)
DELETE FROM inbox USING old WHERE inbox.message_id = old.message_id
""")
# What became of a message that is still there stays, too: it says why a dead letter is one.
_LOG = """
WITH old AS (
    SELECT log.id
    FROM to_{target}.pgqueuer_log AS log
    WHERE log.created < :before
        AND NOT EXISTS (SELECT FROM to_{target}.pgqueuer AS queue WHERE queue.id = log.job_id)
    ORDER BY log.created
    LIMIT :most
)
DELETE FROM to_{target}.pgqueuer_log AS log USING old WHERE log.id = old.id
"""

_KEYS = text("""
WITH old AS (
    SELECT who, key FROM idempotency_key WHERE created_at < :before ORDER BY created_at LIMIT :most
)
DELETE FROM idempotency_key AS it USING old WHERE it.who = old.who AND it.key = old.key
""")

# Asked once more when it is removed: a ticket may have got it meanwhile. Its content goes with it.
_PHOTOS = text("""
WITH old AS (
    SELECT id FROM attachment WHERE ticket_id IS NULL AND uploaded_at < :before
    ORDER BY uploaded_at LIMIT :most
)
DELETE FROM attachment AS it USING old WHERE it.id = old.id AND it.ticket_id IS NULL
""")

_SEARCHES = text("""
WITH old AS (
    SELECT id FROM article_query WHERE asked_at < :before AND NOT forgotten
    ORDER BY asked_at LIMIT :most
)
UPDATE article_query AS it SET words = '', forgotten = true FROM old WHERE it.id = old.id
""")

_EXPORTS = text("""
WITH old AS (
    SELECT id FROM data_request WHERE parts > 0 AND expires_at < :before
    ORDER BY expires_at LIMIT :most
), files AS (
    DELETE FROM export_part USING old WHERE export_part.request_id = old.id
)
UPDATE data_request AS it SET parts = 0, status = 'expired' FROM old WHERE it.id = old.id
""")

Sessions = Mapping[str, async_sessionmaker[AsyncSession]]


async def forget(sessions: Sessions, now: datetime) -> dict[str, int]:
    """Forget in every database; returns how many rows went, by what they were."""
    # With it comes the web framework, which no other job needs.
    from api.kernel import idempotency

    gone = {f"{name}_inbox": await _forget_inbox(sessions, name, now) for name in sessions}
    for source, target in PAIRS:
        delete = text(_LOG.format(target=target))
        gone[f"{source}_to_{target}_log"] = await delete_before(
            sessions[source], delete, now - KEEP
        )
    for name in KEYED:
        gone[f"{name}_idempotency_keys"] = await delete_before(
            sessions[name], _KEYS, now - idempotency.KEEP
        )
    gone["unused_photos"] = await delete_before(sessions["customer"], _PHOTOS, now - UNUSED_FOR)
    gone["expired_exports"] = await delete_before(sessions["customer"], _EXPORTS, now)
    gone["old_searches"] = await delete_before(sessions["sysops"], _SEARCHES, now - SEARCHES_KEPT)
    return gone


async def _forget_inbox(sessions: Sessions, name: str, now: datetime) -> int:
    oldest = [await _oldest(sessions[source], target) for source, target in PAIRS if target == name]
    return await delete_before(sessions[name], _INBOX, forget_before(now, oldest))


async def _oldest(sessions: async_sessionmaker[AsyncSession], target: str) -> datetime | None:
    async with sessions() as session:
        oldest: datetime | None = await session.scalar(text(_OLDEST.format(target=target)))
        return oldest


async def delete_before(
    sessions: async_sessionmaker[AsyncSession], statement: TextClause, before: datetime
) -> int:
    """Delete, or blank, until nothing is left to, each portion in a transaction of its own."""
    gone = 0
    while True:
        async with sessions.begin() as session:
            values = {"before": before, "most": AT_ONCE}
            done = cast("CursorResult[Any]", await session.execute(statement, values)).rowcount
        gone += done
        if done < AT_ONCE:
            return gone
