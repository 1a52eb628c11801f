"""Rotation from its beginning, or from wherever an earlier one was killed, to its end.

A batch is two transactions: what is about to be opened is logged, then it is opened and closed
again. Killed between them, the log names an opening that did not happen, and the next rotation
goes on with the same cards.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.billing.vault import keys, rotation
from api.billing.vault.crypto import KeyWrapper
from orchestration.billing.exclusive import ROTATING, only_one

BATCH = 500
FIRST = UUID(int=0)


class RotatingAlready(Exception):
    """Another process is rotating; nothing was done."""


@dataclass(slots=True)
class RotationProgress:
    """How far a rotation is; `total` is what was under older keys at its start."""

    key_version: int
    total: int = 0
    done: int = 0
    made: bool = False
    retired: list[int] = field(default_factory=list)
    unreadable: list[UUID] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    @property
    def per_second(self) -> float:
        return self.done / max(time.monotonic() - self.started, 1e-6)

    def __str__(self) -> str:
        seconds = max(self.total - self.done, 0) / self.per_second if self.done else 0.0
        return (
            f"{self.done} of {self.total} cards are under key {self.key_version} now; "
            f"{self.per_second:.0f} a second, about {seconds:.0f} s left"
        )


@dataclass(frozen=True, slots=True)
class Rotator:
    """Rotates with all it needs (role card_rotate)."""

    sessions: async_sessionmaker[AsyncSession]
    kek: KeyWrapper
    clock: Callable[[], datetime]
    report: Callable[[RotationProgress], None] = lambda _: None
    batch: int = BATCH

    async def run(self, older_than: timedelta) -> RotationProgress:
        """Go on with the rotation that is under way; if none is, begin one when it is time.

        A new key is made when the current one is at least `older_than` old.

        Raises:
            RotatingAlready: wait for the other one.
            WrongKey: the key-encryption key is not the vault's; nothing was done.
        """
        async with only_one(self.sessions, ROTATING) as alone:
            if not alone:
                raise RotatingAlready("Another process is rotating the vault's keys.")
            progress = await self._begin(older_than)
            while await self._pass(progress) or await self._retire(progress):
                pass
            return progress

    async def _begin(self, older_than: timedelta) -> RotationProgress:
        now = self.clock()
        async with self.sessions.begin() as session:
            current = (await keys.load_keys(session, self.kek)).current.version
            uses = await rotation.key_uses(session)
            age = next(it.age(now) for it in uses if it.version == current)
            if made := age >= older_than and not rotation.is_under_way(uses):
                current = await rotation.add_key(session, self.kek, now)
            total = await rotation.count_old(session, current)
        return RotationProgress(current, total, made=made)

    async def _pass(self, progress: RotationProgress) -> int:
        """Once through the cards; more may come in behind while it goes on."""
        moved, after, unreadable = 0, FIRST, list[UUID]()
        while True:
            async with self.sessions.begin() as session:
                ids = await rotation.next_batch(
                    session, progress.key_version, after, self.batch, self.clock()
                )
            if not ids:
                progress.unreadable = unreadable
                return moved
            async with self.sessions.begin() as session:
                done = await rotation.re_encrypt(session, self.kek, progress.key_version, ids)
            after, moved = ids[-1], moved + done.cards
            unreadable += done.unreadable
            progress.done += done.cards
            self.report(progress)

    async def _retire(self, progress: RotationProgress) -> bool:
        """Whether a card came in under an older key after the last time through them."""
        current = progress.key_version
        async with self.sessions.begin() as session:
            progress.retired += await rotation.retire_unused(session, current, self.clock())
            left = await rotation.count_old(session, current)
        return left > len(progress.unreadable)
