"""Customers who sign in through an identity provider. Services never commit."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts.sessions import REFRESH_TOKENS
from api.customer.accounts.tables import Account, CustomerIdentity, NotificationPreference
from api.customer.notifications.service import notify
from api.kernel.errors import Conflict, Forbidden, NotFound
from api.kernel.sign_in.identity import Identities, Identity

IDENTITIES = Identities(CustomerIdentity, CustomerIdentity.account_id, REFRESH_TOKENS)


async def account_of(session: AsyncSession, identity: Identity, now: datetime) -> UUID:
    """The customer's account, whose row is held; linked or made if it is the first time.

    Raises:
        Forbidden: the provider has not verified the address, so it proves nothing; or the account
            with this address is closed.
        Conflict: the address has an account that nobody has confirmed (somebody else may have
            made it, to be let in with its owner), or that belongs to another identity there.
    """
    linked = await IDENTITIES.find(session, identity)
    if linked is not None:
        return linked
    if identity.email is None:
        raise Forbidden(
            "The identity provider has not verified your e-mail address. Verify it there, or"
            " register here with a password."
        )
    made = await _make(session, identity, identity.email, now)
    account_id = made or await _confirmed(session, identity.email)
    if await IDENTITIES.link(session, account_id, identity, now) and made is None:
        await notify(
            session,
            account_id,
            "identity_linked",
            cause=f"{identity.issuer} {now.isoformat()}",
            channel="email",
            context={"issuer": identity.issuer},
            now=now,
        )
    return account_id


async def identities(session: AsyncSession, account_id: UUID) -> list[CustomerIdentity]:
    """The identities that open an account, the oldest first."""
    mine = select(CustomerIdentity).where(CustomerIdentity.account_id == account_id)
    return list(await session.scalars(mine.order_by(CustomerIdentity.id)))


async def unlink(session: AsyncSession, account_id: UUID, identity_id: UUID, now: datetime) -> None:
    """An identity opens the account no more, and every device is signed out; raises NotFound."""
    # It holds the account, as signing in does before it believes an identity.
    await REFRESH_TOKENS.end_all(session, account_id, now)
    gone = delete(CustomerIdentity).where(
        CustomerIdentity.id == identity_id, CustomerIdentity.account_id == account_id
    )
    if await session.scalar(gone.returning(CustomerIdentity.id)) is None:
        raise NotFound("No such identity opens your account.")


async def _make(
    session: AsyncSession, identity: Identity, email: str, now: datetime
) -> UUID | None:
    """A new account, confirmed by the provider; None when the address has one.

    Sysops hears of it once its customer has told a telephone number.
    """
    account_id: UUID | None = await session.scalar(
        insert(Account)
        .values(
            email=email,
            full_name=identity.full_name or email.partition("@")[0],
            email_confirmed_at=now,
            created_at=now,
            updated_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Account.id)
    )
    if account_id is not None:
        # There is no number for an SMS yet.
        session.add(NotificationPreference(account_id=account_id, arrival_channel="email"))
        await session.flush()
    return account_id


async def _confirmed(session: AsyncSession, email: str) -> UUID:
    query = select(Account).where(func.lower(Account.email) == email)
    account = (await session.scalars(query.with_for_update(key_share=True))).one()
    if account.closed_at is not None:
        raise Forbidden("This account is closed. Its data is being erased.")
    if account.email_confirmed_at is None:
        raise Conflict(
            "There is an account with this e-mail address that was never confirmed. Set a new"
            " password for it by mail, for somebody else may know the one it has; then sign in"
            " here again."
        )
    return account.id
