"""The sandbox calls back as an SMS provider does: signed, and with the trouble that is wanted."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
import uvicorn

from orchestration.local.sandbox.server import serving
from orchestration.local.sandbox.settings import SandboxSettings
from tests.outside import free_port
from tests.unit.sandbox.actions import received

OURS = "+12025550100"
PHONE = "+12025550123"
PATIENCE = 60.0


@dataclass
class Listener:
    """A platform that hears what the provider says; `answer` is its TwiML."""

    url: str
    heard: list[dict[str, str]] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    answer: str = "<Response/>"
    status: int = 200

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = (await receive())["body"].decode()
        self.heard.append(dict(parse_qsl(body)))
        headers: Mapping[bytes, bytes] = dict(scope["headers"])
        self.signatures.append(headers[b"x-twilio-signature"].decode())
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": self.answer.encode()})

    async def statuses(self, count: int) -> list[str]:
        async with asyncio.timeout(PATIENCE):
            while len(self.heard) < count:  # noqa: ASYNC110 - another task hears
                await asyncio.sleep(0.02)
        return [it["MessageStatus"] for it in self.heard]


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    port = free_port()
    listener = Listener(f"http://127.0.0.1:{port}/heard?a=1")
    config = uvicorn.Config(listener, port=port, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(PATIENCE):
        while not server.started:  # noqa: ASYNC110 - it says so nowhere else
            await asyncio.sleep(0.02)
    try:
        yield listener
    finally:
        server.should_exit = True
        await task


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with listening() as heard:
        yield heard


@pytest.fixture
async def http(tmp_path: Path, listener: Listener) -> AsyncIterator[httpx.AsyncClient]:
    settings = SandboxSettings(
        sandbox_port=0,
        sandbox_smtp_port=0,
        sandbox_data=tmp_path / "sandbox.sqlite3",
        sandbox_reply_urls={OURS: listener.url},
    )
    async with (
        serving(settings) as running,
        httpx.AsyncClient(base_url=running.url, timeout=30, trust_env=False) as client,
    ):
        yield client


async def text_to(http: httpx.AsyncClient, listener: Listener, to: str = PHONE) -> httpx.Response:
    form = {"To": to, "From": OURS, "Body": "Hello", "StatusCallback": listener.url}
    path = "/2010-04-01/Accounts/AC1/Messages.json"
    return await http.post(path, data=form, auth=("SK1", "token"))


async def test_a_text_is_reported_sent_and_delivered_and_each_report_is_signed(
    http: httpx.AsyncClient, listener: Listener
) -> None:
    sid = (await text_to(http, listener)).json()["sid"]
    assert await listener.statuses(2) == ["sent", "delivered"]
    assert {it["MessageSid"] for it in listener.heard} == {sid}
    assert len(set(listener.signatures)) == 2


async def test_a_telephone_that_is_off_is_reported_with_its_code(
    http: httpx.AsyncClient, listener: Listener
) -> None:
    await text_to(http, listener, "+15005550010")
    assert await listener.statuses(2) == ["sent", "undelivered"]
    assert listener.heard[1]["ErrorCode"] == "30003"


@pytest.mark.parametrize(
    ("fault", "heard"),
    [
        ({"repeat_rate": 1}, ["sent", "sent", "delivered", "delivered"]),
        ({"reorder_rate": 1}, ["delivered", "sent"]),
    ],
)
async def test_reports_are_repeated_and_out_of_order_on_demand(
    http: httpx.AsyncClient, listener: Listener, fault: dict[str, int], heard: list[str]
) -> None:
    await http.put("/api/faults", json={"reports": fault})
    await text_to(http, listener)
    assert await listener.statuses(len(heard)) == heard
    assert "Reports on text messages" in (await http.get("/")).text


async def test_lost_reports_are_not_made(http: httpx.AsyncClient, listener: Listener) -> None:
    await http.put("/api/faults", json={"reports": {"lose_rate": 1}})
    await text_to(http, listener)
    await asyncio.sleep(0.5)
    assert listener.heard == []


async def test_whoever_texts_stop_gets_nothing_more_until_start(
    http: httpx.AsyncClient, listener: Listener
) -> None:
    listener.answer = "<Response><Message>Goodbye &amp; thanks</Message></Response>"
    stop = {"from": PHONE, "to": OURS, "text": "Stop"}
    assert (await http.post("/api/replies", json=stop)).json() == {"answer": "Goodbye & thanks"}
    assert (listener.heard[0]["Body"], listener.heard[0]["From"]) == ("Stop", PHONE)
    refused = await text_to(http, listener)
    assert (refused.status_code, refused.json()["code"]) == (400, 21610)
    await http.post("/api/replies", json=stop | {"text": "START"})
    assert (await text_to(http, listener)).status_code == 201
    assert [it["text"] for it in await received(http)] == [
        "Hello", "Goodbye & thanks", "Goodbye & thanks",
    ]  # fmt: skip


async def test_a_text_is_answered_on_its_page(http: httpx.AsyncClient, listener: Listener) -> None:
    listener.answer = "<Response><Message>We heard you</Message></Response>"
    await text_to(http, listener)
    (sms,) = await received(http)
    assert f"Text back as {PHONE}" in (await http.get(f"/messages/{sms['id']}")).text
    reply = await http.post(f"/messages/{sms['id']}/reply", data={"text": " HELP "})
    assert (reply.status_code, listener.heard[-1]["Body"]) == (303, "HELP")
    assert "We heard you" in (await http.get(reply.headers["location"])).text


async def test_a_platform_that_does_not_take_a_reply_is_told_of(
    http: httpx.AsyncClient, listener: Listener
) -> None:
    listener.status = 400
    stop = {"from": PHONE, "to": OURS, "text": "Stop"}
    for reply, words in ((stop, "answered 400"), (stop | {"to": PHONE}, "Nobody listens")):
        answer = await http.post("/api/replies", json=reply)
        assert (answer.status_code, answer.json()["code"]) == (502, "reply_not_taken")
        assert words in answer.json()["detail"]
    assert (await text_to(http, listener)).status_code == 201
