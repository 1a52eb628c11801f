"""How administrators keep staff accounts. Services never commit."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.errors import Conflict, NotFound
from api.kernel.paging import Position
from api.sysops.audit.service import Act, record
from api.sysops.experts import withdrawals
from api.sysops.staff import links, sessions
from api.sysops.staff.rules import LinkKind
from api.sysops.staff.tables import Staff

_TOLD = ("email", "full_name", "phone", "roles", "active")


@dataclass(frozen=True)
class Search:
    """What is None does not matter; `text` is a part of the name or the e-mail address."""

    role: str | None = None
    active: bool | None = None
    text: str | None = None


async def page(
    session: AsyncSession, search: Search, after: Position | None, size: int
) -> list[Staff]:
    """The accounts that match, after a position, the newest first."""
    query = select(Staff)
    if after is not None:
        query = query.where(tuple_(Staff.created_at, Staff.id) < (after.moment, after.id))
    if search.role is not None:
        query = query.where(Staff.roles.contains([search.role]))
    if search.active is not None:
        query = query.where(Staff.active == search.active)
    if search.text is not None:
        query = query.where(
            or_(
                Staff.full_name.icontains(search.text, autoescape=True),
                Staff.email.icontains(search.text, autoescape=True),
            )
        )
    query = query.order_by(Staff.created_at.desc(), Staff.id.desc()).limit(size)
    return list(await session.scalars(query))


async def find(session: AsyncSession, staff_id: UUID) -> Staff:
    """The account; raises NotFound."""
    staff = await session.get(Staff, staff_id)
    if staff is None:
        raise NotFound("There is no such member of staff.")
    return staff


async def create(
    session: AsyncSession,
    act: Act,
    *,
    email: str,
    full_name: str,
    phone: str,
    roles: Collection[str],
) -> Staff:
    """A new account whose member is invited by mail; raises Conflict when the address has one."""
    staff: Staff | None = await session.scalar(
        insert(Staff)
        .values(
            email=email,
            full_name=full_name,
            phone=phone,
            roles=sorted(set(roles)),
            created_at=act.now,
            updated_at=act.now,
        )
        .on_conflict_do_nothing()
        .returning(Staff)
    )
    if staff is None:
        raise Conflict("There is an account with this e-mail address already.")
    await links.send(session, staff.id, "invitation", act.now)
    await record(session, act, "staff.created", ("staff", staff.id), after=_state(staff))
    return staff


async def change(
    session: AsyncSession,
    act: Act,
    staff_id: UUID,
    *,
    full_name: str | None = None,
    phone: str | None = None,
    roles: Collection[str] | None = None,
) -> Staff:
    """Change what is not None; with other roles the member has to sign in again.

    Raises Conflict when no active administrator would be left.
    """
    staff = await _lock(session, staff_id)
    before = _state(staff)
    staff.full_name = full_name or staff.full_name
    staff.phone = phone or staff.phone
    if roles is not None and set(roles) != set(staff.roles):
        if staff.active and "administrator" in staff.roles and "administrator" not in roles:
            await _another_administrator(session, staff)
        staff.roles = sorted(set(roles))
        await sessions.sign_out_everywhere(session, staff, act.now)
        if "expert" not in roles:
            await withdrawals.retire(session, act, staff.id)
    await _keep(session, act, "staff.changed", staff, before)
    return staff


async def set_active(session: AsyncSession, act: Act, staff_id: UUID, *, active: bool) -> Staff:
    """Let a member in, or put one out at once; a repetition does nothing.

    Who is put out makes no visit: an expert's profile is deactivated too, and stays so.

    Raises Conflict when no active administrator would be left.
    """
    staff = await _lock(session, staff_id)
    before = _state(staff)
    if staff.active and not active:
        if "administrator" in staff.roles:
            await _another_administrator(session, staff)
        # Also tokens of today end: an activation must not wake them.
        await sessions.sign_out_everywhere(session, staff, act.now)
        await withdrawals.retire(session, act, staff.id)
    staff.active = active
    action = "staff.activated" if active else "staff.deactivated"
    await _keep(session, act, action, staff, before)
    return staff


async def reset_password(session: AsyncSession, act: Act, staff_id: UUID) -> None:
    """Mail a link for a new password, or a new invitation to who never had one.

    Raises Conflict for a member who is not active.
    """
    staff = await _lock(session, staff_id)
    if not staff.active:
        raise Conflict("This account is not active. Activate it first.")
    kind: LinkKind = "password_reset" if staff.password_hash else "invitation"
    await links.send(session, staff.id, kind, act.now)
    await record(session, act, "staff.password_reset", ("staff", staff.id))


async def sign_out_everywhere(session: AsyncSession, act: Act, staff_id: UUID) -> None:
    """No token issued up to now is worth anything in this quantum any more."""
    staff = await _lock(session, staff_id)
    await sessions.sign_out_everywhere(session, staff, act.now)
    staff.updated_at = act.now
    await record(session, act, "staff.signed_out_everywhere", ("staff", staff.id))


async def _lock(session: AsyncSession, staff_id: UUID) -> Staff:
    """The account and all active administrators, locked in one order.

    So two administrators who put each other out follow one another, and one remains.
    """
    administrators = and_(Staff.active, Staff.roles.contains(["administrator"]))
    query = (
        select(Staff)
        .where(or_(Staff.id == staff_id, administrators))
        .order_by(Staff.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    found = {staff.id: staff for staff in await session.scalars(query)}
    if staff_id not in found:
        raise NotFound("There is no such member of staff.")
    return found[staff_id]


async def _another_administrator(session: AsyncSession, staff: Staff) -> None:
    query = select(Staff.id).where(
        Staff.active, Staff.roles.contains(["administrator"]), Staff.id != staff.id
    )
    if (await session.scalars(query.limit(1))).first() is None:
        raise Conflict("This is the last active administrator. Make another one first.")


async def _keep(
    session: AsyncSession, act: Act, action: str, staff: Staff, before: dict[str, Any]
) -> None:
    if _state(staff) == before:
        return
    staff.updated_at = act.now
    await record(session, act, action, ("staff", staff.id), before=before, after=_state(staff))


def _state(staff: Staff) -> dict[str, Any]:
    """What the audit log tells of an account: no password, not even its hash."""
    return {name: getattr(staff, name) for name in _TOLD}
