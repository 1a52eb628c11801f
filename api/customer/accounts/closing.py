"""An account is closed for good: nobody signs in any more, and cards and photos go at once."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts import sessions
from api.customer.accounts.tables import Account, CustomerIdentity, MailedToken, RefreshToken
from api.customer.attachments import service as attachments
from api.customer.cards import service as cards


async def close(session: AsyncSession, account_id: UUID, now: datetime) -> None:
    """Close an account whose obstacles are gone; services never commit.

    A token that was given before is good for up to `ACCESS_TOKEN_LIFE` more: whoever erases what
    is left waits for that. The address stays until the last mail is out.
    """
    account = await session.get_one(Account, account_id, with_for_update=True)
    account.closed_at = now
    account.password_hash = None
    await session.flush()
    await session.execute(delete(RefreshToken).where(RefreshToken.account_id == account_id))
    await session.execute(delete(MailedToken).where(MailedToken.account_id == account_id))
    mine = CustomerIdentity.account_id == account_id
    await session.execute(delete(CustomerIdentity).where(mine))
    await sessions.FAILURES.forget(session, account.email)
    await remove_what_is_held(session, account_id, now)


async def remove_what_is_held(session: AsyncSession, account_id: UUID, now: datetime) -> None:
    """Cards and photos, as if the customer had removed each; again for what came meanwhile."""
    await cards.remove_all(session, account_id, now)
    await attachments.remove_all(session, account_id, now)
