"""What the check reads, with the role `reconciler` in each database."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.kernel.database import database
from orchestration.reconciliation.promises import QUEUES, Database, Promise, Queue, Root
from orchestration.reconciliation.rules import Item, Waiting

PAGE = 5_000
THE_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

_WORD_OF = """
SELECT headers ->> 'subject' AS subject,
    coalesce(min(created) FILTER (WHERE status <> 'failed'), min(created)) AS since,
    bool_and(status = 'failed') AS held
FROM to_{target}.pgqueuer
WHERE headers ->> 'subject' = ANY(:subjects) AND entrypoint = ANY(:channels)
GROUP BY 1
"""
TRAFFIC = """
SELECT entrypoint AS channel,
    count(*) FILTER (WHERE status <> 'failed') AS waiting,
    count(*) FILTER (WHERE status = 'failed') AS held,
    min(created) FILTER (WHERE status <> 'failed') AS oldest
FROM to_{target}.pgqueuer
GROUP BY 1
"""


@dataclass(frozen=True)
class Traffic:
    """One channel of one queue: what waits, since when, and what is held as dead letters."""

    queue: str
    channel: str
    waiting: int
    held: int
    oldest: datetime | None


class Reader:
    """Reads with sessions of its own, each statement on what is committed at that moment."""

    def __init__(self, sessions: Mapping[Database, async_sessionmaker[AsyncSession]]) -> None:
        self._sessions = sessions

    @classmethod
    @asynccontextmanager
    async def open(cls, urls: Mapping[Database, str]) -> "AsyncIterator[Reader]":
        async with AsyncExitStack() as stack:
            sessions = {
                name: await stack.enter_async_context(database(url, name="reconciliation"))
                for name, url in urls.items()
            }
            yield cls(sessions)

    async def pages(self, root: Root, since: datetime | None) -> AsyncIterator[list[UUID]]:
        """The root's ids, page by page; `since` None means the whole history."""
        query = text(root.everything if since is None else root.recent)
        values = {"since": since} if "since" in query.compile().params else {}
        async with self._sessions[root.database]() as session:
            rows = await session.stream_scalars(query, values)
            async for page in rows.partitions(PAGE):
                yield list(page)

    async def items(
        self, promise: Promise, ids: Sequence[UUID], since: datetime | None
    ) -> list[Item]:
        """The facts that some roots of a promise are about."""
        query = text(promise.items)
        values: dict[str, Any] = {"ids": list(ids)}
        if "since" in query.compile().params:
            values["since"] = since or THE_BEGINNING
        return await self._read(promise.root.database, query, values)

    async def arrived(self, promise: Promise, items: Sequence[Item]) -> list[Item]:
        """What is there of these facts."""
        ids = list({item.id for item in items})
        return await self._read(promise.target, text(promise.arrived), {"ids": ids})

    async def word_of(
        self, source: Database, queue: Queue, items: Sequence[Item]
    ) -> dict[UUID, Waiting]:
        """Which of these facts a message in the queue speaks of."""
        query = text(_WORD_OF.format(target=queue.target))
        subjects = [str(item.id) for item in items]
        async with self._sessions[source]() as session:
            rows = await session.execute(
                query, {"subjects": subjects, "channels": list(queue.channels)}
            )
            return {UUID(row.subject): Waiting(row.since, row.held) for row in rows}

    async def traffic(self) -> list[Traffic]:
        """What is in every queue, by channel."""
        found: list[Traffic] = []
        for source, targets in QUEUES.items():
            async with self._sessions[source]() as session:
                for target in targets:
                    rows = await session.execute(text(TRAFFIC.format(target=target)))
                    found.extend(Traffic(f"{source}-{target}", *row) for row in rows)
        return found

    async def _read(self, name: Database, query: Any, values: Mapping[str, Any]) -> list[Item]:
        async with self._sessions[name]() as session:
            return [Item(*row) for row in await session.execute(query, values)]
