"""Values that travel as one array a column come as they were given."""

from typing import Any

import pytest
from sqlalchemy import select

from api.kernel import clock, sets
from api.sysops.assignment.tables import AssignmentPolicy
from api.sysops.catalogue.tables import TicketType
from tests.databases import Databases
from tests.world import furnish


@pytest.mark.parametrize("lists", [[[], [], []], [[1], [2], [3]], [[], [1], [2, 3]]])
async def test_json_that_is_a_list_stays_one_whatever_the_lengths(
    databases: Databases, lists: list[Any]
) -> None:
    made = [
        AssignmentPolicy(
            name=f"list-{number}", version=1, settings=one, note="-", created_at=clock.now()
        )
        for number, one in enumerate(lists)
    ]
    async with databases.sessions("sysops", "sysops_api") as sessions, sessions.begin() as session:
        await sets.insert_all(session, made)

    query = "SELECT settings FROM assignment_policy WHERE name LIKE 'list-%%' ORDER BY name"
    assert [row[0] for row in databases.rows("sysops", query)] == lists


async def test_what_equals_any_of_a_list_is_asked_anew_for_each_list(databases: Databases) -> None:
    furnish(databases)
    codes = ["laptop-repair", "tv-repair"]
    async with databases.sessions("sysops", "sysops_api") as sessions, sessions() as session:
        for wanted in ([], codes[:1], codes, codes[1:], ["nothing"]):
            query = select(TicketType.code).where(sets.equals_any(TicketType.code, wanted))
            found = set(await session.scalars(query))
            assert found == set(wanted) & set(codes)
