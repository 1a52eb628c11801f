"""Every issued invoice is charged once, whatever provider, cards and other accounts do."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from api.kernel.outside.http_payments import HttpPayments
from api.kernel.outside.payments import (
    ChargeOutcome,
    ChargeRequest,
    IdempotencyConflict,
    ProviderError,
)
from orchestration.billing.charging import NotAllBooked, ProviderRefusesUs
from orchestration.billing.collecting import ChargingAlready
from orchestration.billing.exclusive import CHARGING, only_one
from orchestration.local.sandbox.server import serving
from orchestration.local.sandbox.settings import SandboxSettings
from tests.orchestration.billing.conftest import charges, settings_for
from tests.orchestration.billing.world import OCTOBER, World

DECLINED = "4000000000000002"
CUT_AFTER_CHARGE = "4000000000300030"
CUT_BEFORE_CHARGE = "4000000000300048"
SILENT_AFTER_CHARGE = "4000000000300022"
ERROR_500 = "4000000000300055"
TOTAL = 2079


async def owing(world: World, *numbers: str | None) -> list[UUID]:
    """Contracts with an issued invoice each, and with a card for each number."""
    world.plan()
    contracts = [world.contract(starts_on=OCTOBER.first) for _ in numbers]
    for contract, number in zip(contracts, numbers, strict=True):
        if number:
            await world.card(contract, number)
    world.previous_run(len(numbers), len(numbers) * TOTAL)
    assert (await world.bill()).issued == len(numbers)
    return contracts


def invoice(world: World, contract: UUID) -> tuple[Any, ...]:
    return world.rows("SELECT status, reason FROM invoice WHERE contract_id = %s", contract)[0]


def run_status(world: World) -> str:
    status: str = world.value("SELECT status FROM billing_run WHERE period = '2026-10-01'")
    return status


async def test_a_charged_invoice_is_paid_in_the_books_and_the_customer_told(
    world: World, provider: HttpPayments
) -> None:
    (contract,) = await owing(world, "4242424242424242")
    progress = await world.charge(provider)
    assert (progress.total, progress.approved) == (1, 1)
    assert invoice(world, contract) == ("paid", None)
    assert world.balance() == {"cash": TOTAL, "revenue": -1999, "tax": -80}
    (charge,) = await charges(provider)
    assert (charge.amount_cents, charge.reference) == (TOTAL, "INV-00000001")
    (payment,) = world.rows("SELECT idempotency_key, provider_reference, status FROM payment")
    assert payment == (charge.idempotency_key, charge.provider_ref, "approved")
    states = [(it["status"], it["version"]) for it in world.sent("customer", "invoice_issued")]
    assert states == [("issued", 2), ("paid", 3)]
    assert run_status(world) == "finished"


async def test_a_declined_card_makes_an_alert_and_a_dunning_row_and_stops_nobody(
    world: World, provider: HttpPayments
) -> None:
    bad, good, none = await owing(world, DECLINED, "5555555555554444", None)
    progress = await world.charge(provider)
    assert (progress.approved, progress.declined) == (1, 2)
    assert invoice(world, bad) == ("declined", "The card was declined.")
    assert invoice(world, good) == ("paid", None)
    assert invoice(world, none) == ("declined", "There is no card to charge.")
    details = [row[0] for row in world.rows("SELECT detail FROM alert ORDER BY detail")]
    assert sorted(it.split("paid. ")[1] for it in details) == [
        "The card was declined.",
        "There is no card to charge.",
    ]
    tomorrow = world.now + timedelta(days=1)
    assert world.rows("SELECT status, step, next_at FROM dunning") == [
        ("running", 0, tomorrow),
        ("running", 0, tomorrow),
    ]
    told = [it for it in world.sent("customer", "invoice_issued") if it["status"] == "declined"]
    assert {it["reason"] for it in told} == {
        "The card was declined.",
        "There is no card to charge.",
    }
    assert world.balance() == {
        "cash": TOTAL,
        "receivable": 2 * TOTAL,
        "revenue": -3 * 1999,
        "tax": -3 * 80,
    }
    assert run_status(world) == "finished"


async def test_the_newest_card_that_has_not_expired_is_charged(
    world: World, provider: HttpPayments
) -> None:
    (contract,) = await owing(world, DECLINED)
    newer = await world.card(contract, "5555555555554444", days=-20)
    await world.card(contract, "4242424242424242", exp_year=2025, days=-10)
    await world.charge(provider)
    assert invoice(world, contract) == ("paid", None)
    assert world.rows("SELECT card_id FROM payment") == [(newer,)]


async def test_the_card_that_the_customer_chose_is_charged_unless_another_was_added_to_be_tried(
    world: World, provider: HttpPayments
) -> None:
    (contract,) = await owing(world, DECLINED)
    chosen = world.value("SELECT card_id FROM vault_card")
    await world.card(contract, "5555555555554444", days=-20)
    world.execute("INSERT INTO default_card SELECT customer_id, %s, 1 FROM contract", chosen)
    await world.charge(provider)
    assert world.rows("SELECT card_id, status FROM payment") == [(chosen, "declined")]
    world.now += timedelta(minutes=5)
    added = await world.card(contract, days=0)
    assert (await world.follow_up(provider, days=0.01)).approved == 1
    assert world.rows("SELECT card_id FROM payment WHERE attempt = 2") == [(added,)]


@pytest.mark.parametrize("number", [CUT_AFTER_CHARGE, SILENT_AFTER_CHARGE])
async def test_a_lost_answer_is_asked_for_and_not_charged_again(
    world: World, provider: HttpPayments, number: str
) -> None:
    (contract,) = await owing(world, number)
    assert (await world.charge(provider)).unknown == 1
    assert invoice(world, contract) == ("issued", None)
    assert world.rows("SELECT status FROM payment") == [("unknown",)]
    assert run_status(world) == "charging"
    assert (await world.follow_up(provider)).approved == 1
    assert invoice(world, contract) == ("paid", None)
    assert len(await charges(provider)) == 1
    assert run_status(world) == "finished"


@pytest.mark.parametrize("number", [CUT_BEFORE_CHARGE, ERROR_500])
async def test_a_charge_that_never_arrives_stays_open_and_is_alerted_after_an_hour(
    world: World, provider: HttpPayments, number: str
) -> None:
    (contract,) = await owing(world, number)
    await world.charge(provider)
    await world.follow_up(provider)
    assert world.rows("SELECT 1 FROM alert") == []
    await world.follow_up(provider, days=0.1)
    assert world.rows("SELECT kind, status FROM alert") == [("payment_unknown", "open")]
    assert invoice(world, contract) == ("issued", None)
    assert world.rows("SELECT attempt, status FROM payment") == [(1, "unknown")]
    assert await charges(provider) == []


async def test_a_provider_that_is_away_costs_nothing_but_time(
    world: World, sandbox_settings: SandboxSettings
) -> None:
    await owing(world, *["4242424242424242"] * 3)
    async with HttpPayments(settings_for("http://127.0.0.1:9")) as away:
        assert (await world.charge(away)).unknown == 3
    async with serving(sandbox_settings) as running, HttpPayments(settings_for(running.url)) as it:
        assert (await world.follow_up(it)).approved == 3
        assert len(await charges(it)) == 3
    assert run_status(world) == "finished"


async def test_a_finished_month_run_again_writes_nothing(
    world: World, provider: HttpPayments
) -> None:
    await owing(world, "4242424242424242", DECLINED, None)
    await world.charge(provider)
    before = world.fingerprint()
    await world.bill()
    await world.charge(provider)
    await world.follow_up(provider)
    assert world.fingerprint() == before


async def test_a_card_that_does_not_open_is_one_declined_account(
    world: World, provider: HttpPayments
) -> None:
    broken, good = await owing(world, "4242424242424242", "4242424242424242")
    world.execute(
        "UPDATE vault_card SET ciphertext = 'nonsense' WHERE customer_id ="
        " (SELECT customer_id FROM contract WHERE id = %s)",
        broken,
    )
    await world.charge(provider)
    assert invoice(world, broken) == ("declined", "The card could not be used.")
    assert invoice(world, good) == ("paid", None)


async def test_an_undecided_charge_of_a_removed_card_is_not_sent_again(
    world: World, provider: HttpPayments
) -> None:
    (contract,) = await owing(world, CUT_BEFORE_CHARGE)
    await world.charge(provider)
    world.execute("UPDATE vault_card SET status = 'removed'")
    assert (await world.follow_up(provider)).unknown == 1
    assert (await world.follow_up(provider, days=1.1)).declined == 1
    assert invoice(world, contract) == ("declined", "The card was removed.")


async def test_two_charge_steps_at_once_are_one(world: World, provider: HttpPayments) -> None:
    await owing(world, "4242424242424242")
    async with world.as_role("card_charge") as sessions, only_one(sessions, CHARGING) as alone:
        assert alone
        with pytest.raises(ChargingAlready):
            await world.charge(provider)
    assert (await world.charge(provider)).approved == 1


async def test_no_log_of_the_step_holds_a_number(
    world: World, provider: HttpPayments, capsys: pytest.CaptureFixture[str]
) -> None:
    await owing(world, "4242424242424242", DECLINED, CUT_AFTER_CHARGE)
    await world.charge(provider)
    said = "".join(capsys.readouterr())
    assert not any(number in said for number in ("4242424242424242", DECLINED, CUT_AFTER_CHARGE))


class Troubled:
    """A provider of another make, that answers charges with one error."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.asked = 0

    async def charge(self, request: ChargeRequest) -> ChargeOutcome:
        self.asked += 1
        raise self.error

    async def find(self, *_: Any) -> None:
        return None

    def list_charges(self, *_: Any) -> AsyncIterator[Any]:
        raise NotImplementedError

    async def refund(self, *_: Any) -> Any:
        raise NotImplementedError

    find_refund = refund
    list_refunds = list_disputes = list_charges


