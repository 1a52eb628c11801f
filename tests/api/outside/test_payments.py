import asyncio
import copy
import pickle  # noqa: TID251 - to see that it cannot
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest
from pydantic import HttpUrl, SecretStr

from api.kernel.outside.http_payments import HttpPayments, PaymentSettings
from api.kernel.outside.payments import (
    Approved,
    Card,
    CardNumber,
    ChargeRequest,
    Declined,
    IdempotencyConflict,
    PaymentProvider,
    ProviderError,
    ProviderUnavailable,
    Refunded,
    RefundRefused,
    RefundRequest,
    Unknown,
)
from orchestration.local.sandbox.server import Running
from tests.api.outside.conftest import Inspector

GOOD = "4242424242424242"
NO_FUNDS = "4000000000009995"
SLOW = "4000000000300014"
SILENT = "4000000000300022"
CUT_AFTER = "4000000000300030"
CUT_BEFORE = "4000000000300048"
FAIL_BEFORE = "4000000000300055"


def configured(url: str, **changes: float | str) -> PaymentSettings:
    return PaymentSettings.model_validate(
        {
            "payments_url": HttpUrl(f"{url}/payments"),
            "payments_key": SecretStr("test"),
            "payments_timeout_seconds": 30,
            "payments_page_size": 2,
            **changes,
        }
    )


def request(key: str = "k1", number: str = GOOD, amount_cents: int = 1999) -> ChargeRequest:
    return ChargeRequest(
        idempotency_key=key,
        amount_cents=amount_cents,
        currency="USD",
        card=Card(number=CardNumber(number), expiry_month=12, expiry_year=2099),
        reference="INV-2026-000001",
    )


def give_back(charge: str, amount_cents: int, key: str = "r1") -> RefundRequest:
    return RefundRequest(idempotency_key=key, provider_ref=charge, amount_cents=amount_cents)


async def approved(provider: PaymentProvider, key: str = "k1", amount_cents: int = 1999) -> str:
    outcome = await provider.charge(request(key, amount_cents=amount_cents))
    assert isinstance(outcome, Approved)
    return outcome.provider_ref


@pytest.fixture
async def provider(sandbox: Running) -> AsyncIterator[PaymentProvider]:
    async with HttpPayments(configured(sandbox.url)) as opened:
        yield opened


@pytest.fixture
async def hasty(sandbox: Running) -> AsyncIterator[PaymentProvider]:
    """Waits 1 s for an answer, half of what the slow card takes."""
    async with HttpPayments(configured(sandbox.url, payments_timeout_seconds=1)) as opened:
        yield opened


async def test_a_good_card_is_charged_once_however_often_it_is_asked(
    provider: PaymentProvider, inspector: Inspector
) -> None:
    outcomes = [await provider.charge(request()) for _ in range(3)]
    (charged,) = await inspector.charges()
    assert outcomes == [Approved(charged["id"])] * 3
    assert (charged["amount"], charged["reference"]) == (1999, "INV-2026-000001")


async def test_a_declined_card_says_why(provider: PaymentProvider) -> None:
    outcome = await provider.charge(request(number=NO_FUNDS))
    assert isinstance(outcome, Declined)
    assert outcome.code == "insufficient_funds"
    assert outcome.message == "The card has insufficient funds."
    assert await provider.find("k1", 1999, "USD") == outcome


@pytest.mark.parametrize("other", [request(amount_cents=2000), request(number=NO_FUNDS)])
async def test_a_key_used_with_another_request_is_an_error_and_no_charge(
    provider: PaymentProvider, inspector: Inspector, other: ChargeRequest
) -> None:
    await provider.charge(request())
    with pytest.raises(IdempotencyConflict, match=r"^422: idempotency_key_reused$"):
        await provider.charge(other)
    assert len(await inspector.charges()) == 1


@pytest.mark.parametrize("number", [SILENT, CUT_AFTER])
async def test_a_lost_answer_is_unknown_until_it_is_asked_about(
    hasty: PaymentProvider, provider: PaymentProvider, inspector: Inspector, number: str
) -> None:
    assert isinstance(await hasty.charge(request(number=number)), Unknown)
    found = await provider.find("k1", 1999, "USD")
    (charged,) = await inspector.charges()
    assert found == Approved(charged["id"])
    assert await provider.charge(request(number=number)) == found


