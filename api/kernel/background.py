"""Work that an API process does beside its requests, for as long as it serves."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from api.kernel.database import create_sessions

Background = Callable[[async_sessionmaker[AsyncSession], asyncio.Event], Awaitable[None]]
"""Works until the event is set, and then ends what it has begun; begun anew when it failed."""
PATIENCE_SECONDS: Final = 15.0
"""After a failure: the database is away, or was changed under a running process."""

log = structlog.get_logger()


@asynccontextmanager
async def running(works: Sequence[Background], engine: AsyncEngine) -> AsyncIterator[None]:
    """Each of `works` as a task of its own; all have ended when this is left."""
    stop = asyncio.Event()
    sessions = create_sessions(engine)
    async with asyncio.TaskGroup() as tasks:
        for work in works:
            tasks.create_task(_until(stop, work, sessions))
        try:
            yield
        finally:
            stop.set()


async def stopped(stop: asyncio.Event, seconds: float) -> bool:
    """Whether it is to stop, waited for at most so long."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True


async def _until(
    stop: asyncio.Event, work: Background, sessions: async_sessionmaker[AsyncSession]
) -> None:
    """A mistake in it must not end the process that serves, must be seen, and may pass."""
    while not stop.is_set():
        try:
            await work(sessions, stop)
        except Exception:
            log.exception("background_work_failed", work=work.__name__)
            await stopped(stop, PATIENCE_SECONDS)
