"""A written notification on its way out: rendered from a template file, sent by mail or SMS."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo

import jinja2

from api.kernel.outside.failures import redacted
from api.kernel.outside.gsm7 import folded
from api.kernel.outside.mail import Mail, Mailer, MailSettings
from api.kernel.outside.sms import Sms, SmsSender, SmsSettings

Channel = Literal["sms", "email"]


def local_time(moment: datetime | str, time_zone: str, form: str = "%a %d %b, %H:%M") -> str:
    """A moment as people at that place write it."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return moment.astimezone(ZoneInfo(time_zone)).strftime(form)


def money(cents: int, currency: str) -> str:
    """An amount in cents as people write it."""
    sign = "-" if cents < 0 else ""
    symbol = {"USD": "$"}.get(currency, f"{currency} ")
    return f"{sign}{symbol}{abs(cents) // 100:,}.{abs(cents) % 100:02d}"


class Templates:
    """The text templates of one package: `<kind>.sms.txt` and `<kind>.email.txt`.

    The first line of an e-mail's template is its subject. A value that a template names
    and the context lacks is an error, never an empty space in front of a customer.
    """

    def __init__(self, package: str) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.PackageLoader(package, "templates"),
            undefined=jinja2.StrictUndefined,
            autoescape=False,  # noqa: S701 - plain text, never HTML
            trim_blocks=True,
            keep_trailing_newline=False,
        )
        self._environment.filters["local_time"] = local_time
        self._environment.filters["money"] = money

    def render(self, kind: str, channel: Channel, context: Mapping[str, Any]) -> tuple[str, str]:
        """Subject (empty for an SMS) and text."""
        text = self._environment.get_template(f"{kind}.{channel}.txt").render(context)
        if channel == "sms":
            return "", text.strip()
        subject, _, body = text.partition("\n")
        return subject.strip(), body.lstrip("\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A notification as it will be read; `unsubscribe` ends mails like it."""

    id: UUID
    channel: Channel
    subject: str = field(repr=False)
    text: str = field(repr=False)
    unsubscribe: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Taken:
    """The provider has it: its name of the message, and what it said, without personal data."""

    reference: str
    code: str
    answer: str


class Sender:
    """Writes notifications from their templates and sends them by their channel."""

    def __init__(self, mailer: Mailer, sms: SmsSender, templates: Templates) -> None:
        self._mailer = mailer
        self._sms = sms
        self._templates = templates

    @classmethod
    @asynccontextmanager
    async def open(cls, package: str) -> AsyncIterator[Self]:
        """Adapters configured from the environment, templates from `package`."""
        mail, sms = MailSettings(), SmsSettings()  # type: ignore[call-arg]
        async with Mailer(mail) as mailer, SmsSender(sms) as sender:
            yield cls(mailer, sender, Templates(package))

    def provider(self, channel: Channel) -> str:
        """The host that takes messages of this channel."""
        return self._sms.provider if channel == "sms" else self._mailer.provider

    def write(
        self,
        notification_id: UUID,
        kind: str,
        channel: Channel,
        context: Mapping[str, Any],
        unsubscribe: str | None = None,
    ) -> Letter:
        """The text of a notification; raises UndefinedError where the context lacks a value."""
        subject, text = self._templates.render(kind, channel, context)
        if channel == "sms":
            return Letter(id=notification_id, channel="sms", subject="", text=folded(text))
        if unsubscribe is not None:
            text += f"\n\nNo more mails like this one: {unsubscribe}"
        return Letter(
            id=notification_id,
            channel="email",
            subject=subject,
            text=text,
            unsubscribe=unsubscribe,
        )

    async def send(
        self, letter: Letter, *, email: str, phone: str, report_to: str | None = None
    ) -> Taken:
        """Hand it to the provider; a repeated mail carries the same message id.

        Raises:
            PermanentFailure: this will never reach this recipient.
            TemporaryFailure: anything else; it may have been taken nevertheless.
        """
        if letter.channel == "sms":
            sms = Sms(to=phone, text=letter.text, report_to=report_to)
            return Taken(await self._sms.send(sms), "201", "accepted")
        sent = await self._mailer.send(
            Mail(
                to=email,
                subject=letter.subject,
                text=letter.text,
                message_id=letter.id,
                unsubscribe=letter.unsubscribe,
            )
        )
        return Taken(sent.provider_ref, "250", redacted(sent.provider_ref))
