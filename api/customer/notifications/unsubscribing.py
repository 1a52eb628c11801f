"""Ending one kind of mail by a link in it, without signing in, and taking that back."""

from typing import get_args
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts.tables import Account, NotificationPreference
from api.customer.notifications.service import OPTIONAL, Kind
from api.kernel.signed_ids import SignedIds

PATH = "/customer/notifications/unsubscribe"


class UnsubscribeLinks:
    """Links that belong to one account and one kind of mail; they show nothing of the account."""

    def __init__(self, key: str) -> None:
        """Raises ValueError for a key that is too short to keep a secret."""
        self._signed = {
            kind: SignedIds(key, f"unsubscribe:{kind}")
            for kind in get_args(Kind)
            if kind in OPTIONAL
        }

    def url(self, base_url: str, account_id: UUID, kind: str) -> str | None:
        """The link of a mail of this kind; None for what cannot be done without."""
        signed = self._signed.get(kind)
        if signed is None:
            return None
        return f"{base_url.rstrip('/')}{PATH}/{kind}/{signed.token(account_id)}"

    def read(self, kind: str, token: str) -> UUID | None:
        """The account of a link, None for one that we did not make."""
        signed = self._signed.get(kind)
        return signed.read(token) if signed else None


async def is_ended(session: AsyncSession, account_id: UUID, kind: str) -> bool | None:
    """Whether the customer wants no mails of this kind; None when the account is gone."""
    query = (
        select(Account.id, NotificationPreference.choices[kind].astext.label("choice"))
        .outerjoin(NotificationPreference, NotificationPreference.account_id == Account.id)
        .where(Account.id == account_id)
    )
    found = (await session.execute(query)).one_or_none()
    return None if found is None else found.choice == "none"


async def choose(session: AsyncSession, account_id: UUID, kind: str, choice: str) -> None:
    """Set one kind to `none`, or back to a channel; what was chosen for others stays."""
    mine = {"account_id": account_id, "choices": {kind: choice}}
    statement = insert(NotificationPreference).values(mine)
    kept = NotificationPreference.choices
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[NotificationPreference.account_id],
            set_={"choices": kept.concat(statement.excluded.choices)},
        )
    )
