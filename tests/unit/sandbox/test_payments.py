import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from orchestration.local.sandbox.settings import SandboxSettings
from tests.unit.sandbox.actions import GOOD_CARD, body, charge, charges, refund

SLOW = "4000000000300014"
SILENT = "4000000000300022"
CUT_AFTER = "4000000000300030"
CUT_BEFORE = "4000000000300048"
FAIL_BEFORE = "4000000000300055"


async def test_a_good_card_is_approved_and_only_its_last_digits_are_told(
    http: httpx.AsyncClient,
) -> None:
    answer = await charge(http, "k1")
    made = answer.json()
    assert (answer.status_code, made["status"]) == (201, "approved")
    assert (made["brand"], made["last4"], made["amount"]) == ("visa", "4242", 1999)
    assert GOOD_CARD not in answer.text


async def test_a_declined_card_is_an_answer_with_a_reason(http: httpx.AsyncClient) -> None:
    answer = await charge(http, "k1", "4000000000009995")
    assert (answer.status_code, answer.json()["code"]) == (402, "insufficient_funds")


@pytest.mark.parametrize("number", [GOOD_CARD, "4000000000000002"])
async def test_a_repeat_gets_the_same_answer_and_has_no_second_effect(
    http: httpx.AsyncClient, number: str
) -> None:
    first = await charge(http, "k1", number)
    second = await charge(http, "k1", number)
    assert (second.status_code, second.json()) == (first.status_code, first.json())
    assert len(await charges(http)) == 1


@pytest.mark.parametrize(
    ("number", "amount"), [(GOOD_CARD, 2000), ("4111111111111111", 1999), (SLOW, 1999)]
)
async def test_a_used_key_with_another_body_is_refused(
    http: httpx.AsyncClient, number: str, amount: int
) -> None:
    await charge(http, "k1")
    answer = await charge(http, "k1", number, amount)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert len(await charges(http)) == 1


@pytest.mark.parametrize("number", [GOOD_CARD, SLOW])
async def test_twenty_requests_at_once_with_one_key_make_one_charge(
    http: httpx.AsyncClient, number: str
) -> None:
    answers = await asyncio.gather(*(charge(http, "k1", number) for _ in range(20)))
    assert {answer.json()["id"] for answer in answers} == {(await charges(http))[0]["id"]}
    assert len(await charges(http)) == 1


async def test_the_slow_card_takes_its_time_and_is_approved(
    http: httpx.AsyncClient, settings: SandboxSettings
) -> None:
    answer = await charge(http, "k1", SLOW)
    assert answer.elapsed.total_seconds() >= settings.sandbox_slow_seconds
    assert answer.json()["status"] == "approved"


async def test_a_caller_who_gives_up_on_the_slow_card_is_charged_all_the_same(
    http: httpx.AsyncClient,
) -> None:
    http.timeout = httpx.Timeout(0.5)
    with pytest.raises(httpx.ReadTimeout):
        await charge(http, "k1", SLOW)
    http.timeout = httpx.Timeout(30)
    assert await charges(http) == []
    async with asyncio.timeout(30):
        while not (made := await charges(http)):  # noqa: ASYNC110 - another task makes it
            await asyncio.sleep(0.1)
    assert [it["status"] for it in made] == ["approved"]


@pytest.mark.parametrize("number", [SILENT, CUT_AFTER])
async def test_a_lost_answer_leaves_a_charge_that_a_repeat_finds(
    http: httpx.AsyncClient, number: str
) -> None:
    http.timeout = httpx.Timeout(1)
    with pytest.raises((httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError)):
        await charge(http, "k1", number)
    http.timeout = httpx.Timeout(30)
    repeat = await charge(http, "k1", number)
    assert repeat.status_code == 201
    assert [made["id"] for made in await charges(http)] == [repeat.json()["id"]]


async def test_a_connection_cut_before_the_charge_leaves_nothing(http: httpx.AsyncClient) -> None:
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        await charge(http, "k1", CUT_BEFORE)
    assert await charges(http) == []


async def test_an_error_before_the_charge_leaves_nothing(http: httpx.AsyncClient) -> None:
    answer = await charge(http, "k1", FAIL_BEFORE)
    assert (answer.status_code, await charges(http)) == (500, [])


