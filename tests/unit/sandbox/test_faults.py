import smtplib
import time
from typing import Any

import httpx
import pytest

from orchestration.local.sandbox.server import Running
from tests.unit.sandbox.actions import charge, charges, mail_to, received, refund, text_to

LOST = (httpx.ReadError, httpx.RemoteProtocolError)


async def switch(http: httpx.AsyncClient, **faults: Any) -> None:
    (await http.put("/api/faults", json=faults)).raise_for_status()


async def test_no_fault_is_in_force_at_first(http: httpx.AsyncClient) -> None:
    off = {"delay_ms": 0, "refuse_rate": 0.0, "drop_rate": 0.0}
    quiet = {"delay_ms": 0, "lose_rate": 0.0, "repeat_rate": 0.0, "reorder_rate": 0.0}
    doors = {"mail": off, "sms": off, "payments": off, "reports": quiet}
    assert (await http.get("/api/faults")).json() == doors


async def test_switching_one_door_switches_the_others_off(http: httpx.AsyncClient) -> None:
    await switch(http, payments={"refuse_rate": 1})
    await switch(http, mail={"delay_ms": 5})
    faults = (await http.get("/api/faults")).json()
    assert (faults["payments"]["refuse_rate"], faults["mail"]["delay_ms"]) == (0, 5)


@pytest.mark.parametrize(
    "faults", [{"mail": {"refuse_rate": 1.5}}, {"sms": {"delay_ms": -1}}, {"pager": {}}]
)
async def test_a_fault_that_makes_no_sense_is_refused(
    http: httpx.AsyncClient, faults: dict[str, Any]
) -> None:
    assert (await http.put("/api/faults", json=faults)).status_code == 400


async def test_refused_requests_have_no_effect(sandbox: Running, http: httpx.AsyncClient) -> None:
    always = {"refuse_rate": 1}
    await switch(http, mail=always, sms=always, payments=always)
    with pytest.raises(smtplib.SMTPDataError) as refused:
        await mail_to(sandbox, "ann@example.com")
    assert refused.value.smtp_code == 451
    assert (await text_to(http, "+12025550123")).status_code == 503
    assert (await charge(http, "k1")).status_code == 503
    assert (await refund(http, "ch_1", "r1", 1)).status_code == 503
    assert (await received(http), await charges(http)) == ([], [])


async def test_dropped_answers_leave_their_effect(
    sandbox: Running, http: httpx.AsyncClient
) -> None:
    made = (await charge(http, "k0")).json()
    always = {"drop_rate": 1}
    await switch(http, mail=always, sms=always, payments=always)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        await mail_to(sandbox, "ann@example.com")
    with pytest.raises(LOST):
        await text_to(http, "+12025550123")
    with pytest.raises(LOST):
        await charge(http, "k1")
    with pytest.raises(LOST):
        await refund(http, made["id"], "r1", 1)
    assert [found["kind"] for found in await received(http)] == ["sms", "mail"]
    assert [found["refunded"] for found in await charges(http)] == [0, 1]


async def test_delays_hold_every_door(sandbox: Running, http: httpx.AsyncClient) -> None:
    late = {"delay_ms": 150}
    await switch(http, mail=late, sms=late, payments=late)
    begun = time.monotonic()
    await mail_to(sandbox, "ann@example.com")
    await text_to(http, "+12025550123")
    await charge(http, "k1")
    assert time.monotonic() - begun >= 0.45


async def test_a_rate_hits_its_share_of_requests(http: httpx.AsyncClient) -> None:
    await switch(http, payments={"refuse_rate": 0.5})
    statuses = [(await charge(http, f"k{place}")).status_code for place in range(60)]
    # The chance of fewer than 10 or more than 50 of 60 at one half is below 1 in 10 million.
    assert 10 <= statuses.count(503) <= 50
