"""Money goes back once, whatever the provider does and wherever the process dies."""

from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from api.billing.adjustments import service
from api.billing.adjustments.history import Act
from api.kernel.outside.http_payments import HttpPayments
from api.kernel.outside.payments import (
    ProviderError,
    RefundOutcome,
    RefundRefused,
    RefundRequest,
    Unknown,
)
from orchestration.billing.charging import ProviderRefusesUs
from orchestration.billing.refunding import Refunder, RefundProgress
from orchestration.local.sandbox.server import Running
from tests.orchestration.billing.conftest import charges, settings_for
from tests.orchestration.billing.faults import Countdown, Killed, killed_at
from tests.orchestration.billing.test_charging import TOTAL, owing
from tests.orchestration.billing.world import World

GOOD = "4242424242424242"


class Odd:
    """The real provider, but for what happens to refunds; it may be killed around each call."""

    def __init__(
        self,
        provider: HttpPayments,
        *,
        answers: RefundOutcome | ProviderError | None = None,
        loses: bool = False,
        countdown: Countdown | None = None,
    ) -> None:
        """`answers` is said without doing anything; with `loses` it is done and not said."""
        self._provider, self._answers, self._loses = provider, answers, loses
        self._countdown = countdown or Countdown(0)

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        if isinstance(self._answers, ProviderError):
            raise self._answers
        if self._answers is not None:
            return self._answers
        self._countdown.pass_point()
        outcome = await self._provider.refund(request)
        self._countdown.pass_point()
        return Unknown("lost") if self._loses else outcome

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)


async def paid(world: World, provider: HttpPayments) -> UUID:
    await owing(world, GOOD)
    assert (await world.charge(provider)).approved == 1
    invoice: UUID = world.value("SELECT id FROM invoice")
    return invoice


async def intend(world: World, invoice: UUID, cents: int | None = None) -> UUID:
    """Finance refunds over the API's own role."""
    async with world.as_role("billing_api") as sessions, sessions.begin() as session:
        act = Act(uuid4(), "A visit was missed.", world.now)
        made = await service.refund(session, invoice, act, amount_cents=cents, source="invoice")
        return made.id


async def give_back(world: World, provider: Any) -> RefundProgress:
    async with world.as_role("card_charge") as sessions:
        return await Refunder(sessions, provider, lambda: world.now).run()


def state(world: World) -> tuple[Any, ...]:
    return world.rows("SELECT refund.status, refunded_cents FROM refund, invoice")[0]


async def test_a_refund_is_given_back_once_and_booked(world: World, provider: HttpPayments) -> None:
    invoice = await paid(world, provider)
    await intend(world, invoice, 1000)
    assert (await give_back(world, provider)).refunded == 1
    assert (await give_back(world, provider)).refunded == 0
    assert state(world) == ("refunded", 1000)
    (charge,) = await charges(provider)
    assert charge.refunded_cents == 1000
    assert world.balance() == {"cash": TOTAL - 1000, "revenue": -1037, "tax": -42}
    last = world.sent("customer", "invoice_issued")[-1]["settlements"]
    assert [(it["kind"], it["status"]) for it in last] == [
        ("payment", "done"),
        ("credit_note", "done"),
        ("refund", "done"),
    ]


@pytest.mark.parametrize("refund_id", [UUID(int=1), UUID(int=2**128 - 1)])
async def test_what_a_customer_is_told_was_done_is_in_the_order_of_cause_and_effect(
    world: World, provider: HttpPayments, refund_id: UUID
) -> None:
    await intend(world, await paid(world, provider), 1000)
    world.execute("UPDATE refund SET id = %s", refund_id)
    assert (await give_back(world, provider)).refunded == 1
    told = world.sent("customer", "invoice_issued")[-1]["settlements"]
    assert len({it["at"] for it in told}) == 1
    assert [it["kind"] for it in told] == ["payment", "credit_note", "refund"]


async def test_a_lost_answer_is_asked_for_and_not_given_back_twice(
    world: World, provider: HttpPayments
) -> None:
    await intend(world, await paid(world, provider))
    assert (await give_back(world, Odd(provider, loses=True))).unknown == 1
    assert state(world) == ("unknown", TOTAL)
    assert (await give_back(world, provider)).refunded == 1
    (charge,) = await charges(provider)
    assert charge.refunded_cents == TOTAL
    assert world.balance() == {}


