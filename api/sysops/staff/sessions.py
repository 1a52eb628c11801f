"""Staff sign in, stay signed in and are signed out. Services never commit."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import TokenSigner
from api.kernel.errors import NotSignedIn
from api.kernel.sign_in.failures import SignInFailures
from api.kernel.sign_in.passwords import password_matches, renewed
from api.kernel.sign_in.tokens import RefreshTokens
from api.sysops.staff.rules import REFRESH_TOKEN_LIFE, tokens_end
from api.sysops.staff.tables import RefreshToken, SignInFailure, Staff

# All staff belong to this quantum; which others accept a token depends on what its roles have
# to do there.
HOME = "sysops"
AUDIENCE_OF_ROLE: dict[str, set[str]] = {
    "expert": set(),
    "helpdesk": {"customer"},
    "manager": {"customer", "analytics"},
    "administrator": {"customer", "billing", "analytics"},
    "finance": {"billing", "analytics"},
}
FAILURES = SignInFailures(SignInFailure)
REFRESH_TOKENS = RefreshTokens(RefreshToken, RefreshToken.staff_id, Staff.id, REFRESH_TOKEN_LIFE)


@dataclass(frozen=True)
class Tokens:
    """What a signed-in member of staff holds; neither is written anywhere as it is."""

    staff: Staff
    access: str
    refresh: str


async def sign_in(
    session: AsyncSession, signer: TokenSigner, email: str, password: str, now: datetime
) -> Tokens:
    """A new family of tokens; raises NotSignedIn without saying why.

    Raises TooMany, also for the right password, after too many wrong ones.
    """
    failures = await FAILURES.admit(session, email, now)
    # Held until this is committed: whoever ends this member's tokens ends these, too.
    query = select(Staff).where(func.lower(Staff.email) == email.lower())
    staff = await session.scalar(query.with_for_update(key_share=True))
    known_hash = staff.password_hash if staff else None
    right = await password_matches(password, known_hash)
    if staff is None or known_hash is None or not right or not staff.active:
        raise await FAILURES.count(session, email, failures, now)
    staff.password_hash = await renewed(password, known_hash)
    await FAILURES.forget(session, email)
    return begin(session, signer, staff, now)


def begin(session: AsyncSession, signer: TokenSigner, staff: Staff, now: datetime) -> Tokens:
    """The first tokens of a member who is active, and whose row is held."""
    return _tokens(signer, staff, REFRESH_TOKENS.give(session, staff.id, now), now)


async def refresh(session: AsyncSession, signer: TokenSigner, token: str, now: datetime) -> Tokens:
    """The next tokens of a family, with the roles of now; raises NotSignedIn."""
    staff_id, following = await REFRESH_TOKENS.exchange(session, token, now)
    staff = await session.get_one(Staff, staff_id, populate_existing=True)
    if not staff.active:
        raise NotSignedIn("This account is not active.")
    return _tokens(signer, staff, following, now)


async def sign_out_everywhere(session: AsyncSession, staff: Staff, now: datetime) -> None:
    """Nothing that was given up to now opens this quantum any more; the row is held."""
    staff.tokens_valid_from = tokens_end(now, staff.tokens_valid_from)
    await REFRESH_TOKENS.end_all(session, staff.id, now)


def _tokens(signer: TokenSigner, staff: Staff, refresh_token: str, now: datetime) -> Tokens:
    audience = {HOME, *(name for role in staff.roles for name in AUDIENCE_OF_ROLE[role])}
    # Up to a second ahead after a sign-out everywhere, or it would end this token too.
    issued = max(now, staff.tokens_valid_from or now)
    return Tokens(staff, signer.sign(staff.id, staff.roles, audience, issued), refresh_token)
