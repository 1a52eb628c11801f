"""Tokens that we give out and keep only the hash of, and refresh tokens among them.

A quantum derives its own table from `RefreshTokenColumns` and says in a `RefreshTokens` whose
its tokens are; the rules of rotation are the same for all.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID, uuid4

import structlog
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from api.kernel.errors import NotSignedIn
from api.kernel.fields import Field
from api.kernel.sign_in import rules
from api.kernel.transaction import let_it_stand

MOST_CHARACTERS = 200

log = structlog.get_logger()


class SecretToken(Field):
    """A token that we gave out, in an answer or in a mail; it never prints."""

    __slots__ = ()
    example = "Yx0mRPs2uD8m0OeZ2JvK6T1cQw5nB7aH3fLgS9iEtVk"

    @classmethod
    def parse(cls, raw: str) -> Self:
        if not 1 <= len(raw) <= MOST_CHARACTERS or not raw.isascii():
            raise ValueError("Expected a token as it was given to you.")
        return cls(raw)

    def __repr__(self) -> str:
        return "SecretToken(hidden)"


def new_token() -> str:
    """256 random bits that can be in a URL."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What is kept of a token. It is as long as its hash and random, so that no salt is needed."""
    return hashlib.sha256(token.encode()).digest()


@dataclass(frozen=True)
class RefreshTokens:
    """The refresh tokens of one quantum; each is good once, for `life`.

    `owner` is the column of `table` with the person's id, and `person` the id in the table of
    persons. Whoever begins or ends a signing-in holds the person's row (`hold`), so that no
    token is given while all of them end.
    """

    table: type[Any]
    owner: InstrumentedAttribute[UUID]
    person: InstrumentedAttribute[UUID]
    life: timedelta

    def give(
        self, session: AsyncSession, person: UUID, now: datetime, family: UUID | None = None
    ) -> str:
        """A token of a family, by default of a new one; the person's row is held."""
        token = new_token()
        columns = {
            "token_hash": token_hash(token),
            "family_id": family or uuid4(),
            "issued_at": now,
            "expires_at": now + self.life,
        }
        session.add(self.table(**columns, **{self.owner.key: person}))
        if family is None:
            log.info("signed_in", person=str(person))
        return token

    async def exchange(self, session: AsyncSession, token: str, now: datetime) -> tuple[UUID, str]:
        """The person and the next token of a family, whose row is held from here on.

        Raises NotSignedIn; a token that comes a second time ends its family, and that stands.
        """
        found = await self._find(session, token)
        refused = NotSignedIn("This refresh token is not valid any more. Sign in again.")
        if found is None:
            raise refused
        state = rules.TokenState(found.expires_at, found.used_at, found.revoked_at)
        verdict = rules.refreshing(state, now)
        if verdict == "stolen":
            await self._revoke(session, self.table.family_id == found.family_id, now)
            let_it_stand(session)
            log.warning("refresh_token_used_twice", person=str(getattr(found, self.owner.key)))
        if verdict != "rotate":
            raise refused
        found.used_at = now
        person: UUID = getattr(found, self.owner.key)
        return person, self.give(session, person, now, found.family_id)

    async def end(self, session: AsyncSession, token: str, now: datetime) -> None:
        """End the family of a token; one that we do not know has nothing to end."""
        found = await self._find(session, token)
        if found is not None:
            await self._revoke(session, self.table.family_id == found.family_id, now)

    async def end_all(self, session: AsyncSession, person: UUID, now: datetime) -> None:
        """End every family of a person."""
        await self.hold(session, person)
        await self._revoke(session, self.owner == person, now)

    async def hold(self, session: AsyncSession, person: UUID) -> None:
        """One after another for one person, or a token could be given while its family ends."""
        query = select(self.person).where(self.person == person)
        await session.execute(query.with_for_update(key_share=True))

    async def _find(self, session: AsyncSession, token: str) -> Any:
        """The token as it is now, and stays: nobody else's turn until this is committed."""
        mine = self.table.token_hash == token_hash(token)
        person = await session.scalar(select(self.owner).where(mine))
        if person is None:
            return None
        await self.hold(session, person)
        return await session.scalar(select(self.table).where(mine))

    async def _revoke(
        self, session: AsyncSession, whose: ColumnElement[bool], now: datetime
    ) -> None:
        live = update(self.table).where(whose, self.table.revoked_at.is_(None))
        await session.execute(live.values(revoked_at=now))
