"""Writing and searching the audit log. Services never commit: an act and its entry are one."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.paging import Position
from api.sysops.audit.rules import State, difference
from api.sysops.audit.tables import AuditEntry

PLATFORM = UUID(int=0)
"""Who acts where no member of staff does; its role is "platform"."""


@dataclass(frozen=True)
class Act:
    """Who acts, in which roles, and when."""

    actor_id: UUID
    roles: Collection[str]
    now: datetime

    @property
    def staff_id(self) -> UUID | None:
        """None when the platform acts."""
        return None if self.actor_id == PLATFORM else self.actor_id


def by_platform(now: datetime) -> Act:
    """What the people who run the platform do by command."""
    return Act(PLATFORM, ["platform"], now)


@dataclass(frozen=True)
class Search:
    """What is None does not matter; `since` is included, `until` is not."""

    actor_id: UUID | None = None
    subject_kind: str | None = None
    subject_id: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def record(
    session: AsyncSession,
    act: Act,
    action: str,
    subject: tuple[str, str | UUID],
    *,
    before: State | None = None,
    after: State | None = None,
) -> None:
    """Add an entry; of a change only what differs is kept, and no change makes no entry."""
    if before is not None and after is not None:
        before, after = difference(before, after)
        if not before and not after:
            return
    kind, subject_id = subject
    session.add(
        AuditEntry(
            at=act.now,
            actor_id=act.actor_id,
            actor_roles=sorted(act.roles),
            action=action,
            subject_kind=kind,
            subject_id=str(subject_id),
            before=msgspec.to_builtins(before, enc_hook=_plain),
            after=msgspec.to_builtins(after, enc_hook=_plain),
        )
    )
    await session.flush()


def _plain(value: Any) -> str:
    """Checked text (`api.kernel.fields`) is a kind of text that msgspec does not know."""
    if isinstance(value, str):
        return str(value)
    raise NotImplementedError(f"The audit log cannot keep a {type(value).__name__}.")


async def page(
    session: AsyncSession, search: Search, after: Position | None, size: int
) -> list[AuditEntry]:
    """The entries that match, after a position, the newest first."""
    query = select(AuditEntry)
    if after is not None:
        query = query.where(tuple_(AuditEntry.at, AuditEntry.id) < (after.moment, after.id))
    same = {
        AuditEntry.actor_id: search.actor_id,
        AuditEntry.subject_kind: search.subject_kind,
        AuditEntry.subject_id: search.subject_id,
        AuditEntry.action: search.action,
    }
    for column, value in same.items():
        if value is not None:
            query = query.where(column == value)
    if search.since is not None:
        query = query.where(AuditEntry.at >= search.since)
    if search.until is not None:
        query = query.where(AuditEntry.at < search.until)
    query = query.order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(size)
    return list(await session.scalars(query))
