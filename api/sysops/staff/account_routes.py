"""Staff accounts for administrators, and the link by which a member sets a password."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import Requires, SignedInRequest
from api.kernel.fields import Email, Line, Phone
from api.kernel.paging import PageCursor, PageSize, cut, position, position_of
from api.kernel.sign_in.passwords import NewPassword
from api.sysops.audit.routes import act_of
from api.sysops.staff import accounts, identities, links
from api.sysops.staff.tables import Staff

Role = Literal["expert", "helpdesk", "manager", "administrator", "finance"]
Roles = Annotated[list[Role], Meta(min_length=1, max_length=5)]


class NewStaff(msgspec.Struct, forbid_unknown_fields=True):
    """The member sets the password; nobody else ever knows it."""

    email: Email
    full_name: Line
    phone: Phone
    roles: Roles


class StaffChanges(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays as it is; `roles` replaces all of them."""

    full_name: Line | msgspec.UnsetType = msgspec.UNSET
    phone: Phone | msgspec.UnsetType = msgspec.UNSET
    roles: Roles | msgspec.UnsetType = msgspec.UNSET


class NewPasswordBody(msgspec.Struct, forbid_unknown_fields=True):
    """`token` is the code in the mail."""

    token: Annotated[str, Meta(min_length=20, max_length=100)]
    password: NewPassword


class StaffView(msgspec.Struct):
    """`has_password` is false until the invitation is answered."""

    id: UUID
    email: str
    full_name: str
    phone: str
    roles: list[str]
    active: bool
    has_password: bool
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, staff: Staff) -> Self:
        return cls(
            id=staff.id,
            email=staff.email,
            full_name=staff.full_name,
            phone=staff.phone,
            roles=sorted(staff.roles),
            active=staff.active,
            has_password=staff.password_hash is not None,
            created_at=staff.created_at,
            updated_at=staff.updated_at,
        )


class StaffPage(msgspec.Struct):
    """`next_cursor` is null on the last page."""

    items: list[StaffView]
    next_cursor: str | None


class PasswordController(Controller):
    path = "/passwords"

    @post(status_code=204, summary="Set a password by the code of a mail")
    async def set_password(
        self,
        data: JSONBody[NewPasswordBody],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> None:
        """The code of an invitation or a reset works once and for a limited time (else 422).

        A password that has the e-mail address or the name in it is refused (422), too.
        The member is signed out everywhere, and wrong passwords given before are forgotten.
        """
        await links.set_password(session, data.token, data.password, now)


class AccountController(Controller):
    """Every change is in the audit log."""

    path = "/staff"
    guards = [Requires("administrator")]  # noqa: RUF012 - Litestar's way

    @get(summary="Staff accounts")
    async def accounts(
        self,
        session: NamedDependency[AsyncSession],
        *,
        role: Annotated[Role | None, QueryParameter(description="Who has this role.")] = None,
        active: Annotated[bool | None, QueryParameter(description="Who can sign in.")] = None,
        text: Annotated[
            Line | None, QueryParameter(description="A part of the name or e-mail address.")
        ] = None,
        limit: PageSize = 20,
        cursor: PageCursor = None,
    ) -> StaffPage:
        """All that match every filter given, the newest first, page by page."""
        after = position_of(cursor) if cursor else None
        search = accounts.Search(role, active, text)
        found = await accounts.page(session, search, after, limit + 1)
        shown, more = cut(found, limit, lambda it: position(it.created_at, it.id))
        return StaffPage([StaffView.of(staff) for staff in shown], more)

    @post(summary="Create a staff account")
    async def create(
        self,
        request: SignedInRequest,
        data: JSONBody[NewStaff],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> StaffView:
        """The member is invited by mail to set a password; 409 when the address has an account."""
        values = msgspec.structs.asdict(data)
        return StaffView.of(await accounts.create(session, act_of(request, now), **values))

    @get("/{staff_id:uuid}", summary="One staff account")
    async def account(
        self, staff_id: FromPath[UUID], session: NamedDependency[AsyncSession]
    ) -> StaffView:
        """404 when there is none."""
        return StaffView.of(await accounts.find(session, staff_id))

    @patch("/{staff_id:uuid}", summary="Change a name, a telephone number, or roles")
    async def change(
        self,
        request: SignedInRequest,
        staff_id: FromPath[UUID],
        data: JSONBody[StaffChanges],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> StaffView:
        """Whose roles change has to sign in again; 409 for the last active administrator's."""
        given = msgspec.structs.asdict(data).items()
        values = {name: value for name, value in given if value is not msgspec.UNSET}
        act = act_of(request, now)
        return StaffView.of(await accounts.change(session, act, staff_id, **values))

    @post("/{staff_id:uuid}/deactivation", status_code=200, summary="Deactivate an account")
    async def deactivate(
        self,
        request: SignedInRequest,
        staff_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> StaffView:
        """No sign-in any more, and tokens end here at once; 409 for the last administrator.

        The other quanta accept a token that was issued before for up to 15 minutes.
        """
        act = act_of(request, now)
        return StaffView.of(await accounts.set_active(session, act, staff_id, active=False))

    @post("/{staff_id:uuid}/activation", status_code=200, summary="Activate an account")
    async def activate(
        self,
        request: SignedInRequest,
        staff_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> StaffView:
        """The member can sign in again, with the password of before."""
        act = act_of(request, now)
        return StaffView.of(await accounts.set_active(session, act, staff_id, active=True))

    @post("/{staff_id:uuid}/password-reset", status_code=202, summary="Let a password be set anew")
    async def reset_password(
        self,
        request: SignedInRequest,
        staff_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> None:
        """Mails a code, which takes the place of an older one; 409 when the account is inactive.

        Who never set a password is invited again.
        """
        await accounts.reset_password(session, act_of(request, now), staff_id)

    @post("/{staff_id:uuid}/sign-out-everywhere", status_code=204, summary="Sign out everywhere")
    async def sign_out_everywhere(
        self,
        request: SignedInRequest,
        staff_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> None:
        """Tokens end here at once; the other quanta accept them for up to 15 minutes."""
        await accounts.sign_out_everywhere(session, act_of(request, now), staff_id)

    @delete("/{staff_id:uuid}/identity", summary="Let an account be opened by another identity")
    async def unlink(
        self,
        request: SignedInRequest,
        staff_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> None:
        """The identity at the provider that opens the account is forgotten (404 without one).

        The member is signed out everywhere. The next identity with the account's verified
        address opens it: this is for a member who got another one there.
        """
        await identities.unlink(session, act_of(request, now), staff_id)
