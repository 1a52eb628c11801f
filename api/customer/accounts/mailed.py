"""What a token from a mail is good for: confirming an address, a new password. No commits."""

import math
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts import rules
from api.customer.accounts.links import MailedTokens
from api.customer.accounts.rules import MAILED_TOKEN_LIFE, Purpose
from api.customer.accounts.sessions import FAILURES, REFRESH_TOKENS
from api.customer.accounts.tables import Account, MailedToken
from api.customer.notifications.service import notify
from api.kernel import outbox
from api.kernel.errors import Conflict, FieldError, Invalid, NotFound, TooMany
from api.kernel.sign_in.passwords import hash_password, refuse_personal
from api.kernel.sign_in.tokens import token_hash
from api.messages import PasswordResetAsked

# Among the advisory locks of this database, with an account's id.
_MAILING = 7_301


async def send(
    session: AsyncSession, tokens: MailedTokens, account_id: UUID, purpose: Purpose, now: datetime
) -> None:
    """Send a mail with a new token; raises TooMany."""
    mine = MailedToken.account_id == account_id, MailedToken.purpose == purpose
    # What one minute ago was sent is counted: two at once must not both be the first.
    key = func.hashtext(str(account_id))
    await session.execute(select(func.pg_advisory_xact_lock(_MAILING, key)))
    sent = (await session.scalars(select(MailedToken.sent_at).where(*mine))).all()
    wait = rules.mail_wait(sent, now)
    if wait > timedelta(0):
        raise TooMany("We sent a mail already. Wait a little.", math.ceil(wait.total_seconds()))
    id_: UUID = (await session.execute(select(func.uuidv7()))).scalar_one()
    life = MAILED_TOKEN_LIFE[purpose]
    session.add(
        MailedToken(
            id=id_,
            account_id=account_id,
            purpose=purpose,
            token_hash=token_hash(tokens.token(id_)),
            sent_at=now,
            expires_at=now + life,
        )
    )
    context = {"mailed_token_id": str(id_), "open_hours": life // timedelta(hours=1)}
    await notify(
        session, account_id, purpose, cause=str(id_), channel="email", context=context, now=now
    )


async def send_confirmation(
    session: AsyncSession, tokens: MailedTokens, account_id: UUID, now: datetime
) -> None:
    """Once more; raises Conflict when the address is confirmed, TooMany."""
    account = await session.get(Account, account_id)
    if account is None:
        raise NotFound("This account is gone.")
    if account.email_confirmed_at is not None:
        raise Conflict("Your e-mail address is confirmed already.")
    await send(session, tokens, account_id, "confirm_email", now)


async def confirm(session: AsyncSession, token: str, now: datetime) -> None:
    """The address is its customer's; raises Invalid for a token that is not good."""
    account = await _use(session, token, "confirm_email", now)
    account.email_confirmed_at = account.email_confirmed_at or now


async def request_reset(session: AsyncSession, email: str) -> None:
    """Have a mail sent if the address has an account; neither answer nor time tells of that."""
    open_ = Account.closed_at.is_(None)
    query = select(Account.id).where(func.lower(Account.email) == email, open_)
    account_id = await session.scalar(query)
    await outbox.send(session, PasswordResetAsked(account_id=account_id or uuid4()))


async def reset(session: AsyncSession, token: str, password: str, now: datetime) -> None:
    """Set a new password, and end all that the old one opened; raises Invalid."""
    account = await _owner(session, token, "reset_password", now)
    refuse_personal(password, account.email, account.full_name)
    # argon2 takes its time on purpose: only for a token that seems good, and without a lock.
    password_hash = await hash_password(password)
    # In the order of signing in, or the two would wait for one another.
    await FAILURES.forget(session, account.email)
    account = await _use(session, token, "reset_password", now)
    account.password_hash = password_hash
    account.email_confirmed_at = account.email_confirmed_at or now
    await REFRESH_TOKENS.end_all(session, account.id, now)
    await notify(
        session,
        account.id,
        "password_changed",
        cause=token_hash(token).hex(),
        channel="email",
        context={},
        now=now,
    )


async def _owner(session: AsyncSession, token: str, purpose: Purpose, now: datetime) -> Account:
    query = (
        select(Account)
        .join(MailedToken, MailedToken.account_id == Account.id)
        .where(
            MailedToken.token_hash == token_hash(token),
            MailedToken.purpose == purpose,
            MailedToken.used_at.is_(None),
            MailedToken.expires_at > now,
        )
    )
    account = await session.scalar(query)
    if account is None:
        detail = "This token is not known, was used, or is too old. Ask for another mail."
        raise Invalid([FieldError("/token", detail)])
    return account


async def _use(session: AsyncSession, token: str, purpose: Purpose, now: datetime) -> Account:
    """The token's account; neither it nor an older one for the same purpose is good again."""
    account = await _owner(session, token, purpose, now)
    await _lock(session, account.id)
    account = await _owner(session, token, purpose, now)
    spent = update(MailedToken).filter_by(account_id=account.id, purpose=purpose)
    await session.execute(spent.where(MailedToken.used_at.is_(None)).values(used_at=now))
    return account


async def _lock(session: AsyncSession, account_id: UUID) -> None:
    query = select(Account).where(Account.id == account_id)
    await session.execute(
        query.with_for_update(key_share=True).execution_options(populate_existing=True)
    )
