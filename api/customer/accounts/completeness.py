"""What an account has to tell before an expert can be sent to its customer.

Who registers here tells all of it at once; who comes through an identity provider does not.
"""

from typing import Literal
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts.tables import Account, Address
from api.kernel.errors import Incomplete, NotFound

Missing = Literal["phone", "address"]
_HOW: dict[Missing, str] = {
    "phone": "Add your telephone number (PATCH /customer/me).",
    "address": "Add an address (POST /customer/me/addresses).",
}


async def missing(session: AsyncSession, account_id: UUID) -> list[Missing]:
    """What is not known yet; raises NotFound."""
    mine = exists().where(Address.account_id == account_id, Address.removed_at.is_(None))
    query = select(Account.phone, mine.label("has_address")).where(Account.id == account_id)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound("This account is gone.")
    found: list[Missing] = [] if row.phone else ["phone"]
    return found if row.has_address else [*found, "address"]


async def require_complete(session: AsyncSession, account_id: UUID) -> None:
    """Raises Incomplete, in words that say how to complete it."""
    lacking = await missing(session, account_id)
    if lacking:
        raise Incomplete(" ".join(_HOW[it] for it in lacking), lacking)
