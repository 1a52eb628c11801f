"""Staff who sign in through an identity provider. Services never commit."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.errors import Forbidden, NotFound
from api.kernel.sign_in.identity import Identities, Identity
from api.sysops.audit.service import Act, record
from api.sysops.staff import accounts
from api.sysops.staff.sessions import REFRESH_TOKENS
from api.sysops.staff.tables import Staff, StaffIdentity

IDENTITIES = Identities(StaffIdentity, StaffIdentity.staff_id, REFRESH_TOKENS)


async def member_of(session: AsyncSession, identity: Identity, now: datetime) -> Staff:
    """The active member of staff, whose row is held; linked by address if it is the first time.

    Administrators make accounts, and only they give roles; a provider can do neither.

    Raises:
        Forbidden: no active member has this identity or this address, or the provider has not
            verified the address.
        Conflict: another identity of the provider opens the account.
    """
    linked = await IDENTITIES.find(session, identity)
    staff = None
    if linked is not None or identity.email is not None:
        mine = Staff.id == linked if linked else func.lower(Staff.email) == identity.email
        staff = await session.scalar(select(Staff).where(mine).with_for_update(key_share=True))
    if staff is None or not staff.active:
        raise Forbidden(
            "No active staff account here has the e-mail address that the identity provider has"
            " verified for you. Ask an administrator."
        )
    if linked is None and await IDENTITIES.link(session, staff.id, identity, now):
        after = {"issuer": identity.issuer}
        act = Act(staff.id, staff.roles, now)
        await record(session, act, "staff.identity_linked", ("staff", staff.id), after=after)
    return staff


async def unlink(session: AsyncSession, act: Act, staff_id: UUID) -> None:
    """No identity opens the account any more, and the member is signed out everywhere.

    Raises NotFound when there is no such member or no identity.
    """
    # It holds the account, as signing in does before it believes an identity.
    await accounts.sign_out_everywhere(session, act, staff_id)
    gone = delete(StaffIdentity).where(StaffIdentity.staff_id == staff_id)
    issuers = sorted(await session.scalars(gone.returning(StaffIdentity.issuer)))
    if not issuers:
        raise NotFound("No identity opens this account.")
    before = {"issuers": issuers}
    await record(session, act, "staff.identity_unlinked", ("staff", staff_id), before=before)