async def test_a_provider_that_refuses_our_key_is_asked_no_further(
    world: World, provider: HttpPayments
) -> None:
    await owing(world, *["4242424242424242"] * 30)
    refusing = Troubled(ProviderError(401, "wrong_key"))
    with pytest.raises(ProviderRefusesUs, match="401"):
        await world.charge(refusing)
    assert refusing.asked <= 4
    assert (await world.follow_up(provider)).approved == 30


@pytest.mark.parametrize(
    "error", [ProviderError(400, "bad_request"), IdempotencyConflict(422, "key_reused")]
)
async def test_a_fault_of_ours_is_alerted_and_leaves_the_payment_open(
    world: World, provider: HttpPayments, error: Exception
) -> None:
    (contract,) = await owing(world, "4242424242424242")
    assert (await world.charge(Troubled(error))).failed == 1
    assert world.rows("SELECT kind, status FROM alert") == [("payment_not_possible", "open")]
    assert (await world.follow_up(provider)).approved == 1
    assert world.rows("SELECT kind, status FROM alert") == [("payment_not_possible", "closed")]
    assert invoice(world, contract) == ("paid", None)


async def test_an_account_that_breaks_the_code_stops_nobody_else(
    world: World, provider: HttpPayments
) -> None:
    await owing(world, "4242424242424242", "4242424242424242")
    assert (await world.charge(Troubled(RuntimeError("a bug")))).unknown == 2
    assert (await world.follow_up(provider)).approved == 2


async def test_an_outcome_that_cannot_be_booked_fails_alone(
    world: World, provider: HttpPayments
) -> None:
    first, second, third = await owing(world, *["4242424242424242"] * 3)
    world.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'no'; END $$;"
        f"CREATE TRIGGER refuse BEFORE UPDATE ON invoice FOR EACH ROW"
        f" WHEN (NEW.status = 'paid' AND NEW.contract_id = '{second}') EXECUTE FUNCTION refuse()"
    )
    with pytest.raises(NotAllBooked, match="1 outcomes"):
        await world.charge(provider)
    assert [invoice(world, it)[0] for it in (first, second, third)] == ["paid", "issued", "paid"]
    world.execute("DROP TRIGGER refuse ON invoice")
    assert (await world.follow_up(provider)).approved == 1
    assert len(await charges(provider)) == 3
