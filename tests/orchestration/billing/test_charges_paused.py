"""After a restore no payment is begun until the provider's books were compared."""

from api.kernel.outside.http_payments import HttpPayments
from tests.orchestration.billing.conftest import charges
from tests.orchestration.billing.test_charging import CUT_AFTER_CHARGE, invoice, owing, run_status
from tests.orchestration.billing.world import OCTOBER, World


async def test_while_charges_are_paused_what_is_undecided_is_asked_for_and_nothing_begun(
    world: World, provider: HttpPayments
) -> None:
    undecided, later = await owing(world, CUT_AFTER_CHARGE, "4242424242424242")
    world.execute("UPDATE contract SET held_since = now() WHERE id = %s", later)
    assert (await world.charge(provider)).unknown == 1
    world.execute("UPDATE contract SET held_since = NULL WHERE id = %s", later)

    async with world.as_role("card_charge") as sessions:
        paused = world.collector(sessions, provider, paused=True)
        await paused.follow_up()
        await paused.charge_run(OCTOBER)

    assert invoice(world, undecided) == ("paid", None)
    assert invoice(world, later) == ("issued", None)
    assert (len(await charges(provider)), run_status(world)) == (1, "charging")
    await world.follow_up(provider)
    assert invoice(world, later) == ("paid", None)
    assert len(await charges(provider)) == 2
