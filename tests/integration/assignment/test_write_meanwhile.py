"""What a run decided is written while others are at work, and whatever dies."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.database import database
from api.messages import ContractStandingToSysops
from api.sysops.audit.service import Act
from api.sysops.experts import withdrawals
from api.sysops.tickets import changes, service, visits
from orchestration.assignment.write import write
from tests.databases import Databases
from tests.integration.assignment.planning import CHANGED, HOURS, Planning, window
from tests.messaging import deliver, send
from tests.world import add_expert

KILLED = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE wait_event_type = 'Lock' AND datname = current_database()
"""
NOW = datetime.now(UTC)
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE wait_event_type = 'Lock' AND datname = current_database()
"""
Deed = Callable[[AsyncSession], Awaitable[object]]


async def test_what_was_written_before_the_process_died_stands_and_the_next_run_goes_on(
    databases: Databases,
) -> None:
    planning = await Planning.begin(databases, 4)
    first, second = sorted((add_expert(databases, "ada"), add_expert(databases, "ben")))
    planned = planning.plan(
        (0, first, window(8)),
        (1, second, window(8)),
        (2, first, window(10)),
        (3, second, window(10)),
    )
    with databases.connect("sysops") as other, other.transaction():
        other.execute("SELECT 1 FROM expert WHERE id = %s FOR NO KEY UPDATE", [second])
        writing = asyncio.create_task(planning.write(planned, experts_a_batch=1, at_once=1))
        while not databases.rows("sysops", KILLED):  # noqa: ASYNC110 - what waits is in PostgreSQL
            await asyncio.sleep(0.01)
        with pytest.raises(DBAPIError):
            await writing
    assert planning.written() == {0, 2}
    assert await planning.write(planned) == {0: CHANGED, 2: CHANGED}
    assert planning.written() == {0, 1, 2, 3}
    assert await planning.wrong() == {}


async def test_an_expert_whom_somebody_holds_for_long_holds_up_nobody_else(
    databases: Databases,
) -> None:
    planning = await Planning.begin(databases, 2)
    free, held = add_expert(databases, "free"), add_expert(databases, "held")
    planned = planning.plan((0, free, window(8)), (1, held, window(8)))
    url = databases.url("sysops", "assigner")
    with databases.connect("sysops") as other, other.transaction():
        other.execute("SELECT 1 FROM expert WHERE id = %s FOR NO KEY UPDATE", [held])
        async with database(url, name="test", pool_size=1) as sessions:
            async with sessions() as session:
                await session.execute(text("SET lock_timeout = '20ms'"))
                await session.commit()
            skipped: dict[UUID, str] = await write(sessions, planning.run_id, planned, planning.now)
    words = "Somebody else was busy with the expert while the run was at work."
    assert skipped == {planning.tickets[1]: words}
    assert planning.written() == {0}


async def test_a_suspension_waits_for_what_is_being_proposed_and_leaves_it_and_bars_the_rest(
    databases: Databases,
) -> None:
    planning = await Planning.begin(databases, 2)
    ((contract,),) = databases.rows("sysops", "SELECT contract_id FROM entitlement")
    first, second = sorted((add_expert(databases, "ada"), add_expert(databases, "ben")))
    planned = planning.plan((0, first, window(8)), (1, second, window(8)))
    suspended = ContractStandingToSysops(
        contract_id=contract, standing="suspended", version=1, at=NOW
    )
    await send(databases, suspended, role="biller")
    with databases.connect("sysops") as other, other.transaction():
        other.execute("SELECT 1 FROM expert WHERE id = %s FOR NO KEY UPDATE", [first])
        writing = asyncio.create_task(planning.write(planned, experts_a_batch=1, at_once=1))
        await _wait_for(databases, 1)
        telling = asyncio.create_task(deliver(databases, "billing", "sysops"))
        await _wait_for(databases, 2)
    await telling
    assert await writing == {1: "The contract went out of force while the run was at work."}
    assert planning.written() == {0}
    assert await planning.wrong() == {}
    # A run that did not look would be seen.
    await planning.propose(planned[1])
    assert await planning.wrong() == {"without_contract": 1}


async def test_two_runs_answers_cancellations_and_a_retirement_at_once(
    databases: Databases,
) -> None:
    planning = await Planning.begin(databases, 18)
    experts = [add_expert(databases, name) for name in ("ada", "ben", "joe")]
    accepting, _, leaving = experts
    today = [(expert, window(hour)) for hour in (8, 10) for expert in experts]
    await planning.write(planning.plan(*((n, *slot) for n, slot in enumerate(today))))
    later = [(expert, window(hour, day=1)) for hour in HOURS for expert in experts]
    planned = planning.plan(*((n, *slot) for n, slot in enumerate(later, len(today))))
    cancelled = planning.tickets[6:9]
    standing = databases.rows("sysops", "SELECT id, expert_id FROM assignment")
    deeds = [
        *(
            _answer(*visit, accept=visit[1] == accepting)
            for visit in standing
            if visit[1] != leaving
        ),
        *(_cancel(ticket) for ticket in cancelled),
        _retire(leaving, by=accepting),
    ]
    url = databases.url("sysops", "sysops_api")
    async with database(url, name="test", pool_size=len(deeds)) as desk:

        async def do(deed: Deed) -> None:
            async with desk.begin() as session:
                await deed(session)

        await asyncio.gather(
            planning.write(planned, experts_a_batch=3),
            *(do(deed) for deed in deeds),
            planning.write(planned[::-1], experts_a_batch=1),
        )
    assert await planning.wrong() == {}
    states = dict(databases.rows("sysops", "SELECT id, status FROM ticket"))
    assert {states[ticket] for ticket in cancelled} == {"cancelled"}
    for one in planned[len(cancelled) :]:
        given = "open" if one.proposal.expert_id == leaving else "assigned"
        assert states[one.proposal.ticket_id] == given


async def _wait_for(databases: Databases, waiting: int) -> None:
    """Until so many connections wait for a lock."""
    while databases.rows("sysops", WAITING) != [(waiting,)]:  # noqa: ASYNC110 - as above
        await asyncio.sleep(0.01)


def _answer(visit: UUID, expert: UUID, *, accept: bool) -> Deed:
    reason = None if accept else "Too far."
    return lambda session: visits.answer(session, visit, expert, NOW, accept=accept, reason=reason)


def _cancel(ticket_id: UUID) -> Deed:
    async def cancel(session: AsyncSession) -> None:
        ticket = await service.load(session, ticket_id)
        await changes.change(session, ticket, "cancel", service.SYSTEM, NOW, reason="It works.")

    return cancel


def _retire(expert: UUID, *, by: UUID) -> Deed:
    act = Act(actor_id=by, roles={"administrator"}, now=NOW)
    return lambda session: withdrawals.retire(session, act, expert)
