"""Reading statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts.tables import Account, Address
from api.customer.cards.tables import Card
from api.customer.contracts.tables import Contract
from api.customer.statements.documents import Document, document
from api.customer.statements.tables import Statement
from api.kernel.errors import NotFound
from api.kernel.paging import Position
from api.kernel.sets import equals_any
from api.messages import Settlement


@dataclass(frozen=True)
class Whole:
    """A statement with what was done about it, and the cards that this names."""

    statement: Statement
    settlements: Sequence[Settlement]
    cards: dict[UUID, Card]


async def page(
    session: AsyncSession, account_id: UUID, after: Position | None, size: int
) -> list[Statement]:
    """The customer's statements after a position, the newest first."""
    query = select(Statement).where(Statement.account_id == account_id)
    if after is not None:
        query = query.where(tuple_(Statement.issued_at, Statement.id) < (after.moment, after.id))
    query = query.order_by(Statement.issued_at.desc(), Statement.id.desc()).limit(size)
    return list(await session.scalars(query))


async def find(session: AsyncSession, account_id: UUID, statement_id: UUID) -> Whole:
    """One statement of the customer; raises NotFound."""
    statement = await session.get(Statement, statement_id)
    if statement is None or statement.account_id != account_id:
        raise NotFound("You have no such statement.")
    settlements = msgspec.convert(statement.settlements, list[Settlement])
    named = {it.card_id for it in settlements if it.card_id is not None}
    query = select(Card).where(equals_any(Card.id, named), Card.account_id == account_id)
    return Whole(statement, settlements, {it.id: it for it in await session.scalars(query)})


async def printed(session: AsyncSession, account_id: UUID, statement_id: UUID) -> Document:
    """One statement in words, for the address that its contract is for; raises NotFound."""
    whole = await find(session, account_id, statement_id)
    account = await session.get_one(Account, account_id)
    contract = await session.get(Contract, whole.statement.contract_id)
    if contract is None:
        raise NotFound("The contract of this statement is not here yet. Try again in a minute.")
    address = await session.get_one(Address, contract.address_id)
    return document(whole.statement, whole.settlements, account, address, whole.cards)
