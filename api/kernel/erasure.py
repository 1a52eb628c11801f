"""Whom this database has forgotten: a customer's id and what was done, and nothing else.

The row is written in the transaction of the erasure. Who writes about customers from messages
looks here, so that one that comes late, or again, does not bring a person back.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Column, MetaData, Table, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncSession

_ERASED = text("SELECT 1 FROM erased_customer WHERE customer_id = :id")
_ANY_ERASED = text("SELECT 1 FROM erased_customer WHERE customer_id = ANY(:ids) LIMIT 1")
_RECEIPT = text("SELECT receipt FROM erased_customer WHERE customer_id = :id")
_REMEMBER = text("""
INSERT INTO erased_customer (customer_id, erased_at, receipt)
VALUES (:id, :at, CAST(:receipt AS jsonb))
""")


def erased_table(metadata: MetaData) -> Table:
    """One row a customer who was erased; `receipt` counts rows by table."""
    return Table(
        "erased_customer",
        metadata,
        Column("customer_id", Uuid, primary_key=True),
        Column("erased_at", TIMESTAMP(timezone=True), nullable=False),
        Column("receipt", JSONB, nullable=False),
    )


ERASED_DDL = """
CREATE TABLE erased_customer (
    customer_id uuid NOT NULL CONSTRAINT pk_erased_customer PRIMARY KEY,
    erased_at timestamptz NOT NULL,
    receipt jsonb NOT NULL
)
"""


async def any_erased(session: AsyncSession, customer_ids: Sequence[UUID]) -> bool:
    found = await session.execute(_ANY_ERASED, {"ids": list(customer_ids)})
    return found.first() is not None


async def is_erased(session: AsyncSession, customer_id: UUID) -> bool:
    """Whether nothing must be written about this customer any more."""
    return await session.scalar(_ERASED, {"id": customer_id}) is not None


async def everybody(session: AsyncSession) -> set[UUID]:
    """The ids of all who were erased from this database."""
    return set(await session.scalars(text("SELECT customer_id FROM erased_customer")))


async def receipt_of(session: AsyncSession, customer_id: UUID) -> Any:
    """What was done in this database; None while nothing was."""
    return await session.scalar(_RECEIPT, {"id": customer_id})


async def remember(session: AsyncSession, customer_id: UUID, receipt: str, now: Any) -> None:
    """Write down that a customer was erased, with the receipt as JSON."""
    await session.execute(_REMEMBER, {"id": customer_id, "at": now, "receipt": receipt})
