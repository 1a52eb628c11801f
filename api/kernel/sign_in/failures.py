"""Wrong passwords are counted by address, and make the next try wait longer and longer."""

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.errors import NotSignedIn, TooMany
from api.kernel.sign_in import rules
from api.kernel.transaction import let_it_stand

log = structlog.get_logger()


@dataclass(frozen=True)
class SignInFailures:
    """The wrong passwords of one quantum; `table` is its own of `SignInFailureColumns`."""

    table: type[Any]

    async def admit(self, session: AsyncSession, email: str, now: datetime) -> int:
        """Let one try for an address begin; the wrong passwords that count up to now.

        Tries of one address follow one another, so that a hundred at once are counted too.
        Raises TooMany while it has to wait.
        """
        row = insert(self.table).values(email_hash=_address(email), failures=0, last_at=now)
        locked = row.on_conflict_do_update(
            index_elements=[self.table.email_hash], set_={"email_hash": row.excluded.email_hash}
        ).returning(self.table.failures, self.table.last_at)
        failures, last_at = (await session.execute(locked)).one()
        left = rules.wait_left(failures, last_at, now)
        if left > timedelta(0):
            log.warning("sign_in_locked", failures=failures)
            raise TooMany(
                "There were too many wrong passwords. Wait a little, or set a new password.",
                math.ceil(left.total_seconds()),
            )
        return rules.failures_before(failures, last_at, now)

    async def count(
        self, session: AsyncSession, email: str, before: int, now: datetime
    ) -> NotSignedIn:
        """Count a wrong password after those `before`; it stays counted. What to raise then."""
        mine = update(self.table).where(self.table.email_hash == _address(email))
        await session.execute(mine.values(failures=before + 1, last_at=now))
        let_it_stand(session)
        # Whose address it was is nobody's business, also not the log's.
        log.warning("sign_in_refused", failures=before + 1)
        return NotSignedIn("The e-mail address or the password is wrong.")

    async def forget(self, session: AsyncSession, email: str) -> None:
        """Whoever proved to be the person starts with no wrong passwords."""
        await session.execute(delete(self.table).where(self.table.email_hash == _address(email)))


def _address(email: str) -> bytes:
    return hashlib.sha256(email.lower().encode()).digest()
