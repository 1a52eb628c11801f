"""Who a provider says that a person is, and whose account that identity opens here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from api.kernel.errors import Conflict
from api.kernel.fields import Email, Field, Line
from api.kernel.sign_in.tokens import RefreshTokens


@dataclass(frozen=True)
class Identity:
    """A person at a provider; `email` only if the provider has verified it."""

    issuer: str
    subject: str
    email: str | None
    full_name: str | None


@dataclass(frozen=True)
class Identities:
    """The identities of one quantum; `owner` is the column of `table` with the person's id, and
    `tokens` hold the person's row.
    """

    table: type[Any]
    owner: InstrumentedAttribute[UUID]
    tokens: RefreshTokens

    async def find(self, session: AsyncSession, identity: Identity) -> UUID | None:
        """Whose account an identity opens; the person's row is held.

        Whoever removes an identity holds that row, too: what was removed while this waited for it
        opens nothing any more.
        """
        person = await self._owner(session, identity)
        if person is None:
            return None
        await self.tokens.hold(session, person)
        return person if await self._owner(session, identity) == person else None

    async def link(
        self, session: AsyncSession, person: UUID, identity: Identity, now: datetime
    ) -> bool:
        """Whether it is linked only now, and not by a twin of this request.

        Raises Conflict when another identity of the provider opens the account: an address can
        get another owner, and that one is not to be let in.
        """
        linked = await session.scalar(
            insert(self.table)
            .values(
                {
                    self.owner.key: person,
                    "issuer": identity.issuer,
                    "subject": identity.subject,
                    "linked_at": now,
                }
            )
            .on_conflict_do_nothing()
            .returning(self.table.id)
        )
        if linked is None and await self._owner(session, identity) != person:
            raise Conflict(
                "Another identity of this provider opens the account with your e-mail address."
                " It has to be removed from the account first."
            )
        return linked is not None

    async def _owner(self, session: AsyncSession, identity: Identity) -> UUID | None:
        mine = {"issuer": identity.issuer, "subject": identity.subject}
        person: UUID | None = await session.scalar(select(self.owner).filter_by(**mine))
        return person


def identity_of(claims: dict[str, Any]) -> Identity:
    """The identity in checked claims; what is no address or no name is left out."""
    # Some providers write a boolean as text.
    verified = claims.get("email_verified") in (True, "true")
    parts = [claims.get("given_name"), claims.get("family_name")]
    name = claims.get("name") or " ".join(part for part in parts if isinstance(part, str))
    return Identity(
        issuer=claims["iss"],
        subject=claims["sub"],
        email=_parsed(Email, claims.get("email")) if verified else None,
        full_name=_parsed(Line, name),
    )


def _parsed(kind: type[Field], raw: object) -> str | None:
    if not isinstance(raw, str):
        return None
    try:
        return str(kind.parse(raw))
    except ValueError:
        return None
