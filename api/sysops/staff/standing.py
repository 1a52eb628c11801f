"""Whether a token that is well signed is still worth something in this quantum."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import STAFF_ISSUER, Principal
from api.kernel.errors import NotSignedIn
from api.kernel.transaction import SESSION
from api.sysops.staff.tables import Staff


async def still_valid(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A guard of all routes: who was deactivated or signed out everywhere is out at once.

    The other quanta cannot look here, and accept such a token until it expires.
    """
    principal: Principal | None = connection.user
    if principal is None or principal.issuer != STAFF_ISSUER:
        # Nobody, or a customer: their accounts are elsewhere, and the routes' guards keep them to
        # the few routes that are theirs.
        return
    session: AsyncSession = connection.scope["state"][SESSION]
    query = select(Staff.active, Staff.tokens_valid_from).where(Staff.id == principal.id)
    row = (await session.execute(query)).one_or_none()
    ended = row is None or not row.active
    if row is not None and row.tokens_valid_from is not None:
        ended = ended or principal.issued_at < row.tokens_valid_from
    if ended:
        raise NotSignedIn("You have been signed out. Sign in again.")
