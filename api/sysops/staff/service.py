"""Staff sign in."""

import asyncio
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import TokenSigner, password_matches
from api.kernel.errors import NotSignedIn
from api.sysops.staff import sign_in_limits
from api.sysops.staff.tables import Staff

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


async def sign_in(
    session: AsyncSession, signer: TokenSigner, email: str, password: str, now: datetime
) -> tuple[Staff, str]:
    """The member of staff and an access token; raises NotSignedIn without saying why.

    Raises TooMany, also for the right password, after too many wrong ones.
    """
    await sign_in_limits.admit(session, email, now)
    query = select(Staff).where(func.lower(Staff.email) == email.lower())
    staff = await session.scalar(query)
    known_hash = staff.password_hash if staff else None
    # Slow by design: in a thread, or everybody else's request would wait for it.
    right = await asyncio.to_thread(password_matches, password, known_hash)
    if staff is None or not right or not staff.active:
        await sign_in_limits.count_failure(session, email, now)
        raise NotSignedIn("The e-mail address or the password is wrong.")
    await sign_in_limits.forget(session, email)
    audience = {HOME, *(name for role in staff.roles for name in AUDIENCE_OF_ROLE[role])}
    # Up to a second ahead after a sign-out everywhere, or it would end this token too.
    issued = max(now, staff.tokens_valid_from or now)
    return staff, signer.sign(staff.id, staff.roles, audience, issued)
