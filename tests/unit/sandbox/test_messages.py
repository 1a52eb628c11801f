import asyncio
import smtplib
from datetime import UTC, datetime
from email.message import EmailMessage

import httpx
import pytest

from orchestration.local.sandbox.server import Running
from tests.unit.sandbox.actions import mail_to, received, text_to


async def test_a_mail_is_received_with_both_its_parts_and_its_links(
    sandbox: Running, http: httpx.AsyncClient
) -> None:
    await mail_to(
        sandbox,
        "Ann@Example.com",
        subject="How was the visit? ★",
        text="Tell us (https://squad.test/s/a1?x=1&y=2). Thanks!",
        html='<p>Tell us <a href="https://squad.test/s/a1">here</a></p>',
    )
    (mail,) = await received(http)
    assert (mail["kind"], mail["to"], mail["subject"]) == (
        "mail",
        "ann@example.com",
        "How was the visit? ★",
    )
    assert mail["from"] == "Support <support@example.com>"
    assert mail["links"] == ["https://squad.test/s/a1?x=1&y=2"]
    assert "<p>Tell us" in mail["html"]


async def test_a_mail_to_two_people_is_one_message_for_each(
    sandbox: Running, http: httpx.AsyncClient
) -> None:
    await mail_to(sandbox, "ann@example.com, bob@example.com")
    assert sorted(mail["to"] for mail in await received(http)) == [
        "ann@example.com",
        "bob@example.com",
    ]


async def test_a_mail_of_html_alone_still_gives_its_links(
    sandbox: Running, http: httpx.AsyncClient
) -> None:
    mail = EmailMessage()
    mail["To"] = "ann@example.com"
    mail.set_content('<a href="https://squad.test/?a=1&amp;b=2">Go</a>', subtype="html")
    await asyncio.to_thread(_send, sandbox, mail)
    (found,) = await received(http)
    assert (found["text"], found["links"]) == ("", ["https://squad.test/?a=1&b=2"])


def _send(sandbox: Running, mail: EmailMessage) -> None:
    with smtplib.SMTP(sandbox.host, sandbox.smtp_port, local_hostname="test", timeout=30) as client:
        client.send_message(mail, from_addr="support@example.com")


async def test_the_same_mail_sent_again_is_marked(
    sandbox: Running, http: httpx.AsyncClient
) -> None:
    for to in ("ann@example.com", "bob@example.com", "ann@example.com"):
        await mail_to(sandbox, to, message_id="<7@example.com>")
    assert [(mail["to"], mail["repeated"]) for mail in await received(http)] == [
        ("ann@example.com", True),
        ("bob@example.com", False),
        ("ann@example.com", False),
    ]


@pytest.mark.parametrize(
    ("to", "code"), [("no-such-user@example.com", 550), ("mailbox-full@example.com", 452)]
)
async def test_a_test_mailbox_refuses(
    sandbox: Running, http: httpx.AsyncClient, to: str, code: int
) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        await mail_to(sandbox, to)
    assert refused.value.recipients[to][0] == code
    assert await received(http) == []


async def test_messages_are_newest_first_and_filtered_by_recipient_kind_and_time(
    sandbox: Running, http: httpx.AsyncClient
) -> None:
    await mail_to(sandbox, "ann@example.com", subject="first")
    between = datetime.now(UTC).isoformat()
    await mail_to(sandbox, "ann@example.com", subject="second")
    await mail_to(sandbox, "joann@example.com", subject="third")
    await text_to(http, "+12025550123", "fourth")

    async def subjects(**query: str) -> list[str]:
        return [found["subject"] or found["text"] for found in await received(http, **query)]

    assert await subjects() == ["fourth", "third", "second", "first"]
    assert await subjects(to="ANN@example.com") == ["second", "first"]
    assert await subjects(kind="sms") == ["fourth"]
    assert await subjects(kind="mail", since=between) == ["third", "second"]
    assert await subjects(to="ann@example.com", limit="1") == ["second"]


async def test_deleting_empties_the_inbox(sandbox: Running, http: httpx.AsyncClient) -> None:
    await mail_to(sandbox, "ann@example.com")
    assert (await http.delete("/api/messages")).json() == {"deleted": 1}
    assert await received(http) == []


async def test_a_text_message_is_accepted_as_twilio_would(http: httpx.AsyncClient) -> None:
    answer = await text_to(http, "+12025550123", "Your expert arrives 10-12: https://squad.test/t")
    accepted = answer.json()
    (sms,) = await received(http)
    assert (answer.status_code, accepted["status"]) == (201, "queued")
    assert (sms["kind"], sms["to"], sms["message_id"]) == ("sms", "+12025550123", accepted["sid"])
    assert sms["links"] == ["https://squad.test/t"]


@pytest.mark.parametrize(
    ("to", "text", "code"),
    [
        ("+15005550001", "Hello", 21211),
        ("+15005550002", "Hello", 21612),
        ("+15005550004", "Hello", 21610),
        ("+15005550009", "Hello", 21614),
        ("202-555-0123", "Hello", 21211),
        ("", "Hello", 21604),
        ("+12025550123", "", 21602),
        ("+12025550123", "x" * 1601, 21617),
    ],
)
async def test_a_text_message_is_refused_with_twilios_code(
    http: httpx.AsyncClient, to: str, text: str, code: int
) -> None:
    answer = await text_to(http, to, text)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert await received(http) == []


@pytest.mark.parametrize("auth", [("AC2", "token"), ("AC1", "")])
async def test_a_text_message_needs_the_account_of_its_path(
    http: httpx.AsyncClient, auth: tuple[str, str]
) -> None:
    form = {"To": "+12025550123", "From": "+12025550100", "Body": "Hello"}
    path = "/2010-04-01/Accounts/AC1/Messages.json"
    for answer in (await http.post(path, data=form, auth=auth), await http.post(path, data=form)):
        assert (answer.status_code, answer.json()["code"]) == (401, 20003)


async def test_health_answers(http: httpx.AsyncClient) -> None:
    assert (await http.get("/health")).json() == {"status": "ok"}
