"""Text messages by Twilio's HTTP interface, which other providers and the sandbox also speak."""

from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Self

import httpx
import msgspec
from pydantic import Field, HttpUrl, SecretStr

from api.kernel.outside.failures import PermanentFailure, TemporaryFailure
from api.kernel.outside.pooling import SpreadTransport
from api.kernel.settings import Settings

# Refusals that are about us or the moment, not about the message: a message that waits can still
# be sent once the account, the address of the service or its load is put right.
NOT_THE_MESSAGE = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
# Twilio answers 400 to these, too, and they are about our number, our account or its queue: once
# that is put right, what waits can be sent.
NOT_THE_RECIPIENT = frozenset(
    {
        "21212",  # the sender's number is not valid
        "21408",  # the account may not send to this country
        "21603",  # no sender
        "21606",  # the sender's number is not ours, or cannot send text messages
        "21607",
        "21608",  # a trial account sends to verified numbers only
        "21609",  # the address for reports is not valid
        "21611",  # the sender's queue is full
        "21659",
        "21660",
        "21661",
    }
)
STOPPED = "21610"
"""The owner of the number has stopped text messages from us."""


class SmsSettings(Settings):
    """Environment: `SQUAD_SMS_URL`, `SQUAD_SMS_ACCOUNT`, `SQUAD_SMS_USER`, `SQUAD_SMS_TOKEN`,
    `SQUAD_SMS_FROM`, and the limits below likewise.
    """

    sms_url: HttpUrl
    """Without the path, `https://api.twilio.com` for Twilio."""
    sms_account: str = Field(min_length=1)
    sms_user: str | None = None
    """With an API key its name, and `sms_token` is its secret; otherwise the account itself."""
    sms_token: SecretStr = Field(min_length=1)
    sms_from: str = Field(min_length=1)
    """Our number (E.164) or sender name."""
    sms_connect_timeout_seconds: float = Field(default=3.0, gt=0)
    sms_timeout_seconds: float = Field(default=10.0, gt=0)
    sms_connections: int = Field(default=16, gt=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sms:
    """One text message; `to` is E.164. Its content is hidden from logs.

    `report_to` is the address at which the provider shall say what becomes of it.
    """

    to: str = field(repr=False)
    text: str = field(repr=False)
    report_to: str | None = field(default=None, repr=False)


class _Accepted(msgspec.Struct):
    sid: str


class _Refusal(msgspec.Struct):
    code: int
    message: str


class SmsSender:
    """A pool of connections to the provider; use it as an async context manager.

    `client` is for a caller who brings its own transport; it is closed with the sender.
    """

    def __init__(self, settings: SmsSettings, client: httpx.AsyncClient | None = None) -> None:
        self._from = settings.sms_from
        self._client = client or httpx.AsyncClient(
            transport=SpreadTransport(settings.sms_connections)
        )
        self._url = (
            f"{str(settings.sms_url).rstrip('/')}"
            f"/2010-04-01/Accounts/{settings.sms_account}/Messages.json"
        )
        self.provider = settings.sms_url.host or ""
        self._auth = httpx.BasicAuth(
            settings.sms_user or settings.sms_account, settings.sms_token.get_secret_value()
        )
        self._timeout = httpx.Timeout(
            settings.sms_timeout_seconds, connect=settings.sms_connect_timeout_seconds
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def send(self, sms: Sms) -> str:
        """The provider's id of the message (Twilio's sid).

        The interface knows no idempotency key: a repeat after a lost answer is a second message.

        Raises:
            PermanentFailure: the number or text was refused (21211 not a number, 21610 opted out).
            TemporaryFailure: anything else, also no answer at all.
        """
        form = {"To": sms.to, "From": self._from, "Body": sms.text}
        if sms.report_to is not None:
            form["StatusCallback"] = sms.report_to
        try:
            answer = await self._client.post(
                self._url, data=form, auth=self._auth, timeout=self._timeout
            )
        except httpx.RequestError as error:
            # Not `from error`: it holds the request, and with it number and text.
            raise TemporaryFailure("no_answer", type(error).__name__) from None
        if answer.is_success:
            return _sid(answer)
        code, text = _refusal(answer)
        about_us = answer.status_code in NOT_THE_MESSAGE or code in NOT_THE_RECIPIENT
        if answer.is_client_error and not about_us:
            raise PermanentFailure(code, text)
        raise TemporaryFailure(code, text)


def _sid(answer: httpx.Response) -> str:
    try:
        return msgspec.json.decode(answer.content, type=_Accepted).sid
    except msgspec.MsgspecError:
        raise TemporaryFailure("no_sid", "accepted, but without a message id") from None


def _refusal(answer: httpx.Response) -> tuple[str, str]:
    """The provider's code and words; the HTTP status where a proxy answered for it."""
    try:
        refusal = msgspec.json.decode(answer.content, type=_Refusal)
    except msgspec.MsgspecError:
        return str(answer.status_code), answer.reason_phrase
    return str(refusal.code), refusal.message
