from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import HttpUrl, SecretStr

from api.kernel.outside.failures import PermanentFailure, TemporaryFailure
from api.kernel.outside.sms import Sms, SmsSender, SmsSettings
from orchestration.local.sandbox.server import Running
from tests.api.outside.conftest import Inspector

TO = "+12025550123"


def configured(url: str, *, timeout: float = 30, token: str = "token") -> SmsSettings:
    return SmsSettings(
        sms_url=HttpUrl(url),
        sms_account="AC1",
        sms_token=SecretStr(token),
        sms_from="+12025550100",
        sms_timeout_seconds=timeout,
    )


@pytest.fixture
async def sender(sandbox: Running) -> AsyncIterator[SmsSender]:
    async with SmsSender(configured(sandbox.url)) as opened:
        yield opened


async def test_a_text_message_arrives_under_the_providers_id(
    sender: SmsSender, inspector: Inspector
) -> None:
    sid = await sender.send(Sms(to=TO, text="Grüße & 10-12 Uhr: https://squad.test/?a=1&b=2"))
    (arrived,) = await inspector.messages()
    assert (arrived["kind"], arrived["to"], arrived["message_id"]) == ("sms", TO, sid)
    assert arrived["text"] == "Grüße & 10-12 Uhr: https://squad.test/?a=1&b=2"
    assert arrived["from"] == "+12025550100"


@pytest.mark.parametrize(
    ("to", "code"),
    [("+15005550001", "21211"), ("+15005550004", "21610"), ("202-555-0123", "21211")],
)
async def test_a_refused_number_is_permanent_and_not_named(
    sender: SmsSender, to: str, code: str
) -> None:
    with pytest.raises(PermanentFailure) as failed:
        await sender.send(Sms(to=to, text="Hello"))
    assert failed.value.code == code
    assert to not in str(failed.value)


async def test_a_busy_provider_is_temporary(sender: SmsSender, inspector: Inspector) -> None:
    await inspector.switch(sms={"refuse_rate": 1})
    with pytest.raises(TemporaryFailure, match=r"^20503: "):
        await sender.send(Sms(to=TO, text="Hello"))


async def test_a_wrong_token_keeps_the_message_for_later(sandbox: Running) -> None:
    async with SmsSender(configured(sandbox.url, token="revoked")) as sender:
        with pytest.raises(TemporaryFailure, match=r"^20003: "):
            await sender.send(Sms(to=TO, text="Hello"))


async def test_a_lost_answer_is_temporary(sender: SmsSender, inspector: Inspector) -> None:
    await inspector.switch(sms={"drop_rate": 1})
    with pytest.raises(TemporaryFailure, match=r"^no_answer: ") as failed:
        await sender.send(Sms(to=TO, text="Hello"))
    assert failed.value.__cause__ is None


async def test_a_late_answer_is_temporary(sandbox: Running, inspector: Inspector) -> None:
    await inspector.switch(sms={"delay_ms": 5000})
    async with SmsSender(configured(sandbox.url, timeout=1.5)) as sender:
        with pytest.raises(TemporaryFailure, match=r"^no_answer: ReadTimeout"):
            await sender.send(Sms(to=TO, text="Hello"))


async def test_no_provider_is_temporary(unused_port: int) -> None:
    async with SmsSender(configured(f"http://127.0.0.1:{unused_port}")) as sender:
        with pytest.raises(TemporaryFailure, match=r"^no_answer: ConnectError"):
            await sender.send(Sms(to=TO, text="Hello"))


@pytest.mark.parametrize(
    ("status", "body", "failure", "code"),
    [
        (429, '{"code": 20429, "message": "Too many"}', TemporaryFailure, "20429"),
        (502, "<html>Bad gateway</html>", TemporaryFailure, "502"),
        (404, "no such page", TemporaryFailure, "404"),
        (400, "what?", PermanentFailure, "400"),
        # About our own number, not about the recipient's.
        (400, '{"code": 21606, "message": "From is not ours"}', TemporaryFailure, "21606"),
        (400, '{"code": 21611, "message": "Queue is full"}', TemporaryFailure, "21611"),
        (201, "accepted", TemporaryFailure, "no_sid"),
    ],
)
async def test_what_other_providers_and_proxies_answer_is_understood(
    status: int, body: str, failure: type[Exception], code: str
) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, text=body))
    async with SmsSender(
        configured("https://sms.example"), httpx.AsyncClient(transport=transport)
    ) as sender:
        with pytest.raises(failure, match=f"^{code}: "):
            await sender.send(Sms(to=TO, text="Hello"))


def test_a_text_message_does_not_print_what_it_says() -> None:
    assert repr(Sms(to=TO, text="Hello")) == "Sms()"
