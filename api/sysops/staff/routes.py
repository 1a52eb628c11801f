"""Who is signed in."""

from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import STAFF_ROLES, Requires, SignedInRequest
from api.kernel.errors import NotFound
from api.sysops.staff.tables import Staff


class Me(msgspec.Struct):
    id: UUID
    full_name: str
    email: str
    roles: list[str]


class StaffController(Controller):
    path = "/"

    @get("/me", guards=[Requires(*STAFF_ROLES)], summary="Who am I")
    async def me(self, request: SignedInRequest, session: NamedDependency[AsyncSession]) -> Me:
        """The signed-in member of staff."""
        staff = await session.get(Staff, request.user.id)
        if staff is None:
            raise NotFound("This account is gone.")
        return Me(staff.id, staff.full_name, staff.email, sorted(staff.roles))
