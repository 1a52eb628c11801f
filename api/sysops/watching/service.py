"""The watch's own pulse. Services never commit, `listen` does."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.kernel import clock
from api.kernel.background import stopped
from api.sysops.notifications.service import notify_administrators
from api.sysops.watching.tables import ScheduleWatch

SILENT: Final = timedelta(minutes=15)
"""As long as nobody has looked for so long, schedules may have stopped unseen."""
EVERY_SECONDS: Final = 60.0

_LOOKED = text("""
INSERT INTO schedule_watch (one, since, looked_at) VALUES (true, :now, :now)
ON CONFLICT (one) DO UPDATE SET
    since = CASE WHEN schedule_watch.looked_at < :gap THEN :now ELSE schedule_watch.since END,
    looked_at = greatest(schedule_watch.looked_at, :now)
RETURNING since
""")


async def looked(session: AsyncSession, now: datetime) -> datetime:
    """Notes that somebody looks now; since when somebody has done so without a gap."""
    done = await session.execute(_LOOKED, {"now": now, "gap": now - SILENT})
    since: datetime = done.scalar_one()
    return since


async def tell_of_silence(session: AsyncSession, listening_since: datetime, now: datetime) -> bool:
    """Mails administrators, once a silence, when nobody has looked for `SILENT`.

    Who listens since a moment ago has not heard a silence yet: the platform may just have started.
    """
    looked_at = await session.scalar(select(ScheduleWatch.looked_at))
    heard = max(looked_at or listening_since, listening_since)
    if now - heard <= SILENT:
        return False
    await notify_administrators(
        session,
        "schedules_unwatched",
        # Of the silence and not of the listener: several may listen.
        cause=looked_at.isoformat(timespec="seconds") if looked_at else "never",
        context={"since": heard.isoformat(timespec="minutes")},
        now=now,
    )
    return True


async def listen(sessions: async_sessionmaker[AsyncSession], stop: asyncio.Event) -> None:
    """In the API's process: it serves also while Dagster does nothing at all."""
    since = clock.now()
    while not await stopped(stop, EVERY_SECONDS):
        async with sessions.begin() as session:
            await tell_of_silence(session, since, clock.now())
