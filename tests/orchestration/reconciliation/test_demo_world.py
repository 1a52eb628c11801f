"""The demo world was never carried by messages, and yet keeps every promise."""

import asyncio

from tests.databases import Databases
from tests.integration.demo.support import NOON, SMALL_WORLD, load_world
from tests.orchestration.reconciliation.world import broken, run


async def test_no_promise_is_broken_in_the_whole_history_of_the_demo_world(
    databases: Databases,
) -> None:
    await asyncio.to_thread(load_world, databases, SMALL_WORLD)
    recent = await run(databases, now=NOON)
    history = await run(databases, everything=True, now=NOON)
    assert broken(recent) == broken(history) == {}
    for name in (
        "customers_see_the_state_of_tickets",
        "proposed_experts_are_told",
        "resolutions_are_surveyed",
        "invoices_reach_customers",
    ):
        assert history.findings[name].checked > 2 * recent.findings[name].checked, name
    assert recent.findings["proposed_experts_are_told"].checked > 0
    assert recent.findings["customers_are_told_who_comes"].checked > 0
