"""Reminders come once a visit and window, and not for a visit that is off or elsewhere by then."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import dagster as dg
import pytest

from api.customer.tickets.reminders import remind
from api.kernel import clock
from api.messages import Window
from api.sysops.tickets import service
from api.sysops.tickets.proposals import Proposal, propose
from api.sysops.tickets.reminders import remind_experts
from orchestration.notifying import assets
from tests.databases import Databases
from tests.orchestration.reconciliation.world import World
from tests.world import tomorrow_at

START = tomorrow_at(15) + timedelta(days=2)
DAY_BEFORE = START - timedelta(hours=24)
# Six or, in summer, seven in the evening in Chicago, where the expert lives.
EVENING = START - timedelta(hours=15)


FRESHLY_ACCEPTED = """
UPDATE ticket_timeline SET at = window_start - interval '30 hours'
FROM ticket WHERE ticket.id = ticket_id
"""
CHOOSE = """UPDATE notification_preference SET choices = '{{"visit_reminder": "{}"}}'"""


@pytest.fixture
async def world(databases: Databases) -> World:
    return await World.make(databases)


async def promise(world: World, start: datetime = START) -> tuple[UUID, UUID]:
    """A visit that the customer was told of long ago; returns ticket and visit."""
    ticket_id = await world.submit()
    await world.carry()
    proposal = Proposal(
        ticket_id,
        world.expert_id,
        Window(start, start + timedelta(hours=2)),
        travel_km=3.2,
        cost=120,
    )
    async with world.acting("sysops", "assigner") as session:
        ticket = await service.load(session, ticket_id)
        visit = await propose(session, ticket, proposal, None, datetime.now(UTC))
        visit_id = visit.id
    await world.accept(visit_id)
    await world.carry()
    world.databases.execute("customer", "UPDATE ticket_timeline SET at = at - interval '3 days'")
    return ticket_id, visit_id


async def customers(world: World, now: datetime) -> int:
    async with world.acting("customer", "customer_reminder") as session:
        return await remind(session, now)


async def experts(world: World, now: datetime) -> int:
    async with world.acting("sysops", "sysops_reminder") as session:
        return await remind_experts(session, now)


def told(databases: Databases, database: str, kind: str) -> list[tuple[Any, ...]]:
    query = "SELECT channel, context FROM notification WHERE kind = %s ORDER BY id"
    return databases.rows(database, query, kind)


async def test_a_customer_is_reminded_once_however_often_it_is_looked_for(
    world: World, databases: Databases
) -> None:
    ticket_id, _ = await promise(world)
    assert await customers(world, DAY_BEFORE - timedelta(minutes=1)) == 0
    both = await asyncio.gather(customers(world, DAY_BEFORE), customers(world, DAY_BEFORE))
    assert 1 in both
    assert await customers(world, DAY_BEFORE + timedelta(hours=3)) == 0
    ((channel, context),) = told(databases, "customer", "visit_reminder")
    assert (channel, context["window_start"]) == ("sms", START.isoformat())
    assert (context["expert_name"], context["subject"]) == ("Eve", "Laptop: Laptop repair")
    ((cause, of_ticket),) = databases.rows(
        "customer", "SELECT cause, ticket_id FROM notification WHERE kind = 'visit_reminder'"
    )
    assert (cause, of_ticket) == (f"{ticket_id}/{START:%Y-%m-%dT%H:%M:%SZ}", ticket_id)


@pytest.mark.parametrize(
    ("change", "reminded"),
    [
        ("UPDATE notification_preference SET arrival_channel = 'email'", ["email"]),
        (CHOOSE.format("email"), ["email"]),
        (CHOOSE.format("none"), []),
        ("DELETE FROM notification_preference", ["sms"]),
        ("UPDATE ticket SET status = 'open', window_start = NULL, window_end = NULL", []),
        ("UPDATE ticket SET status = 'cancelled'", []),
        ("UPDATE ticket SET window_start = window_start + interval '1 day'", []),
        (FRESHLY_ACCEPTED, []),
    ],
)
async def test_a_reminder_goes_as_the_customer_wishes_and_only_of_a_visit_that_stands(
    world: World, databases: Databases, change: str, reminded: list[str]
) -> None:
    await promise(world)
    databases.execute("customer", change)
    await customers(world, DAY_BEFORE)
    assert [row[0] for row in told(databases, "customer", "visit_reminder")] == reminded


async def test_a_visit_that_was_moved_is_reminded_of_anew(
    world: World, databases: Databases
) -> None:
    await promise(world)
    assert await customers(world, DAY_BEFORE) == 1
    databases.execute(
        "customer",
        "UPDATE ticket SET window_start = window_start + interval '1 day',"
        " window_end = window_end + interval '1 day'",
    )
    assert await customers(world, DAY_BEFORE) == 0
    assert await customers(world, DAY_BEFORE + timedelta(days=1)) == 1


async def test_an_expert_hears_once_of_tomorrow_with_the_number_of_visits_and_the_first_window(
    world: World, databases: Databases
) -> None:
    for hour in (4, 0, 24):
        await promise(world, START + timedelta(hours=hour))
    # Proposed only: it is not promised.
    ticket_id = await world.submit()
    await world.carry()
    await world.propose(ticket_id)
    assert await experts(world, EVENING - timedelta(hours=3)) == 0
    for later in (0, 15, 60):
        await experts(world, EVENING + timedelta(minutes=later))
    ((channel, context),) = told(databases, "sysops", "visits_ahead")
    assert (channel, context["visits"], context["window_start"]) == ("sms", 2, START.isoformat())
    assert (context["city"], context["zip"]) == ("Austin", "78701")


async def test_an_expert_whose_visits_are_off_hears_nothing(
    world: World, databases: Databases
) -> None:
    ticket_id, _ = await promise(world)
    async with world.acting("sysops", "sysops_api") as session:
        ticket = await service.load(session, ticket_id)
        await service.transition(session, ticket, "cancel", service.SYSTEM, datetime.now(UTC))
    assert await experts(world, EVENING) == 0


@pytest.fixture
def environment(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, database, role in (
        ("CUSTOMER_REMINDER", "customer", "customer_reminder"),
        ("SYSOPS_REMINDER", "sysops", "sysops_reminder"),
        ("CUSTOMER_RECONCILER", "customer", "reconciler"),
        ("SYSOPS_RECONCILER", "sysops", "reconciler"),
    ):
        monkeypatch.setenv(f"SQUAD_{variable}_URL", databases.url(database, role))


@pytest.mark.usefixtures("environment")
async def test_the_job_reminds_and_fails_its_check_when_a_provider_takes_nothing(
    world: World, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    await promise(world)
    now = datetime.now(UTC)
    databases.execute(
        "customer",
        "INSERT INTO notification_attempt"
        " (notification_id, round, channel, provider, outcome, code, asked_at)"
        " SELECT id, 1, 'sms', 'sms.example', 'deferred', '20003', now()"
        " FROM notification, generate_series(1, 6) LIMIT 6",
    )
    run = in_thread(monkeypatch, DAY_BEFORE)
    first = await asyncio.to_thread(run)
    assert first.success
    assert told(databases, "customer", "visit_reminder")
    # The attempts are of now, and the job believes it is the day before the visit.
    monkeypatch.setattr(clock, "now", lambda: now)
    second = await asyncio.to_thread(run)
    (check,) = second.get_asset_check_evaluations()
    assert (check.passed, dict(check.metadata)["customer/sms"].value) == (
        False,
        "sms.example did not take 6 of 6, mostly 20003",
    )


def in_thread(
    monkeypatch: pytest.MonkeyPatch, now: datetime
) -> Callable[[], dg.ExecuteInProcessResult]:
    monkeypatch.setattr(clock, "now", lambda: now)
    made = [assets.customer_reminders, assets.expert_reminders, assets.deliveries]
    return lambda: dg.materialize(made, raise_on_error=True)
