"""Mail by SMTP."""

import asyncio
import socket
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import formatdate, parseaddr
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiosmtplib
from pydantic import Field, SecretStr, field_validator

from api.kernel.outside.failures import PermanentFailure, TemporaryFailure
from api.kernel.settings import Settings

NOT_IN_ADDRESSES = frozenset(' ,;:<>()[]"\\')
SCHEMES = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class MailSettings(Settings):
    """Environment: `SQUAD_SMTP_URL`, `SQUAD_MAIL_FROM`, `SQUAD_SMTP_TIMEOUT_SECONDS`.

    The URL is `smtp://host:port` (no user; STARTTLS where the server offers it),
    `smtp+starttls://user:password@host` (STARTTLS or nothing) or `smtps://user:password@host`
    (TLS from the first byte). User and password are percent-encoded.
    """

    smtp_url: SecretStr
    mail_from: str
    """`support@example.com` or `Name <support@example.com>`."""
    smtp_timeout_seconds: float = Field(default=20.0, gt=0)
    """Limit of each step of the conversation, not of the whole."""

    @field_validator("smtp_url")
    @classmethod
    def _usable(cls, url: SecretStr) -> SecretStr:
        parts = urlsplit(url.get_secret_value())
        if parts.scheme not in SCHEMES or not parts.hostname:
            raise ValueError(f"use one of {', '.join(SCHEMES)} and a host")
        if parts.username and parts.scheme == "smtp":
            raise ValueError("a password needs smtp+starttls:// or smtps://")
        return url

    @field_validator("mail_from")
    @classmethod
    def _an_address(cls, sender: str) -> str:
        if "@" not in parseaddr(sender)[1]:
            raise ValueError("not a mail address")
        return sender


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail to one person, its content hidden from logs.

    `message_id` is the notification's own id: a repeated send carries the same Message-ID, so that
    the recipient's server or program can recognise it. `unsubscribe` is an address at which one
    POST ends mails like this one (RFC 8058).
    """

    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str | None = field(default=None, repr=False)
    message_id: UUID
    unsubscribe: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SentMail:
    """The server took the mail; `provider_ref` is what it answered, often its queue id."""

    message_id: str
    provider_ref: str


class Mailer:
    """One SMTP connection, opened at the first mail and kept between mails.

    Use it as an async context manager, in one event loop. Mails sent at the same time wait for
    one another; open several mailers to send in parallel.
    """

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings
        self.provider = urlsplit(settings.smtp_url.get_secret_value()).hostname or ""
        self._client = _client(settings)
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._client.is_connected:
            # Says goodbye where the server still listens, and closes in any case.
            await self._client.__aexit__(kind, error, trace)

    async def send(self, mail: Mail) -> SentMail:
        """Hand the mail to the server.

        Raises:
            PermanentFailure: the recipient or the content was refused for good.
            TemporaryFailure: anything else; the mail may have been taken without our hearing it.
        """
        message = compose(mail, self._settings.mail_from)
        # Not `from error`: aiosmtplib's exceptions carry addresses, and tracebacks reach the logs.
        async with self._turn:
            try:
                await self._connect()
                _, answer = await self._client.send_message(message, recipients=mail.to)
            except aiosmtplib.SMTPRecipientsRefused as error:
                refusal = error.recipients[0]
                raise _refused(refusal.code, refusal.message) from None
            except aiosmtplib.SMTPDataError as error:
                raise _refused(error.code, error.message) from None
            except aiosmtplib.SMTPNotSupported as error:
                raise PermanentFailure("unsupported", error.message) from None
            except aiosmtplib.SMTPResponseException as error:
                # Our login, our address, our server: mail that waits can still be sent.
                raise TemporaryFailure(str(error.code), error.message) from None
            except (aiosmtplib.SMTPException, OSError) as error:
                self._client.close()
                raise TemporaryFailure("no_answer", type(error).__name__) from None
            except asyncio.CancelledError:
                # Left in the middle of a conversation, the next mail would read its answers.
                self._client.close()
                raise
        return SentMail(message_id=message["Message-ID"], provider_ref=answer)

    async def _connect(self) -> None:
        """Servers hang up on idle clients: a kept connection is asked before it is trusted."""
        if self._client.is_connected:
            try:
                await self._client.noop()
            except (aiosmtplib.SMTPException, OSError):
                self._client.close()
        if not self._client.is_connected:
            await self._client.connect()


def compose(mail: Mail, sender: str) -> EmailMessage:
    """The mail as RFC 5322 text.

    Raises:
        PermanentFailure: the recipient is no address, or a header holds a line break.
    """
    domain = parseaddr(sender)[1].rpartition("@")[2]
    message = EmailMessage(policy=SMTP_POLICY)
    try:
        message["To"] = _recipient(mail.to)
        message["Subject"] = mail.subject
    except ValueError:
        # The parser's own words would repeat the address.
        raise PermanentFailure("malformed", "recipient or subject cannot be sent") from None
    message["From"] = sender
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = f"<{mail.message_id}@{domain}>"
    # RFC 3834: keeps vacation responders quiet.
    message["Auto-Submitted"] = "auto-generated"
    if mail.unsubscribe is not None:
        message["List-Unsubscribe"] = f"<{mail.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text)
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html")
    return message


def _recipient(address: str) -> Address:
    """One plain address; the standard library's own parser refuses names outside ASCII.

    Raises:
        ValueError: no address, or something that could become a second one.
    """
    name, _, domain = address.rpartition("@")
    if not name or not domain or not address.isprintable() or set(address) & NOT_IN_ADDRESSES:
        raise ValueError
    return Address(username=name, domain=domain)


def _client(settings: MailSettings) -> aiosmtplib.SMTP:
    url = urlsplit(settings.smtp_url.get_secret_value())
    return aiosmtplib.SMTP(
        hostname=url.hostname,
        port=url.port or SCHEMES[url.scheme],
        username=unquote(url.username) if url.username else None,
        password=unquote(url.password) if url.password else None,
        use_tls=url.scheme == "smtps",
        start_tls={"smtp": None, "smtp+starttls": True, "smtps": False}[url.scheme],
        # The default asks the name service, which may take seconds where there is none.
        local_hostname=socket.gethostname(),
        timeout=settings.smtp_timeout_seconds,
    )


def _refused(code: int, answer: str) -> PermanentFailure | TemporaryFailure:
    failure = PermanentFailure if code >= 500 else TemporaryFailure
    return failure(str(code), answer)