@pytest.mark.parametrize("number", [CUT_BEFORE, FAIL_BEFORE])
async def test_a_failure_before_the_charge_is_unknown_and_then_found_not_to_be(
    provider: PaymentProvider, inspector: Inspector, number: str
) -> None:
    assert isinstance(await provider.charge(request(number=number)), Unknown)
    assert await provider.find("k1", 1999, "USD") is None
    assert await inspector.charges() == []


async def test_a_charge_that_is_made_after_nobody_waits_any_more_is_still_one_charge(
    hasty: PaymentProvider, provider: PaymentProvider, inspector: Inspector
) -> None:
    assert isinstance(await hasty.charge(request(number=SLOW)), Unknown)
    assert await hasty.find("k1", 1999, "USD") is None
    outcome = await provider.charge(request(number=SLOW))
    (charged,) = await inspector.charges()
    assert outcome == Approved(charged["id"])


async def test_a_provider_that_is_down_is_unknown_and_never_a_guess(unused_port: int) -> None:
    async with HttpPayments(configured(f"http://127.0.0.1:{unused_port}")) as provider:
        assert await provider.charge(request()) == Unknown("ConnectError")
        assert await provider.find("k1", 1999, "USD") == Unknown("ConnectError")
        assert await provider.refund(give_back("ch_1", 1)) == Unknown("ConnectError")
        assert await provider.find_refund(give_back("ch_1", 1)) == Unknown("ConnectError")
        with pytest.raises(ProviderUnavailable, match=r"^ConnectError$") as failed:
            await anext(aiter(provider.list_charges(datetime.now(UTC), datetime.now(UTC))))
        assert failed.value.__cause__ is None


async def test_a_busy_provider_is_unknown_and_the_repeat_is_charged_once(
    provider: PaymentProvider, inspector: Inspector
) -> None:
    await inspector.switch(payments={"refuse_rate": 1})
    assert await provider.charge(request()) == Unknown("HTTP 503")
    await inspector.switch(payments={"drop_rate": 1})
    assert isinstance(await provider.charge(request()), Unknown)
    await inspector.switch()
    assert isinstance(await provider.charge(request()), Approved)
    assert len(await inspector.charges()) == 1


async def test_a_wrong_key_is_an_error_not_an_outcome(sandbox: Running) -> None:
    settings = configured(sandbox.url, payments_key="revoked")
    async with HttpPayments(settings) as provider:
        with pytest.raises(ProviderError, match=r"^401: unauthorized$"):
            await provider.charge(request())
        with pytest.raises(ProviderError, match=r"^401: unauthorized$"):
            await provider.find("k1", 1999, "USD")


async def test_a_charge_the_provider_does_not_understand_is_an_error(
    provider: PaymentProvider,
) -> None:
    with pytest.raises(ProviderError, match=r"^400: invalid_request$"):
        await provider.charge(request(amount_cents=0))


@pytest.mark.parametrize(("status", "body"), [(201, "{}"), (402, "no"), (302, ""), (429, "")])
async def test_an_answer_that_says_nothing_is_unknown(status: int, body: str) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, text=body))
    async with HttpPayments(
        configured("https://pay.example"), httpx.AsyncClient(transport=transport)
    ) as provider:
        assert isinstance(await provider.charge(request()), Unknown)


# So slow that what is measured is waiting, also on a machine that is busy.
@pytest.mark.parametrize("slow_seconds", [1.5])
async def test_many_charges_run_at_the_same_time(
    sandbox: Running, inspector: Inspector, slow_seconds: float
) -> None:
    begun = time.monotonic()
    async with HttpPayments(configured(sandbox.url, payments_timeout_seconds=20)) as provider:
        outcomes = await asyncio.gather(
            *(provider.charge(request(f"k{place}", SLOW)) for place in range(64))
        )
    one_after_another = 64 * slow_seconds
    assert time.monotonic() - begun < one_after_another / 3
    assert {type(outcome) for outcome in outcomes} == {Approved}
    assert len(await inspector.charges()) == 64


