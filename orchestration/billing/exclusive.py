"""One at a time: two charge steps would not charge twice, but ask the provider twice as much."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

CHARGING = 7_302_003
REFUNDING = 7_302_004
ROTATING = 7_302_006


@asynccontextmanager
async def only_one(sessions: async_sessionmaker[AsyncSession], lock: int) -> AsyncIterator[bool]:
    """True while this process alone holds the lock; False at once when another one does.

    The lock belongs to a connection, so it ends with a process that is killed.
    """
    async with sessions() as session:
        # In autocommit: a transaction open for the length of a run would hold back cleaning up.
        connection = await session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        taken = await connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": lock})
        try:
            yield bool(taken)
        finally:
            if taken:
                await connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": lock})
