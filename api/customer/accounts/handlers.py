"""What was asked for and is done by the sender of mails."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts import mailed
from api.customer.accounts.links import MailedTokens
from api.customer.accounts.tables import Account
from api.kernel.errors import TooMany
from api.messages import PasswordResetAsked


class PasswordResets:
    """Handles `PasswordResetAsked`: sends a token to who has an account, and nothing to others."""

    def __init__(self, tokens: MailedTokens) -> None:
        self._tokens = tokens

    async def send(self, session: AsyncSession, message: PasswordResetAsked, now: datetime) -> None:
        """Who asks more often than mails are sent has the mail of before."""
        known = await session.scalar(select(Account.id).where(Account.id == message.account_id))
        if known is None:
            return
        try:
            await mailed.send(session, self._tokens, known, "reset_password", now)
        except TooMany:
            return
