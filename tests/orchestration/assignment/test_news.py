"""What might serve a ticket that waits is news to the next look, until a run has seen it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from api.messages import ContractStandingToSysops, Window
from api.sysops.assignment import service as policies
from api.sysops.audit.service import Act
from api.sysops.catalogue import service as catalogue
from api.sysops.experts import service as experts
from api.sysops.holidays import service as holidays
from api.sysops.tickets import changes, service
from orchestration.assignment.news import news
from tests.api.sysops.conftest import add_staff
from tests.databases import Databases
from tests.integration.assignment.test_run import open_tickets, run
from tests.messaging import deliver, send
from tests.world import add_expert, furnish, tomorrow_at

TOMORROW = tomorrow_at(0).date()
WISH = Window(tomorrow_at(16), tomorrow_at(19))
EVERY_DAY = [(day, time(8), time(17)) for day in range(1, 8)]
Deed = Callable[[AsyncSession, Act, Databases], Awaitable[object]]


async def told(databases: Databases) -> str | None:
    """What the sensor would start a run for."""
    async with databases.sessions("sysops", "assigner") as opened, opened() as session:
        return await news(session)


async def do(databases: Databases, deed: Deed) -> None:
    ((admin,),) = databases.rows(
        "sysops", "SELECT id FROM staff WHERE 'administrator' = ANY(roles)"
    )
    act = Act(admin, ["administrator"], datetime.now(UTC))
    async with databases.sessions("sysops", "sysops_api") as opened, opened.begin() as session:
        await deed(session, act, databases)


def one(databases: Databases, query: str) -> Any:
    """The only value of the only row."""
    ((value,),) = databases.rows("sysops", query)
    return value


async def cancel(session: AsyncSession, act: Act, databases: Databases) -> None:
    ticket = await service.load(
        session, one(databases, "SELECT id FROM ticket WHERE status = 'assigned'")
    )
    await changes.change(session, ticket, "cancel", service.SYSTEM, act.now, reason="It works.")


async def widen(session: AsyncSession, act: Act, databases: Databases) -> None:
    far = one(databases, "SELECT id FROM expert WHERE radius_km = 1")
    skills = [("laptop", 3, date(2099, 1, 1))]
    wanted = experts.Wanted("78701", 60, skills, EVERY_DAY, most_visits_a_day=4, active=True)
    await experts.keep(session, act, far, wanted)


async def end_time_off(session: AsyncSession, act: Act, databases: Databases) -> None:
    ((absence, ill),) = databases.rows("sysops", "SELECT id, expert_id FROM time_off")
    await experts.remove_time_off(session, act, ill, absence)


async def ask_for_less(session: AsyncSession, act: Act, _: Databases) -> None:
    values = {
        "name": "Laptop repair",
        "device_type": "laptop",
        "duration_minutes": 90,
        "survey_template": None,
        "active": True,
    }
    await catalogue.keep_ticket_type(session, act, "laptop-repair", values, [("laptop", 1)])


async def use_another_policy(session: AsyncSession, act: Act, _: Databases) -> None:
    await policies.use(session, act, "least-travel")


async def remove_a_holiday(session: AsyncSession, act: Act, _: Databases) -> None:
    await holidays.remove(session, act, TOMORROW + timedelta(days=7))


@pytest.fixture
async def waiting(databases: Databases) -> Databases:
    """A ticket that waits: the only window that suits it is another ticket's, one expert who could
    come lives too far away and another one is ill. A week later is a holiday.
    """
    furnish(databases)
    add_staff(databases, "administrator")
    ill = add_expert(databases, "ill")
    add_expert(databases)
    add_expert(databases, "far", latitude=31, radius_km=1)
    for statement, value in (
        ("INSERT INTO time_off (expert_id, during, reason) VALUES (%s, '[,]', 'ill')", ill),
        ("INSERT INTO holiday VALUES (%s, 'A holiday', now())", TOMORROW + timedelta(days=7)),
    ):
        databases.execute("sysops", statement, value)
    await open_tickets(databases, 1, WISH)
    await open_tickets(databases, 1, WISH)
    assert await told(databases) is not None
    await run(databases)
    assert await told(databases) is None
    assert databases.rows("sysops", "SELECT status FROM ticket ORDER BY status") == [
        ("assigned",),
        ("open",),
    ]
    return databases


@pytest.mark.parametrize("deed", [cancel, widen, end_time_off])
async def test_what_gives_a_ticket_somebody_is_news_until_a_run_has_seen_it(
    waiting: Databases, deed: Deed
) -> None:
    await do(waiting, deed)
    first = await told(waiting)
    assert first is not None
    assert await told(waiting) == first
    assert (await run(waiting)).assigned == 1
    assert await told(waiting) is None


async def test_what_changes_the_rules_or_restores_a_contract_is_news_and_a_suspension_is_none(
    waiting: Databases,
) -> None:
    contract = one(waiting, "SELECT contract_id FROM ticket WHERE status = 'open'")
    for version, standing in enumerate(("suspended", "good"), 1):
        assert await told(waiting) is None
        message = ContractStandingToSysops(
            contract_id=contract,
            standing=standing,  # type: ignore[arg-type]
            version=version,
            at=datetime.now(UTC),
        )
        await send(waiting, message, role="biller")
        await deliver(waiting, "billing", "sysops")
    known = set()
    for deed in (use_another_policy, remove_a_holiday, ask_for_less):
        known.add(await told(waiting))
        await do(waiting, deed)
    known.add(await told(waiting))
    assert len(known) == 4
    assert None not in known
    await run(waiting)
    assert await told(waiting) is None


async def test_what_was_open_while_the_run_read_is_news_once_it_is_committed(
    waiting: Databases,
) -> None:
    with waiting.connect("sysops") as other, other.transaction():
        other.execute("UPDATE expert SET radius_km = 500 WHERE radius_km = 1")
        await run(waiting)
        assert await told(waiting) is None
    assert await told(waiting) is not None


async def test_what_serves_nobody_is_no_news_and_neither_is_what_the_run_did_itself(
    waiting: Databases,
) -> None:
    # The run escalates the ticket: the time to find somebody for it is over.
    waiting.execute("sysops", "UPDATE assignment SET status = 'accepted'")
    waiting.execute("sysops", "UPDATE ticket SET status = 'accepted' WHERE status = 'assigned'")
    await run(waiting, datetime.now(UTC) + timedelta(hours=9))
    statuses = "SELECT status FROM ticket ORDER BY status"
    assert waiting.rows("sysops", statuses) == [("accepted",), ("escalated",)]
    assert await told(waiting) is None
    # Nobody waits any more.
    waiting.execute("sysops", "UPDATE ticket SET status = 'cancelled'")
    await do(waiting, end_time_off)
    assert await told(waiting) is None