async def test_no_card_number_reaches_the_file(
    http: httpx.AsyncClient, settings: SandboxSettings
) -> None:
    numbers = [GOOD_CARD, SLOW, CUT_BEFORE, "4000000000000002", "4111111111111111"]
    for place, number in enumerate(numbers):
        try:
            await charge(http, f"k{place}", number)
        except httpx.TransportError:
            assert number == CUT_BEFORE
    folder = settings.sandbox_data.parent
    stored = b"".join(await asyncio.to_thread(_contents, folder))
    assert b"INV-1" in stored
    assert [number for number in numbers if number.encode() in stored] == []


def _contents(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in folder.iterdir()]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": -5}, "amount"),
        ({"currency": "dollars"}, "currency"),
        ({"card": {"number": "4242", "exp_month": 1, "exp_year": 2099}}, "number"),
        ({"card": {"number": GOOD_CARD, "exp_month": 13, "exp_year": 2099}}, "exp_month"),
        ({"cvc": "123"}, "cvc"),
    ],
)
async def test_a_malformed_charge_is_a_problem_that_names_the_field(
    http: httpx.AsyncClient, change: dict[str, Any], pointer: str
) -> None:
    answer = await http.post(
        "/payments/charges", json=body(**change), headers={"Idempotency-Key": "k1"}
    )
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert pointer in answer.text
    assert GOOD_CARD not in answer.text
    assert await charges(http) == []


async def test_a_charge_needs_an_idempotency_key(http: httpx.AsyncClient) -> None:
    answer = await http.post("/payments/charges", json=body())
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


async def test_a_merchant_needs_an_account(http: httpx.AsyncClient) -> None:
    answer = await http.get("/payments/charges", headers={"Authorization": ""})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


async def test_the_list_gives_each_charge_of_the_range_once_page_by_page(
    http: httpx.AsyncClient,
) -> None:
    made = [(await charge(http, f"k{place}")).json() for place in range(7)]
    query = {"created_from": made[1]["created_at"], "created_to": made[6]["created_at"]}
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await http.get("/payments/charges", params={**query, **cursor, "limit": 2})
        page = answer.json()
        seen += [listed["id"] for listed in page["charges"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == [listed["id"] for listed in made[1:6]]


async def test_an_invented_cursor_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.get("/payments/charges", params={"cursor": "page2"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


async def test_a_charge_is_found_by_its_key(http: httpx.AsyncClient) -> None:
    made = (await charge(http, "k1")).json()
    found = await http.get("/payments/charges", params={"idempotency_key": "k1"})
    missing = await http.get("/payments/charges", params={"idempotency_key": "k2"})
    assert (found.json()["charges"], missing.json()["charges"]) == ([made], [])


async def test_refunds_never_exceed_the_charge(http: httpx.AsyncClient) -> None:
    made = (await charge(http, "k1", amount=1000)).json()
    statuses = [
        (await refund(http, made["id"], f"r{amount}", amount)).status_code
        for amount in (600, 500, 400, 1)
    ]
    assert statuses == [201, 409, 201, 409]
    assert (await charges(http))[0]["refunded"] == 1000


async def test_a_repeated_refund_has_one_effect(http: httpx.AsyncClient) -> None:
    made = (await charge(http, "k1", amount=1000)).json()
    first = await refund(http, made["id"], "r1", 300)
    second = await refund(http, made["id"], "r1", 300)
    other = await refund(http, made["id"], "r1", 301)
    found = await http.get("/payments/refunds", params={"idempotency_key": "r1"})
    assert (first.json(), other.status_code) == (second.json(), 422)
    assert found.json()["refunds"] == [first.json()]
    assert (await charges(http))[0]["refunded"] == 300


async def test_what_was_never_taken_is_not_given_back(http: httpx.AsyncClient) -> None:
    declined = (await charge(http, "k1", "4000000000000002")).json()
    assert (await refund(http, declined["id"], "r1", 1)).status_code == 409
    assert (await refund(http, "ch_unknown", "r2", 1)).status_code == 404
