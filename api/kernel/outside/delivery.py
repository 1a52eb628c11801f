"""A written notification on its way out: rendered from a template file, sent by mail or SMS."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo

import jinja2

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


class Sender:
    """Sends one notification by its channel; raises TemporaryFailure or PermanentFailure."""

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

    async def send(
        self,
        notification_id: UUID,
        kind: str,
        channel: Channel,
        *,
        email: str,
        phone: str,
        context: Mapping[str, Any],
    ) -> str:
        """Returns the provider's reference; a repetition carries the same message id."""
        subject, text = self._templates.render(kind, channel, context)
        if channel == "sms":
            return await self._sms.send(Sms(to=phone, text=text))
        mail = Mail(to=email, subject=subject, text=text, message_id=notification_id)
        return (await self._mailer.send(mail)).provider_ref
