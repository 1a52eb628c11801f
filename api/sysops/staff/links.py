"""Links by which members of staff set their password. Services never commit."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.errors import FieldError, Invalid
from api.kernel.sign_in.passwords import hash_password, refuse_personal
from api.kernel.sign_in.tokens import new_token, token_hash
from api.sysops.audit.service import Act, record
from api.sysops.notifications.service import notify
from api.sysops.staff.rules import LINK_LIFE, LinkKind
from api.sysops.staff.sessions import FAILURES, REFRESH_TOKENS, sign_out_everywhere
from api.sysops.staff.tables import PasswordLink, Staff

KINDS: frozenset[str] = frozenset(LINK_LIFE)


async def send(session: AsyncSession, staff_id: UUID, kind: LinkKind, now: datetime) -> None:
    """Mail a link; one that was sent before ends."""
    values = {
        "id": uuid4(),
        "kind": kind,
        "created_at": now,
        "token_hash": None,
        "expires_at": None,
    }
    await session.execute(
        insert(PasswordLink)
        .values(staff_id=staff_id, **values)
        .on_conflict_do_update(index_elements=[PasswordLink.staff_id], set_=values)
    )
    hours = int(LINK_LIFE[kind].total_seconds() // 3600)
    await notify(
        session,
        staff_id,
        kind,
        cause=str(values["id"]),
        channel="email",
        context={"hours": hours, "days": hours // 24},
        ticket_id=None,
        now=now,
    )


async def make_token(session: AsyncSession, link_id: UUID, now: datetime) -> str | None:
    """A fresh token of a link about to be sent, or None when another link took its place.

    It is made as late as this so that it is in the mail and nowhere else: not in the
    notification, not in a queue.
    """
    query = select(PasswordLink).where(PasswordLink.id == link_id).with_for_update()
    link = await session.scalar(query)
    if link is None:
        return None
    token = new_token()
    kind: LinkKind = "invitation" if link.kind == "invitation" else "password_reset"
    link.token_hash = token_hash(token)
    link.expires_at = now + LINK_LIFE[kind]
    return token


async def set_password(session: AsyncSession, token: str, password: str, now: datetime) -> None:
    """Set the password of the token's member, who is signed out everywhere; the link is used up.

    Raises Invalid for a token that is unknown, used, replaced or too old, and for a password
    that has the member's e-mail address or name in it.
    """
    staff = await _member(session, token, now)
    refuse_personal(password, staff.email, staff.full_name)
    password_hash = await hash_password(password)
    # Rows are taken in the order of signing in, or the two would wait for one another.
    await FAILURES.forget(session, staff.email)
    await REFRESH_TOKENS.hold(session, staff.id)
    staff = await _member(session, token, now)
    staff.password_hash = password_hash
    await sign_out_everywhere(session, staff, now)
    staff.updated_at = now
    await session.execute(delete(PasswordLink).where(PasswordLink.staff_id == staff.id))
    act = Act(staff.id, staff.roles, now)
    await record(session, act, "staff.password_set", ("staff", staff.id))


async def _member(session: AsyncSession, token: str, now: datetime) -> Staff:
    """The active member whose token is good now, as the database has it; raises Invalid."""
    query = (
        select(Staff)
        .join(PasswordLink, PasswordLink.staff_id == Staff.id)
        .where(
            PasswordLink.token_hash == token_hash(token),
            PasswordLink.expires_at > now,
            Staff.active,
        )
        .execution_options(populate_existing=True)
    )
    staff = await session.scalar(query)
    if staff is None:
        words = "This code is not valid any more. Ask an administrator for another."
        raise Invalid([FieldError("/token", words)])
    return staff
