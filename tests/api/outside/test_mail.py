from uuid import UUID

import pytest
from pydantic import SecretStr, ValidationError

from api.kernel.outside.failures import PermanentFailure, TemporaryFailure
from api.kernel.outside.mail import Mail, Mailer, MailSettings
from orchestration.local.sandbox.server import Running, serving
from orchestration.local.sandbox.settings import SandboxSettings
from tests.api.outside.conftest import Inspector

ID = UUID("0199a0b0-0000-7000-8000-000000000001")
OTHER_ID = UUID("0199a0b0-0000-7000-8000-000000000002")


def configured(url: str, timeout: float = 30) -> MailSettings:
    return MailSettings(
        smtp_url=SecretStr(url),
        mail_from="Sysops Squad <support@squad.example>",
        smtp_timeout_seconds=timeout,
    )


def mail(to: str = "ann@example.com", message_id: UUID = ID, subject: str = "Hello") -> Mail:
    return Mail(to=to, subject=subject, text="Hello Ann", message_id=message_id)


async def test_a_mail_arrives_with_text_html_and_an_id_made_of_ours(
    sandbox: Running, inspector: Inspector
) -> None:
    async with Mailer(configured(sandbox.smtp_url)) as mailer:
        sent = await mailer.send(
            Mail(
                to="ann@example.com",
                subject="Ihr Techniker kommt ★",
                text="Grüße",
                html="<p>Grüße</p>",
                message_id=ID,
            )
        )
    (arrived,) = await inspector.messages()
    assert sent.message_id == arrived["message_id"] == f"<{ID}@squad.example>"
    assert (arrived["to"], arrived["subject"]) == ("ann@example.com", "Ihr Techniker kommt ★")
    assert (arrived["text"].strip(), arrived["html"].strip()) == ("Grüße", "<p>Grüße</p>")
    assert arrived["from"] == "Sysops Squad <support@squad.example>"


async def test_a_repeated_send_is_recognisable(sandbox: Running, inspector: Inspector) -> None:
    async with Mailer(configured(sandbox.smtp_url)) as mailer:
        for message_id in (ID, OTHER_ID, ID):
            await mailer.send(mail(message_id=message_id))
    assert [found["repeated"] for found in await inspector.messages()] == [True, False, False]


async def test_a_recipient_outside_ascii_can_be_reached(
    sandbox: Running, inspector: Inspector
) -> None:
    async with Mailer(configured(sandbox.smtp_url)) as mailer:
        await mailer.send(mail("josé@example.com"))
    assert [found["to"] for found in await inspector.messages()] == ["josé@example.com"]


async def test_a_refused_recipient_is_permanent_and_not_named(sandbox: Running) -> None:
    async with Mailer(configured(sandbox.smtp_url)) as mailer:
        with pytest.raises(PermanentFailure) as failed:
            await mailer.send(mail("no-such-user@example.com"))
    assert str(failed.value) == "550: 5.1.1 No such mailbox <[redacted]>"
    assert failed.value.__cause__ is None


async def test_a_full_mailbox_is_temporary(sandbox: Running) -> None:
    async with Mailer(configured(sandbox.smtp_url)) as mailer:
        with pytest.raises(TemporaryFailure, match=r"^452: "):
            await mailer.send(mail("mailbox-full@example.com"))


async def test_a_server_that_asks_for_patience_is_temporary(
    sandbox: Running, inspector: Inspector
) -> None:
    await inspector.switch(mail={"refuse_rate": 1})
    async with Mailer(configured(sandbox.smtp_url)) as mailer:
        with pytest.raises(TemporaryFailure, match=r"^451: "):
            await mailer.send(mail())
        await inspector.switch()
        await mailer.send(mail())


async def test_no_server_is_temporary(unused_port: int) -> None:
    async with Mailer(configured(f"smtp://127.0.0.1:{unused_port}")) as mailer:
        with pytest.raises(TemporaryFailure, match="no_answer: "):
            await mailer.send(mail())


async def test_a_server_that_takes_too_long_is_temporary_and_the_next_mail_goes(
    sandbox: Running, inspector: Inspector
) -> None:
    await inspector.switch(mail={"delay_ms": 5000})
    async with Mailer(configured(sandbox.smtp_url, timeout=1.5)) as mailer:
        with pytest.raises(TemporaryFailure, match="no_answer: "):
            await mailer.send(mail())
        await inspector.switch()
        await mailer.send(mail("bob@example.com"))
    assert "bob@example.com" in [found["to"] for found in await inspector.messages()]


async def test_a_lost_answer_is_temporary_and_the_repeat_is_recognisable(
    sandbox: Running, inspector: Inspector
) -> None:
    await inspector.switch(mail={"drop_rate": 1})
    async with Mailer(configured(sandbox.smtp_url)) as mailer:
        with pytest.raises(TemporaryFailure):
            await mailer.send(mail())
        await inspector.switch()
        await mailer.send(mail())
    assert [found["repeated"] for found in await inspector.messages()] == [True, False]


async def test_a_kept_connection_outlives_a_restart_of_the_server(
    sandbox_settings: SandboxSettings,
) -> None:
    async with serving(sandbox_settings) as first:
        mailer = Mailer(configured(first.smtp_url))
        await mailer.send(mail())
    again = sandbox_settings.model_copy(update={"sandbox_smtp_port": first.smtp_port})
    async with mailer, serving(again):
        await mailer.send(mail(message_id=OTHER_ID))


@pytest.mark.parametrize(
    ("to", "subject"),
    [
        ("not an address", "Hello"),
        ("", "Hello"),
        ("ann@example.com\r\nBcc: eve@example.com", "Hello"),
        ("ann@example.com, eve@example.com", "Hello"),
        ("ann@example.com", "Hello\r\nBcc: eve@example.com"),
    ],
)
async def test_a_mail_that_cannot_be_written_is_permanent(
    sandbox: Running, inspector: Inspector, to: str, subject: str
) -> None:
    async with Mailer(configured(sandbox.smtp_url)) as mailer:
        with pytest.raises(PermanentFailure, match=r"^malformed: recipient or subject"):
            await mailer.send(mail(to, subject=subject))
    assert await inspector.messages() == []


def test_a_mail_does_not_print_what_it_says() -> None:
    assert repr(mail()) == f"Mail(message_id={ID!r})"


@pytest.mark.parametrize(
    "url", ["smtp://user:secret@host", "http://host", "smtp://", "host:25", ""]
)
def test_a_url_that_cannot_be_used_or_would_send_a_password_in_clear_is_refused(url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        configured(url)
    assert "secret" not in str(refused.value)


def test_the_sender_must_be_an_address() -> None:
    with pytest.raises(ValidationError):
        MailSettings(smtp_url=SecretStr("smtp://host"), mail_from="Sysops Squad")
