"""Signing in, staying signed in, signing out. Services never commit."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts.rules import REFRESH_TOKEN_LIFE
from api.customer.accounts.tables import Account, RefreshToken, SignInFailure
from api.customer.guards import ROLE
from api.kernel.auth import TokenSigner
from api.kernel.errors import Conflict, FieldError, Invalid, NotFound
from api.kernel.sign_in.failures import SignInFailures
from api.kernel.sign_in.passwords import password_matches, renewed
from api.kernel.sign_in.tokens import RefreshTokens

# Of sysops only the articles for customers accept their tokens (docs/decisions/0016).
AUDIENCE = ("customer", "sysops")
FAILURES = SignInFailures(SignInFailure)
REFRESH_TOKENS = RefreshTokens(
    RefreshToken, RefreshToken.account_id, Account.id, REFRESH_TOKEN_LIFE
)


@dataclass(frozen=True)
class Tokens:
    """What a signed-in customer holds; neither is written anywhere as it is."""

    account_id: UUID
    access: str
    refresh: str


async def sign_in(
    session: AsyncSession, signer: TokenSigner, email: str, password: str, now: datetime
) -> Tokens:
    """A new family of tokens.

    Raises:
        NotSignedIn: without saying whether the address or the password is wrong. It counts.
        TooMany: wrong passwords came in a row, and none is looked at for a while.
    """
    failures = await FAILURES.admit(session, email, now)
    # The password is the one in force until this is committed: whoever sets a new one waits.
    query = select(Account).where(func.lower(Account.email) == email)
    account = await session.scalar(query.with_for_update(key_share=True))
    known_hash = account.password_hash if account else None
    right = await password_matches(password, known_hash)
    if account is None or known_hash is None or not right:
        raise await FAILURES.count(session, email, failures, now)
    account.password_hash = await renewed(password, known_hash)
    await FAILURES.forget(session, email)
    return begin(session, signer, account.id, now)


def begin(session: AsyncSession, signer: TokenSigner, account_id: UUID, now: datetime) -> Tokens:
    """The first tokens of somebody who has proved to be the customer, whose row is held."""
    return _tokens(signer, account_id, REFRESH_TOKENS.give(session, account_id, now), now)


async def prove(session: AsyncSession, account_id: UUID, password: str, now: datetime) -> None:
    """That it is the customer who asks, and not somebody at an open screen; before any writing.

    Raises Invalid for a wrong password, which counts as in signing in; TooMany; and Conflict for
    an account without a password.
    """
    account = await session.get(Account, account_id)
    if account is None:
        raise NotFound("This account is gone.")
    if account.password_hash is None:
        raise Conflict("Your account has no password. Set one first: ask for a reset by mail.")
    failures = await FAILURES.admit(session, account.email, now)
    if not await password_matches(password, account.password_hash):
        await FAILURES.count(session, account.email, failures, now)
        raise Invalid([FieldError("/password", "This is not your password.")])
    await FAILURES.forget(session, account.email)


async def refresh(session: AsyncSession, signer: TokenSigner, token: str, now: datetime) -> Tokens:
    """The next tokens of a family; raises NotSignedIn, and a token used twice ends its family."""
    account_id, following = await REFRESH_TOKENS.exchange(session, token, now)
    return _tokens(signer, account_id, following, now)


def _tokens(signer: TokenSigner, account_id: UUID, refresh_token: str, now: datetime) -> Tokens:
    return Tokens(account_id, signer.sign(account_id, (ROLE,), AUDIENCE, now), refresh_token)
