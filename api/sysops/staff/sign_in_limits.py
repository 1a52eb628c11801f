"""Wrong passwords are counted by address, and make the next try wait longer and longer."""

import hashlib
import math
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.errors import TooMany
from api.kernel.transaction import let_it_stand
from api.sysops.staff.rules import FORGET_FAILURES, lock_after
from api.sysops.staff.tables import FailedSignIn

# Among the advisory locks of this database.
_LOCK = 7_202
# What one wrong password removes at most of the old ones.
_AT_ONCE = 100


async def admit(session: AsyncSession, email: str, now: datetime) -> None:
    """Let one try for an address begin; raises TooMany while it has to wait.

    Tries for one address follow one another, so that a hundred at once are counted too.
    """
    key = func.hashtext(email.lower())
    await session.execute(select(func.pg_advisory_xact_lock(_LOCK, key)))
    query = select(FailedSignIn.locked_until).where(FailedSignIn.address_hash == _hash(email))
    until = await session.scalar(query)
    if until is not None and until > now:
        seconds = math.ceil((until - now).total_seconds())
        raise TooMany("Too many wrong passwords. Wait before you try again.", seconds)


async def count_failure(session: AsyncSession, email: str, now: datetime) -> None:
    """Count a wrong password; it stays counted although the request is refused."""
    address = _hash(email)
    query = select(FailedSignIn.failures).where(
        FailedSignIn.address_hash == address, FailedSignIn.last_at > now - FORGET_FAILURES
    )
    failures = (await session.scalar(query) or 0) + 1
    wait = lock_after(failures)
    values = {"failures": failures, "last_at": now, "locked_until": now + wait if wait else None}
    await session.execute(
        insert(FailedSignIn)
        .values(address_hash=address, **values)
        .on_conflict_do_update(index_elements=[FailedSignIn.address_hash], set_=values)
    )
    old = (
        select(FailedSignIn.address_hash)
        .where(FailedSignIn.last_at < now - FORGET_FAILURES)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    await session.execute(delete(FailedSignIn).where(FailedSignIn.address_hash.in_(old)))
    let_it_stand(session)


async def forget(session: AsyncSession, email: str) -> None:
    """After the right password, or a new one, the wrong ones do not count any more."""
    await session.execute(delete(FailedSignIn).where(FailedSignIn.address_hash == _hash(email)))


def _hash(email: str) -> bytes:
    return hashlib.sha256(email.lower().encode()).digest()
