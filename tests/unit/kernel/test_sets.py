"""Rows that are written as one statement have to be set alike."""

from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel import sets
from api.sysops.experts.tables import Booking
from api.sysops.tickets.tables import Exclusion

NOBODY = UUID(int=0)


async def test_a_column_that_only_some_set_is_refused_and_not_forgotten() -> None:
    made = [Exclusion(ticket_id=NOBODY), Exclusion(ticket_id=NOBODY, reason="rejected")]
    with pytest.raises(ValueError, match="Every Exclusion of a set must have the same columns"):
        await sets.insert_all(AsyncSession(), made)


def test_the_statement_is_the_same_for_any_number_of_rows() -> None:
    few, many = ([{"expert_id": NOBODY}] * rows for rows in (1, 1000))
    assert str(sets.insert_of(Booking, few)) == str(sets.insert_of(Booking, many))