async def test_what_stays_unknown_is_alerted_after_an_hour_and_closed_when_it_is_known(
    world: World, provider: HttpPayments
) -> None:
    await intend(world, await paid(world, provider))
    silent = Odd(provider, answers=Unknown("no answer"))
    await give_back(world, silent)
    assert world.rows("SELECT 1 FROM alert") == []
    world.now += timedelta(hours=2)
    await give_back(world, silent)
    assert world.rows("SELECT kind, status FROM alert") == [("refund_unknown", "open")]
    await give_back(world, provider)
    assert world.rows("SELECT kind, status FROM alert") == [("refund_unknown", "closed")]


async def test_what_the_provider_refuses_is_the_customers_credit(
    world: World, provider: HttpPayments
) -> None:
    invoice = await paid(world, provider)
    await intend(world, invoice, 700)
    refusing = Odd(provider, answers=RefundRefused("not_refundable", "The card is closed."))
    assert (await give_back(world, refusing)).refused == 1
    assert state(world) == ("refused", 0)
    assert world.rows("SELECT cents FROM credit_balance") == [(700,)]
    assert world.balance()["credit"] == -700
    assert world.sent("customer", "credit_changed")[-1]["cents"] == 700
    assert world.rows("SELECT kind FROM alert") == [("refund_refused",)]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(409, json={"code": "key_in_use", "detail": "An earlier one is under way."}),
        httpx.Response(409, text="<html>Conflict</html>"),
    ],
)
async def test_a_conflict_that_is_no_refusal_leaves_the_refund_open(
    world: World, provider: HttpPayments, sandbox: Running, answer: httpx.Response
) -> None:
    """Taken for a refusal, the customer would have the credit and the money."""
    await intend(world, await paid(world, provider))

    async def say(request: httpx.Request) -> httpx.Response:
        page = httpx.Response(200, json={"refunds": []})
        return answer if request.method == "POST" else page

    client = httpx.AsyncClient(transport=httpx.MockTransport(say))
    async with HttpPayments(settings_for(sandbox.url), client) as busy:
        assert (await give_back(world, busy)).unknown == 1
    assert state(world) == ("unknown", TOTAL)
    assert world.rows("SELECT cents FROM credit_balance") == []
    assert (await give_back(world, provider)).refunded == 1


async def test_a_fault_of_ours_is_alerted_and_a_refused_key_stops_the_step(
    world: World, provider: HttpPayments
) -> None:
    await intend(world, await paid(world, provider))
    wrong = Odd(provider, answers=ProviderError(400, "bad_request"))
    assert (await give_back(world, wrong)).failed == 1
    assert world.rows("SELECT kind FROM alert") == [("refund_not_possible",)]
    with pytest.raises(ProviderRefusesUs):
        await give_back(world, Odd(provider, answers=ProviderError(401, "wrong_key")))
    assert state(world) == ("intent", TOTAL)
    assert (await give_back(world, provider)).refunded == 1


@pytest.mark.parametrize("point", [*range(1, 34, 2)])
async def test_killed_at_any_point_the_money_goes_back_once_and_the_books_agree(
    world: World, provider: HttpPayments, point: int
) -> None:
    invoice = await paid(world, provider)
    with killed_at(point) as countdown, suppress(Killed):
        await intend(world, invoice, 400)
        await give_back(world, Odd(provider, countdown=countdown))
    if world.value("SELECT count(*) FROM refund") == 0:
        # It died before the intent was committed: nothing has happened.
        assert world.balance() == {"cash": TOTAL, "revenue": -1999, "tax": -80}
        await intend(world, invoice, 400)
    await give_back(world, provider)
    await give_back(world, provider)
    (charge,) = await charges(provider)
    assert charge.refunded_cents == 400
    assert state(world) == ("refunded", 400)
    assert world.balance() == {"cash": TOTAL - 400, "revenue": -1614, "tax": -65}
    assert (
        world.rows("SELECT posting_id FROM ledger_entry GROUP BY 1 HAVING sum(amount_cents) <> 0")
        == []
    )
    assert world.value("SELECT count(*) FROM finance_act WHERE act = 'refund'") == 1
