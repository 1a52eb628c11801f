"""A healthy world raises no alarm, whatever is on its way at the moment of the check."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from tests.databases import Databases
from tests.messaging import deliver
from tests.orchestration.reconciliation.world import World, broken


async def test_an_empty_world_keeps_every_promise(world: World) -> None:
    report = await world.reconcile()
    assert broken(report) == {}
    assert {it.checked for it in report.findings.values()} == {0}
    assert (report.dead_letters, report.oldest) == (0, timedelta(0))


async def test_every_step_of_a_tickets_life_is_whole_in_flight_and_after_it_arrived(
    world: World,
) -> None:
    async def whole() -> None:
        assert broken(await world.reconcile()) == {}
        await world.carry()
        report = await world.reconcile()
        assert broken(report) == {}
        assert sum(it.held for it in report.findings.values()) == 0

    ticket_id = await world.submit()
    await whole()
    await world.photograph(ticket_id)
    await whole()
    visit_id = await world.propose(ticket_id)
    await whole()
    await world.accept(visit_id)
    await whole()
    await world.set_out(visit_id)
    await whole()
    await world.resolve(visit_id)
    await whole()
    await world.take_by_phone()
    await whole()
    await world.bill()
    await whole()
    everything = await world.reconcile(everything=True)
    assert broken(everything) == {}
    assert {name: it.checked for name, it in everything.findings.items()} == {
        "submitted_tickets_arrive": 1,
        "photos_reach_who_solves_the_ticket": 1,
        "customers_see_the_state_of_tickets": 2,
        "proposed_experts_are_told": 1,
        "customers_are_told_who_comes": 0,
        "resolutions_are_surveyed": 1,
        "invoices_reach_customers": 1,
        "credit_reaches_customers": 0,
        "customers_know_how_they_are_billed": 0,
        "notifications_to_customers_leave": 3,
        "notifications_to_staff_leave": 1,
    }


async def opened(world: World) -> UUID:
    ticket_id = await world.submit()
    await world.carry()
    return ticket_id


async def test_who_hears_that_the_expert_is_on_the_way_has_heard_who_comes(world: World) -> None:
    visit_id = await world.propose(await opened(world))
    await world.accept(visit_id)
    # Word of the acceptance is still on its way when the next word arrives.
    world.lose("sysops", "customer", "ticket_progress")
    await world.set_out(visit_id)
    await world.carry()
    report = await world.reconcile()
    assert broken(report) == {}
    assert report.findings["customers_are_told_who_comes"].checked == 1


async def test_what_is_on_its_way_counts_as_in_flight_and_is_late_after_a_minute(
    world: World,
) -> None:
    await world.submit()
    fresh = (await world.reconcile()).findings["submitted_tickets_arrive"]
    assert (fresh.checked, fresh.in_flight, fresh.late) == (1, 1, 0)
    later = datetime.now(UTC) + timedelta(minutes=2)
    report = await world.reconcile(now=later)
    finding = report.findings["submitted_tickets_arrive"]
    assert (finding.kept, finding.in_flight, finding.late) == (True, 1, 1)
    assert timedelta(minutes=2) <= report.oldest < timedelta(minutes=3)


async def test_a_dead_letter_is_held_and_counted_and_its_ticket_is_not_lost(
    world: World, databases: Databases
) -> None:
    databases.execute("sysops", "DELETE FROM entitlement")
    await world.submit()
    databases.execute("customer", "UPDATE to_sysops.pgqueuer SET attempts = 11")
    await deliver(databases, "customer", "sysops")
    report = await world.reconcile(mend=True)
    finding = report.findings["submitted_tickets_arrive"]
    assert (finding.kept, finding.held) == (True, 1)
    assert report.dead_letters == 1
    assert report.sent_again == {}


async def test_another_message_about_a_ticket_is_not_taken_for_the_ticket_itself(
    world: World, databases: Databases
) -> None:
    await world.submit()
    databases.execute("customer", "UPDATE to_sysops.pgqueuer SET entrypoint = 'ticket_requested'")
    assert broken(await world.reconcile()) == {"submitted_tickets_arrive": {"missing": 1}}


async def test_what_ended_long_ago_is_read_with_the_whole_history_alone(
    world: World, databases: Databases
) -> None:
    await world.submit()
    await world.carry()
    databases.execute(
        "sysops", "UPDATE ticket SET status = 'closed', version = 9, updated_at = '2026-01-01'"
    )
    recent = await world.reconcile()
    assert recent.findings["customers_see_the_state_of_tickets"].checked == 0
    assert broken(recent) == {}
    history = await world.reconcile(everything=True)
    assert broken(history) == {"customers_see_the_state_of_tickets": {"behind": 1}}
