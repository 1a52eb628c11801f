"""Our books against the provider's own list: every difference is found, said, and closes itself."""

from datetime import timedelta
from typing import Any

import pytest

from api.kernel.outside.http_payments import HttpPayments
from api.kernel.outside.payments import (
    Approved,
    Card,
    CardNumber,
    ChargeRequest,
    ProviderUnavailable,
    RefundRequest,
    Unknown,
)
from orchestration.billing import reconciling
from orchestration.billing.reconciling import WrongBooks
from tests.orchestration.billing.conftest import charges
from tests.orchestration.billing.reconciled import alerts, reconcile
from tests.orchestration.billing.test_charging import CUT_AFTER_CHARGE, DECLINED, TOTAL, owing
from tests.orchestration.billing.test_refunds import give_back, intend
from tests.orchestration.billing.world import World

GOOD = "4242424242424242"
CARD = Card(number=CardNumber(GOOD), expiry_month=12, expiry_year=2099)


async def test_books_that_agree_have_no_difference_and_nothing_is_written(
    world: World, provider: HttpPayments
) -> None:
    await owing(world, GOOD, GOOD, DECLINED)
    await world.charge(provider)
    await intend(world, world.value("SELECT id FROM invoice WHERE status = 'paid' LIMIT 1"), 500)
    await give_back(world, provider)
    before = world.fingerprint()
    done = await reconcile(world, provider)
    assert (done.charges, done.charged_cents) == (2, 2 * TOTAL)
    assert (done.refunds, done.refunded_cents) == (1, 500)
    assert done.differences == []
    assert world.fingerprint() == before


async def test_a_charge_nobody_booked_is_given_time_then_alerted_and_closed_by_the_follow_up(
    world: World, provider: HttpPayments
) -> None:
    await owing(world, CUT_AFTER_CHARGE)
    assert (await world.charge(provider)).unknown == 1
    assert (await reconcile(world, provider, after=timedelta())).differences == []
    for _ in range(2):
        await reconcile(world, provider)
        assert alerts(world) == ["charge_not_booked"]
    assert "The follow-up asks by the key" in world.value("SELECT detail FROM alert")
    assert (await world.follow_up(provider)).approved == 1
    await reconcile(world, provider)
    assert (alerts(world), alerts(world, "closed")) == ([], ["charge_not_booked"])


# What was changed behind everybody's back, what is alerted, and what puts it right.
WRONG = {
    "amount": (
        "UPDATE payment SET amount_cents = amount_cents - 1",
        ["charge_differs"],
        "UPDATE payment SET amount_cents = amount_cents + 1",
    ),
    "another charge": (
        "UPDATE payment SET provider_reference = 'ch_other'",
        ["charge_differs", "refund_differs"],
        None,
    ),
    "declined here": (
        "UPDATE payment SET status = 'declined'",
        ["charge_not_booked"],
        "UPDATE payment SET status = 'approved'",
    ),
    "never charged": (
        "UPDATE payment SET idempotency_key = 'payment-lost'",
        ["charge_not_at_provider", "charge_without_intent"],
        None,
    ),
    "refund amount": (
        "UPDATE refund SET amount_cents = 499",
        ["refund_differs"],
        "UPDATE refund SET amount_cents = 500",
    ),
    "refund refused here": (
        "UPDATE refund SET status = 'refused'",
        ["refund_not_booked"],
        "UPDATE refund SET status = 'refunded'",
    ),
    "refund unknown here": (
        "UPDATE refund SET status = 'unknown'",
        ["refund_not_booked"],
        "UPDATE refund SET status = 'refunded'",
    ),
    "refund never given": (
        "UPDATE refund SET idempotency_key = 'refund-lost'",
        ["refund_not_at_provider", "refund_without_intent"],
        None,
    ),
}


async def test_whatever_differs_is_alerted_with_a_repair_and_closed_when_it_agrees_again(
    world: World, provider: HttpPayments
) -> None:
    await owing(world, GOOD)
    await world.charge(provider)
    await intend(world, world.value("SELECT id FROM invoice"), 500)
    await give_back(world, provider)
    saved = world.rows("SELECT idempotency_key, provider_reference FROM payment")[0]
    refund_key = world.value("SELECT idempotency_key FROM refund")
    taken = await charges(provider)
    for name, (wrong, expected, right) in WRONG.items():
        world.execute(wrong)
        done = await reconcile(world, provider)
        assert alerts(world) == expected, name
        assert all("Repair: " in it.detail for it in done.differences), name
        if right is None:
            world.execute(
                "UPDATE payment SET idempotency_key = %s, provider_reference = %s", *saved
            )
            world.execute("UPDATE refund SET idempotency_key = %s", refund_key)
        else:
            world.execute(right)
        assert (await reconcile(world, provider)).differences == [], name
        assert alerts(world) == [], name
    assert await charges(provider) == taken


async def test_a_charge_or_refund_that_is_not_ours_is_alerted(
    world: World, provider: HttpPayments
) -> None:
    stolen = await provider.charge(
        ChargeRequest(
            idempotency_key="who-knows",
            amount_cents=100_000,
            currency="USD",
            card=CARD,
            reference="?",
        )
    )
    assert isinstance(stolen, Approved)
    await provider.refund(
        RefundRequest(idempotency_key="r", provider_ref=stolen.provider_ref, amount_cents=1)
    )
    await reconcile(world, provider)
    assert alerts(world) == ["charge_without_intent", "refund_without_intent"]
    detail = world.value("SELECT detail FROM alert WHERE kind = 'charge_without_intent'")
    assert "1,000.00 USD" in detail
    assert "change the provider's key" in detail


class Silent:
    """The real provider, with an empty list, and one answer to every question."""

    def __init__(self, provider: HttpPayments, answer: Any) -> None:
        self._provider, self._answer = provider, answer

    async def list_charges(self, *_: Any) -> Any:
        return
        yield

    async def find(self, *_: Any) -> Any:
        return self._answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)


async def test_what_the_list_does_not_hold_is_asked_for_before_it_is_said_to_be_missing(
    world: World, provider: HttpPayments, monkeypatch: pytest.MonkeyPatch
) -> None:
    await owing(world, GOOD, GOOD)
    await world.charge(provider)
    with pytest.raises(ProviderUnavailable):
        await reconcile(world, Silent(provider, Unknown("no answer")))
    assert alerts(world) == []
    await reconcile(world, Silent(provider, None))
    assert alerts(world) == ["charge_not_at_provider"] * 2
    monkeypatch.setattr(reconciling, "MOST_ASKED", 1)
    with pytest.raises(WrongBooks, match="More than 1 charges"):
        await reconcile(world, Silent(provider, None))
    elsewhere = await reconcile(
        world,
        Silent(provider, None),
        other_accounts=("ch_",),
    )
    assert (elsewhere.elsewhere, elsewhere.differences) == (2, [])
    await reconcile(world, provider)
    assert alerts(world) == []
