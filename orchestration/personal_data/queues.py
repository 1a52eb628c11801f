"""Messages about one customer, in every queue: what is under way, and what is held."""

from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.messages import PAIRS
from orchestration.personal_data.settings import Database, Sessions

_UNDER_WAY = """
SELECT count(*) FROM to_{target}.pgqueuer
WHERE status <> 'failed' AND headers ->> 'subject' = ANY(:subjects)
"""
_HELD = """
DELETE FROM to_{target}.pgqueuer
WHERE status = 'failed' AND headers ->> 'subject' = ANY(:subjects)
RETURNING id
"""


async def under_way(sessions: Sessions, subjects: Collection[str]) -> list[str]:
    """The pairs of quanta between which a message about the customer is on its way."""
    found = []
    for database, makers in sessions.items():
        async with makers() as session:
            for target in _targets(database):
                query = text(_UNDER_WAY.format(target=target))
                if await session.scalar(query, {"subjects": sorted(subjects)}):
                    found.append(f"{database}-{target}")
    return found


async def discard_held(session: AsyncSession, database: Database, subjects: Collection[str]) -> int:
    """Remove the dead letters about a customer from a database's queues: nobody may replay them.

    Returns how many there were.
    """
    gone = 0
    for target in _targets(database):
        query = text(_HELD.format(target=target))
        removed = await session.execute(query, {"subjects": sorted(subjects)})
        gone += len(removed.all())
    return gone


def _targets(database: Database) -> list[str]:
    return [target for source, target in PAIRS if source == database]
