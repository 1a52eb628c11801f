"""Reading statements."""

from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.statements.tables import Statement
from api.kernel.paging import Position


async def page(
    session: AsyncSession, account_id: UUID, after: Position | None, size: int
) -> list[Statement]:
    """The customer's statements after a position, the newest first."""
    query = select(Statement).where(Statement.account_id == account_id)
    if after is not None:
        query = query.where(tuple_(Statement.issued_at, Statement.id) < (after.moment, after.id))
    query = query.order_by(Statement.issued_at.desc(), Statement.id.desc()).limit(size)
    return list(await session.scalars(query))
