"""Answers of a provider that are about something else, or put the question off."""

from typing import Any

import httpx
import pytest

from api.kernel.outside.http_payments import HttpPayments
from api.kernel.outside.payments import Approved, Refunded, Unknown
from tests.api.outside.test_payments import configured, give_back, request


@pytest.mark.parametrize(
    "change", [{"idempotency_key": "k2"}, {"amount": 1998}, {"currency": "CAD"}, "two"]
)
async def test_an_answer_about_another_charge_is_never_taken_for_this_one(change: Any) -> None:
    said: dict[str, Any] = {
        "id": "ch_1", "status": "approved", "amount": 1999, "refunded": 0, "currency": "USD",
        "reference": "", "idempotency_key": "k1", "created_at": "2026-11-01T00:00:00Z",
    }  # fmt: skip
    told = [said, said] if change == "two" else [said | change]
    transport = httpx.MockTransport(
        lambda asked: (
            httpx.Response(200, json={"charges": told})
            if asked.method == "GET"
            else httpx.Response(201, json=told[0])
        )
    )
    async with HttpPayments(
        configured("https://pay.example"), httpx.AsyncClient(transport=transport)
    ) as provider:
        found = await provider.find("k1", 1999, "USD")
        assert isinstance(found, Unknown)
        assert found.contradicts
        charged = await provider.charge(request())
        assert isinstance(charged, Approved if change == "two" else Unknown)


async def test_an_answer_about_another_refund_is_never_taken_for_this_one() -> None:
    said = {
        "id": "re_1", "charge_id": "ch_1", "amount": 500, "idempotency_key": "r1",
        "created_at": "2026-11-01T00:00:00Z",
    }  # fmt: skip
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"refunds": [said]}))
    async with HttpPayments(
        configured("https://pay.example"), httpx.AsyncClient(transport=transport)
    ) as provider:
        assert await provider.find_refund(give_back("ch_1", 500)) == Refunded("re_1")
        for other in (give_back("ch_2", 500), give_back("ch_1", 499), give_back("ch_1", 500, "r2")):
            found = await provider.find_refund(other)
            assert isinstance(found, Unknown)
            assert found.contradicts


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("7", 7.0), ("0", 0.0), ("", None), ("soon", None), ("3600", None),
     ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)],
)  # fmt: skip
async def test_a_limit_says_when_to_ask_again(said: str, seconds: float | None) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(429, headers={"Retry-After": said}))
    async with HttpPayments(
        configured("https://pay.example"), httpx.AsyncClient(transport=transport)
    ) as provider:
        assert await provider.charge(request()) == Unknown("HTTP 429", retry_after=seconds)
