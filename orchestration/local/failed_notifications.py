"""Notifications that reached nobody: told without whom they were for, and sent again."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel import outbox
from api.kernel.database import database
from api.messages import CustomerNotification, StaffNotification
from orchestration.local.databases import role_url
from orchestration.local.errors import LocalError
from orchestration.local.instance import Instance

MESSAGES = {"customer": CustomerNotification, "sysops": StaffNotification}
QUANTA = tuple(MESSAGES)

# What failed is few, and has an index of its own.
_WHICH = """
FROM notification
WHERE status = 'failed' AND created_at >= :since
    AND (CAST(:code AS text) IS NULL OR split_part(failure, ':', 1) = :code)
"""
_COUNT = text(f"""
SELECT kind, channel, split_part(failure, ':', 1) AS code, count(*) AS notifications,
    max(created_at) AS last_at
{_WHICH}
GROUP BY kind, channel, code ORDER BY notifications DESC, kind, code
""")
_QUEUE = text(f"""
UPDATE notification SET status = 'queued', round = round + 1, failure = NULL
WHERE id IN (SELECT id {_WHICH}) AND status = 'failed'
RETURNING id
""")  # noqa: S608 - a constant


@dataclass(frozen=True)
class Failures:
    """Notifications of one kind that failed with one code, the last of them at `last_at`."""

    quantum: str
    kind: str
    channel: str
    code: str
    notifications: int
    last_at: datetime


@dataclass(frozen=True)
class Wanted:
    """Which failures: written since a moment; with a code, those whose provider said it last."""

    since: datetime
    code: str | None = None


async def failed(instance: Instance, quantum: str, wanted: Wanted) -> list[Failures]:
    """What failed in one quantum; raises LocalError when it cannot look."""
    async with _repairing(instance, quantum) as session:
        return [Failures(quantum, *row) for row in await _run(session, _COUNT, wanted)]


async def resend(instance: Instance, quantum: str, wanted: Wanted) -> int:
    """Queue them again, as if nothing had been tried; returns how many.

    What is no longer so by now is not sent: its notifier looks first.
    """
    async with _repairing(instance, quantum) as session:
        ids = [row.id for row in await _run(session, _QUEUE, wanted)]
        await outbox.send(session, *(MESSAGES[quantum](notification_id=it) for it in ids))
        return len(ids)


async def _run(session: AsyncSession, statement: TextClause, wanted: Wanted) -> Sequence[Any]:
    return (await session.execute(statement, vars(wanted))).all()


@asynccontextmanager
async def _repairing(instance: Instance, quantum: str) -> AsyncIterator[AsyncSession]:
    """One transaction with the role that sends again what was lost."""
    url = role_url(instance, quantum, f"{quantum}_repairer")
    try:
        async with (
            database(url, name="squad notifications", pool_size=1) as sessions,
            sessions.begin() as session,
        ):
            yield session
    except (OSError, SQLAlchemyError) as error:
        raise LocalError(
            f"The notifications of {quantum} cannot be read ({type(error).__name__}): `squad "
            f"status` tells whether the database is there, `squad migrate` makes its roles."
        ) from error
