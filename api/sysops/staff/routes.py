"""Signing in as staff."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import ACCESS_TOKEN_LIFE, STAFF_ROLES, Requires, SignedInRequest, TokenSigner
from api.kernel.errors import NotFound
from api.kernel.fields import Email
from api.kernel.transaction import SECRET_ANSWER
from api.sysops.staff import service
from api.sysops.staff.tables import Staff


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    email: Email
    password: str


class SignedIn(msgspec.Struct):
    """Send the token as `Authorization: Bearer`; `expires_in` is in seconds."""

    access_token: str
    token_type: str
    expires_in: int
    staff_id: UUID
    roles: list[str]


class Me(msgspec.Struct):
    id: UUID
    full_name: str
    email: str
    roles: list[str]


class StaffController(Controller):
    path = "/"

    @post("/sessions", status_code=200, summary="Sign in as staff", opt={SECRET_ANSWER: True})
    async def sign_in(
        self,
        data: JSONBody[SignIn],
        session: NamedDependency[AsyncSession],
        signer: NamedDependency[TokenSigner],
        now: NamedDependency[datetime],
    ) -> SignedIn:
        """Answers with an access token for the quanta that the roles have to do with.

        After five wrong passwords for an address the answer is 429 for a minute, and for twice
        as long after each further one, up to an hour; `Retry-After` says how long.
        """
        staff, token = await service.sign_in(session, signer, data.email, data.password, now)
        return SignedIn(
            access_token=token,
            token_type="Bearer",  # noqa: S106 - the scheme's name
            expires_in=int(ACCESS_TOKEN_LIFE.total_seconds()),
            staff_id=staff.id,
            roles=sorted(staff.roles),
        )

    @get("/me", guards=[Requires(*STAFF_ROLES)], summary="Who am I")
    async def me(self, request: SignedInRequest, session: NamedDependency[AsyncSession]) -> Me:
        """The signed-in member of staff."""
        staff = await session.get(Staff, request.user.id)
        if staff is None:
            raise NotFound("This account is gone.")
        return Me(staff.id, staff.full_name, staff.email, sorted(staff.roles))