async def test_the_list_holds_every_charge_of_the_range_in_order(
    provider: PaymentProvider, inspector: Inspector
) -> None:
    outcomes = [await provider.charge(request(f"k{place}")) for place in range(5)]
    await provider.charge(request("k5", NO_FUNDS))
    first = (await inspector.charges())[-1]
    since = datetime.fromisoformat(first["created_at"])
    listed = [charge async for charge in provider.list_charges(since, since + timedelta(hours=1))]
    assert [Approved(charge.provider_ref) for charge in listed[:5]] == outcomes
    assert (listed[5].status, listed[5].code) == ("declined", "insufficient_funds")
    assert listed[0].created_at == since
    assert [charge async for charge in provider.list_charges(since - timedelta(1), since)] == []


async def test_a_refund_is_given_once_however_often_it_is_asked(
    provider: PaymentProvider, inspector: Inspector
) -> None:
    charge = await approved(provider)
    assert await provider.find_refund(give_back(charge, 500)) is None
    outcomes = [await provider.refund(give_back(charge, 500)) for _ in range(2)]
    assert isinstance(outcomes[0], Refunded)
    assert await provider.find_refund(give_back(charge, 500)) == outcomes[0] == outcomes[1]
    assert (await inspector.charges())[0]["refunded"] == 500


async def test_the_list_of_refunds_holds_each_of_the_range_in_order(
    provider: PaymentProvider,
) -> None:
    charge = await approved(provider)
    refs = []
    for place in range(5):
        outcome = await provider.refund(give_back(charge, 100 + place, f"r{place}"))
        assert isinstance(outcome, Refunded)
        refs.append(outcome.provider_ref)
    now = datetime.now(UTC)
    listed = [it async for it in provider.list_refunds(now - timedelta(hours=1), now)]
    assert [it.provider_ref for it in listed] == refs
    assert {it.charge_ref for it in listed} == {charge}
    assert [(it.idempotency_key, it.amount_cents) for it in listed[:2]] == [
        ("r0", 100),
        ("r1", 101),
    ]
    later = provider.list_refunds(listed[3].created_at, now)
    assert [it.provider_ref async for it in later] == refs[3:]


async def test_a_lost_refund_is_unknown_until_it_is_asked_about(
    provider: PaymentProvider, inspector: Inspector
) -> None:
    charge = await approved(provider)
    await inspector.switch(payments={"drop_rate": 1})
    assert isinstance(await provider.refund(give_back(charge, 500)), Unknown)
    await inspector.switch()
    assert isinstance(await provider.find_refund(give_back(charge, 500)), Refunded)


async def test_more_than_was_taken_is_not_given_back(provider: PaymentProvider) -> None:
    charge = await approved(provider, amount_cents=1000)
    outcome = await provider.refund(give_back(charge, 1001))
    assert isinstance(outcome, RefundRefused)
    assert outcome.code == "not_refundable"


async def test_a_refund_key_used_for_another_amount_is_an_error(
    provider: PaymentProvider,
) -> None:
    charge = await approved(provider)
    await provider.refund(give_back(charge, 500))
    with pytest.raises(IdempotencyConflict):
        await provider.refund(give_back(charge, 501))


async def test_a_refund_of_an_unknown_charge_is_an_error(provider: PaymentProvider) -> None:
    with pytest.raises(ProviderError, match=r"^404: no_such_charge$"):
        await provider.refund(give_back("ch_none", 1))


def test_a_card_number_does_not_print_copy_or_turn_into_json() -> None:
    number = CardNumber(GOOD)
    shown = f"{number} {number!r} {number!s} {number:>30} {request()} %s" % number
    assert GOOD not in shown
    for way_out in (pickle.dumps, copy.copy, copy.deepcopy, msgspec.json.encode):
        with pytest.raises(TypeError) as refused:
            way_out(number)
        assert GOOD not in str(refused.value)


@pytest.mark.parametrize("digits", ["", "4242", "4242 4242 4242 4242", "४२४२४२४२४२४२४२४२"])
def test_what_is_no_card_number_is_refused_without_repeating_it(digits: str) -> None:
    with pytest.raises(ValueError, match=r"^a card number is 12 to 19 digits$"):
        CardNumber(digits)
