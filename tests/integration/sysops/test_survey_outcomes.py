"""What an answered survey does to the ticket that it is about."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from api.messages import SurveyOutcome
from api.sysops.tickets.rules import Action
from api.sysops.tickets.service import SYSTEM, load, transition
from tests.api.sysops.conftest import ticket_id
from tests.api.sysops.lives import status_of
from tests.databases import Databases
from tests.messaging import dead_letters, deliver, send
from tests.world import household

__all__ = ["ticket_id"]

NOW = datetime.now(UTC)


@pytest.fixture
def home() -> object:
    return household()


async def walk(databases: Databases, ticket_id: UUID, *steps: Action) -> int:
    """Take the ticket through these steps, a minute each; answers with its version."""
    async with databases.sessions("sysops", "sysops_api") as sessions, sessions.begin() as session:
        ticket = await load(session, ticket_id)
        for step in steps:
            at = NOW + timedelta(minutes=ticket.version)
            await transition(session, ticket, step, SYSTEM, at)
        return ticket.version


async def answer(databases: Databases, ticket_id: UUID, version: int | None) -> None:
    outcome = SurveyOutcome(ticket_id=ticket_id, score=5, answered_at=NOW, ticket_version=version)
    await send(databases, outcome)
    await deliver(databases, "customer", "sysops")


async def test_an_answer_closes_the_resolution_that_it_is_about_and_no_later_one(
    databases: Databases, ticket_id: UUID
) -> None:
    visit: tuple[Action, ...] = ("assign", "accept", "start", "complete")
    first = await walk(databases, ticket_id, *visit)
    second = await walk(databases, ticket_id, "reopen", *visit)
    await answer(databases, ticket_id, first)
    assert status_of(databases, ticket_id)[0] == "resolved"
    await answer(databases, ticket_id, second)
    assert status_of(databases, ticket_id)[0] == "closed"


async def test_an_answer_from_a_sender_that_knew_no_versions_still_closes(
    databases: Databases, ticket_id: UUID
) -> None:
    await walk(databases, ticket_id, "assign", "accept", "start", "complete")
    await answer(databases, ticket_id, None)
    assert status_of(databases, ticket_id)[0] == "closed"


async def test_an_answer_about_a_ticket_that_is_not_here_waits(databases: Databases) -> None:
    await answer(databases, uuid4(), 5)
    assert dead_letters(databases, "customer", "sysops") == 0
    assert databases.rows("customer", "SELECT attempts FROM to_sysops.pgqueuer") == [(1,)]
