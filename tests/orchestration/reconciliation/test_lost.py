"""Each kind of loss is found when the data is broken by hand, and mended where it can be."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from api.customer.attachments import service as attachments
from api.sysops.tickets.proposals import close_old
from orchestration.reconciliation.run import Report
from tests.databases import Databases
from tests.messaging import queued
from tests.orchestration.reconciliation.world import World, broken


async def mended(world: World) -> Report:
    """What is lost is sent once, arrives, and all is well."""
    first = await world.reconcile(mend=True)
    assert all(not first.left(name) for name in first.findings)
    again = await world.reconcile(mend=True)
    assert broken(again) == {}
    assert again.sent_again == {}
    await world.carry()
    healed = await world.reconcile(mend=True)
    assert broken(healed) == {}
    assert sum(it.in_flight for it in healed.findings.values()) <= len(world_mail(world))
    return first


def world_mail(world: World) -> list[tuple[str, bytes]]:
    return [
        *queued(world.databases, "customer", "customer"),
        *queued(world.databases, "sysops", "sysops"),
    ]


async def test_a_submitted_ticket_lost_on_its_way_to_sysops(
    world: World, databases: Databases
) -> None:
    ticket_id = await world.submit()
    world.lose("customer", "sysops", "ticket_created")
    report = await world.reconcile()
    assert broken(report) == {"submitted_tickets_arrive": {"missing": 1}}
    assert report.findings["submitted_tickets_arrive"].shown() == {"missing": [str(ticket_id)]}
    await mended(world)
    assert databases.rows("sysops", "SELECT id, contact_name FROM ticket") == [
        (ticket_id, "Ada Example")
    ]


async def test_a_state_lost_on_its_way_to_the_customer(world: World, databases: Databases) -> None:
    ticket_id = await world.submit()
    await world.carry()
    visit_id = await world.propose(ticket_id)
    await world.accept(visit_id)
    world.lose("sysops", "customer", "ticket_progress")
    assert broken(await world.reconcile()) == {
        "customers_see_the_state_of_tickets": {"behind": 1},
        "customers_are_told_who_comes": {"missing": 1},
    }
    report = await world.reconcile(mend=True)
    assert not report.left("customers_see_the_state_of_tickets")
    await world.carry()
    assert broken(await world.reconcile()) == {}
    assert databases.rows("customer", "SELECT status, expert_name FROM ticket") == [
        ("accepted", "Eve")
    ]
    assert ("expert_arriving",) in databases.rows("customer", "SELECT kind FROM notification")


async def test_word_of_a_photo_lost_on_its_way_to_sysops(
    world: World, databases: Databases
) -> None:
    ticket_id = await world.submit()
    photo_id = await world.photograph(ticket_id)
    world.lose("customer", "sysops", "ticket_attachment_changed")
    await world.carry()
    promise = "photos_reach_who_solves_the_ticket"
    assert broken(await world.reconcile()) == {promise: {"missing": 1}}
    await mended(world)
    async with world.acting("customer", "customer_api") as session:
        await attachments.remove(session, world.home.customer_id, photo_id, datetime.now(UTC))
    world.lose("customer", "sysops", "ticket_attachment_changed")
    assert broken(await world.reconcile()) == {promise: {"behind": 1}}
    await mended(world)
    rows = databases.rows("sysops", "SELECT file_name, removed_at IS NULL FROM ticket_attachment")
    assert rows == [(None, False)]


async def test_a_phone_ticket_lost_on_its_way_to_the_customer(
    world: World, databases: Databases
) -> None:
    ticket_id = await world.take_by_phone()
    await world.propose(ticket_id)
    world.lose("sysops", "customer", "phone_ticket_created")
    world.lose("sysops", "customer", "ticket_progress")
    assert broken(await world.reconcile()) == {"customers_see_the_state_of_tickets": {"missing": 1}}
    await mended(world)
    assert databases.rows("customer", "SELECT id, status, channel FROM ticket") == [
        (ticket_id, "assigned", "phone")
    ]


@pytest.mark.parametrize("closed", [False, True])
async def test_a_resolution_without_a_survey(
    world: World, databases: Databases, closed: bool
) -> None:
    ticket_id = await world.submit()
    await world.carry()
    visit_id = await world.propose(ticket_id)
    await world.accept(visit_id)
    await world.resolve(visit_id)
    await world.carry()
    if closed:
        async with world.acting("sysops", "assigner") as session:
            assert await close_old(session, datetime.now(UTC) + timedelta(days=15)) == 1
        await world.carry()
    databases.execute("customer", "DELETE FROM survey")
    assert broken(await world.reconcile()) == {"resolutions_are_surveyed": {"missing": 1}}
    await mended(world)
    assert databases.rows("customer", "SELECT ticket_id, ticket_version FROM survey") == [
        (ticket_id, 5)
    ]


async def test_an_expert_who_was_never_told_of_a_proposal(
    world: World, databases: Databases
) -> None:
    ticket_id = await world.submit()
    await world.carry()
    await world.propose(ticket_id)
    await world.carry()
    databases.execute("sysops", "DELETE FROM notification")
    assert broken(await world.reconcile()) == {"proposed_experts_are_told": {"missing": 1}}
    await mended(world)
    assert databases.rows("sysops", "SELECT kind, status FROM notification") == [
        ("visit_proposed", "queued")
    ]


async def test_an_invoice_lost_on_its_way_to_its_customer(
    world: World, databases: Databases
) -> None:
    invoice_id = await world.bill()
    world.lose("billing", "customer", "invoice_issued")
    assert broken(await world.reconcile()) == {"invoices_reach_customers": {"missing": 1}}
    await mended(world)
    databases.execute("billing", "UPDATE invoice SET status = 'paid', version = 2, paid_at = now()")
    assert broken(await world.reconcile()) == {"invoices_reach_customers": {"behind": 1}}
    await mended(world)
    assert databases.rows("customer", "SELECT id, status, version FROM statement") == [
        (invoice_id, "paid", 2)
    ]


async def test_credit_and_a_hold_lost_on_their_way_to_the_customer(
    world: World, databases: Databases
) -> None:
    await world.bill()
    await world.carry()
    databases.execute(
        "billing",
        "INSERT INTO credit_balance VALUES (%s, 'USD', 500, 1, now())",
        world.home.customer_id,
    )
    databases.execute("billing", "UPDATE contract SET held_since = now(), billing_version = 1")
    assert broken(await world.reconcile()) == {
        "credit_reaches_customers": {"missing": 1},
        "customers_know_how_they_are_billed": {"behind": 1},
    }
    await mended(world)
    assert databases.rows("customer", "SELECT cents FROM credit") == [(500,)]
    assert databases.rows("customer", "SELECT billing_held FROM contract") == [(True,)]


async def test_a_statement_that_asks_for_another_amount_than_billing_is_found(
    world: World, databases: Databases
) -> None:
    await world.bill()
    await world.carry()
    databases.execute("customer", "UPDATE statement SET due_cents = due_cents - 1")
    assert broken(await world.reconcile()) == {"invoices_reach_customers": {"differs": 1}}


@pytest.mark.parametrize(
    ("database", "channel", "promise"),
    [
        ("customer", "customer_notification", "notifications_to_customers_leave"),
        ("sysops", "staff_notification", "notifications_to_staff_leave"),
    ],
)
async def test_a_notification_that_nothing_will_ever_send(
    world: World, databases: Databases, database: str, channel: str, promise: str
) -> None:
    visit_id = await world.propose(await _open(world))
    await world.accept(visit_id)
    await world.carry()
    world.lose(database, database, channel)
    assert broken(await world.reconcile()) == {promise: {"missing": 1}}
    await mended(world)
    assert [name for name, _ in queued(databases, database, database)] == [channel]


async def test_what_no_repetition_can_mend_stays_an_alarm_and_is_mailed_once_a_day(
    world: World, databases: Databases
) -> None:
    await _open(world)
    databases.execute(
        "sysops",
        "INSERT INTO staff (email, full_name, phone, roles, created_at, updated_at)"
        " VALUES ('root@squad.example', 'Root', '+12125550100', '{administrator}', now(), now())",
    )
    databases.execute("customer", "UPDATE ticket SET status = 'escalated'")
    for _ in range(2):
        report = await world.reconcile(mend=True)
        assert broken(report) == {"customers_see_the_state_of_tickets": {"differs": 1}}
        assert len(report.left("customers_see_the_state_of_tickets")) == 1
    mails = databases.rows("sysops", "SELECT kind, channel, context ->> 'count' FROM notification")
    assert mails == [("promise_broken", "email", "1")]


async def test_a_customers_view_that_is_ahead_of_sysops_is_found(
    world: World, databases: Databases
) -> None:
    await _open(world)
    databases.execute("customer", "UPDATE ticket SET version = 7")
    assert broken(await world.reconcile()) == {"customers_see_the_state_of_tickets": {"ahead": 1}}


async def test_a_web_ticket_that_its_own_database_lost_is_not_made_up(
    world: World, databases: Databases
) -> None:
    await _open(world)
    databases.execute("customer", "DELETE FROM ticket_timeline")
    databases.execute("customer", "DELETE FROM ticket")
    report = await world.reconcile(mend=True)
    assert broken(report) == {"customers_see_the_state_of_tickets": {"missing": 1}}
    assert len(report.left("customers_see_the_state_of_tickets")) == 1
    assert queued(databases, "sysops", "customer") == []


async def _open(world: World) -> UUID:
    ticket_id = await world.submit()
    await world.carry()
    return ticket_id
