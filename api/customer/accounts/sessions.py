"""Signing in, staying signed in, signing out. Services never commit."""

import asyncio
import hashlib
import math
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts import rules
from api.customer.accounts.links import token_hash
from api.customer.accounts.rules import REFRESH_TOKEN_LIFE, TokenState
from api.customer.accounts.tables import Account, RefreshToken, SignInFailure
from api.customer.guards import ROLE
from api.kernel.auth import TokenSigner, password_matches
from api.kernel.errors import Conflict, FieldError, Invalid, NotFound, NotSignedIn, TooMany
from api.kernel.transaction import let_it_stand

# Of sysops only the articles for customers accept their tokens (docs/decisions/0016).
AUDIENCE = ("customer", "sysops")
# Old rows of addresses that nobody tries any more go a few at a time.
FORGOTTEN_AT_ONCE = 20


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
    failures = await _failures(session, email, now)
    # The password is the one in force until this is committed: whoever sets a new one waits.
    query = select(Account).where(func.lower(Account.email) == email)
    account = await session.scalar(query.with_for_update(key_share=True))
    known_hash = account.password_hash if account else None
    right = await asyncio.to_thread(password_matches, password, known_hash)
    if account is None or not right:
        await _count(session, email, failures + 1, now)
        let_it_stand(session)
        raise NotSignedIn("The e-mail address or the password is wrong.")
    await forget_failures(session, email)
    return _tokens(session, signer, account.id, uuid4(), now)


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
    email = account.email.lower()
    failures = await _failures(session, email, now)
    if not await asyncio.to_thread(password_matches, password, account.password_hash):
        await _count(session, email, failures + 1, now)
        let_it_stand(session)
        raise Invalid([FieldError("/password", "This is not your password.")])
    await forget_failures(session, email)


async def refresh(session: AsyncSession, signer: TokenSigner, token: str, now: datetime) -> Tokens:
    """The next tokens of a family; raises NotSignedIn, and a token used twice ends its family."""
    found = await _find(session, token)
    refused = NotSignedIn("This refresh token is not valid any more. Sign in again.")
    if found is None:
        raise refused
    state = TokenState(found.expires_at, found.used_at, found.revoked_at)
    verdict = rules.refreshing(state, now)
    if verdict == "stolen":
        await _revoke(session, now, family_id=found.family_id)
        let_it_stand(session)
    if verdict != "rotate":
        raise refused
    found.used_at = now
    expired = RefreshToken.account_id == found.account_id, RefreshToken.expires_at < now
    await session.execute(delete(RefreshToken).where(*expired))
    return _tokens(session, signer, found.account_id, found.family_id, now)


async def sign_out(session: AsyncSession, token: str, now: datetime) -> None:
    """End the family of a token; one that we do not know has nothing to end."""
    found = await _find(session, token)
    if found is not None:
        await _revoke(session, now, family_id=found.family_id)


async def sign_out_everywhere(session: AsyncSession, account_id: UUID, now: datetime) -> None:
    """End every family of a customer."""
    await _wait_for(session, account_id)
    await _revoke(session, now, account_id=account_id)


async def forget_failures(session: AsyncSession, email: str) -> None:
    """Whoever proved to be the customer starts with no wrong passwords."""
    mine = SignInFailure.email_hash == _address(email)
    await session.execute(delete(SignInFailure).where(mine))


def _address(email: str) -> bytes:
    """What an address is counted under: what was mistyped is nobody's business."""
    return hashlib.sha256(email.encode()).digest()


def _tokens(
    session: AsyncSession, signer: TokenSigner, account_id: UUID, family_id: UUID, now: datetime
) -> Tokens:
    token = secrets.token_urlsafe(32)
    session.add(
        RefreshToken(
            token_hash=token_hash(token),
            family_id=family_id,
            account_id=account_id,
            issued_at=now,
            expires_at=now + REFRESH_TOKEN_LIFE,
        )
    )
    access = signer.sign(account_id, (ROLE,), AUDIENCE, now)
    return Tokens(account_id, access, token)


async def _find(session: AsyncSession, token: str) -> RefreshToken | None:
    """The token as it is now, and stays: nobody else's turn until this is committed."""
    mine = RefreshToken.token_hash == token_hash(token)
    account_id = await session.scalar(select(RefreshToken.account_id).where(mine))
    if account_id is None:
        return None
    await _wait_for(session, account_id)
    found: RefreshToken | None = await session.scalar(select(RefreshToken).where(mine))
    return found


async def _wait_for(session: AsyncSession, account_id: UUID) -> None:
    """One after another for one customer, or a token could be given while its family ends."""
    query = select(Account.id).where(Account.id == account_id)
    await session.execute(query.with_for_update(key_share=True))


async def _revoke(session: AsyncSession, now: datetime, **whose: UUID) -> None:
    live = update(RefreshToken).filter_by(**whose).where(RefreshToken.revoked_at.is_(None))
    await session.execute(live.values(revoked_at=now))


async def _failures(session: AsyncSession, email: str, now: datetime) -> int:
    """Wrong passwords up to now; raises TooMany. Tries of one address follow one another."""
    row = insert(SignInFailure).values(email_hash=_address(email), failures=0, last_at=now)
    locked = row.on_conflict_do_update(
        index_elements=[SignInFailure.email_hash], set_={"email_hash": row.excluded.email_hash}
    ).returning(SignInFailure.failures, SignInFailure.last_at)
    failures, last_at = (await session.execute(locked)).one()
    left = rules.wait_left(failures, last_at, now)
    if left > timedelta(0):
        raise TooMany(
            "There were too many wrong passwords. Wait a little, or set a new password.",
            math.ceil(left.total_seconds()),
        )
    return rules.failures_before(failures, last_at, now)


async def _count(session: AsyncSession, email: str, failures: int, now: datetime) -> None:
    mine = update(SignInFailure).where(SignInFailure.email_hash == _address(email))
    await session.execute(mine.values(failures=failures, last_at=now))
    old = (
        select(SignInFailure.email_hash)
        .where(SignInFailure.last_at < now - rules.FAILURES_COUNT_FOR)
        .limit(FORGOTTEN_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    gone = delete(SignInFailure).where(SignInFailure.email_hash.in_(old.scalar_subquery()))
    await session.execute(gone.execution_options(synchronize_session=False))
