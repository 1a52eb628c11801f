"""Where the SMS provider calls: what became of a message, and what people text back.

Nobody signs in here; the provider's signature over the whole request stands for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import parse_qsl
from uuid import UUID
from xml.sax.saxutils import escape

import structlog
from litestar import Controller, Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel import outbox
from api.kernel.errors import FieldError, Invalid
from api.kernel.limits import UNLIMITED
from api.kernel.messages import Message
from api.kernel.notifications import replies, reports
from api.kernel.notifications.reports import Report
from api.kernel.notifications.rules import Word
from api.kernel.notifications.tables import Log
from api.kernel.outside.signatures import NotSigned, is_genuine

logger = structlog.get_logger()

AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True)
class ProviderCalls:
    """What tells the provider's requests from anybody else's.

    `base_url` is the address at which the provider reaches this process, `token` the secret that
    it signs with.
    """

    base_url: str
    token: str = field(repr=False)

    async def form(self, request: AnyRequest) -> dict[str, str]:
        """The fields of a genuine request; raises NotSigned for any other."""
        body = await request.body()
        try:
            fields = parse_qsl(
                body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=200
            )
        except ValueError as error:
            raise NotSigned("The provider sends no form of so many fields.") from error
        query = request.scope["query_string"].decode("latin-1")
        url = f"{self.base_url.rstrip('/')}{request.scope['path']}{'?' if query else ''}{query}"
        given = request.headers.get("x-twilio-signature", "")
        if not is_genuine(given, self.token, url, fields):
            logger.warning("provider_signature_refused", path=request.scope["path"])
            raise NotSigned("The X-Twilio-Signature does not fit this request.")
        return dict(fields)


class ProviderWebhooks(Controller):
    """The routes; a quantum says whose log it is, and what it answers to a text message."""

    path = "/notifications"
    opt = {UNLIMITED: True}  # noqa: RUF012 - Litestar's own way
    log: ClassVar[Log]
    answers: ClassVar[Mapping[Word, str]]

    @staticmethod
    def look_again(notification_id: UUID) -> Message:
        """The message on which the quantum's relay looks at a notification again."""
        raise NotImplementedError

    @post(
        "/reports/{attempt_id:uuid}",
        status_code=204,
        summary="What became of a text message",
    )
    async def report(
        self,
        attempt_id: FromPath[UUID],
        request: AnyRequest,
        session: NamedDependency[AsyncSession],
        provider_calls: NamedDependency[ProviderCalls],
        now: NamedDependency[datetime],
    ) -> None:
        """For the SMS provider alone, which signs the request (`X-Twilio-Signature`).

        A form with `MessageSid`, `MessageStatus` and, for what failed, `ErrorCode`. Reports may
        come in any order and more than once; one for a message that is not ours is counted and
        answered like the others.
        """
        form = await provider_calls.form(request)
        sid, status = _required(form, "MessageSid", "MessageStatus")
        report = Report(sid, status, form.get("ErrorCode") or None)
        notification_id = await reports.take(session, self.log, attempt_id, report, now)
        if notification_id is not None:
            await outbox.send(session, self.look_again(notification_id))

    @post(
        "/replies",
        status_code=200,
        media_type="text/xml",
        summary="A text message to our number",
    )
    async def reply(
        self,
        request: AnyRequest,
        session: NamedDependency[AsyncSession],
        provider_calls: NamedDependency[ProviderCalls],
        now: NamedDependency[datetime],
    ) -> Response[str]:
        """For the SMS provider alone, which signs the request (`X-Twilio-Signature`).

        A form with `MessageSid`, `From` and `Body`. STOP (and STOPALL, UNSUBSCRIBE, CANCEL, END,
        QUIT, REVOKE, OPTOUT) ends text messages to that number, whoever has it; START, UNSTOP and
        YES begin them again; HELP is answered. The answer is TwiML. It is empty when there is
        nothing to say, or when `OptOutType` says that the provider has answered.
        """
        form = await provider_calls.form(request)
        sid, sender, text = _required(form, "MessageSid", "From", "Body")
        word = await replies.hear(session, self.log, sid, sender, text, now)
        silent = word is None or form.get("OptOutType")
        return Response(_twiml(None if silent or word is None else self.answers[word]))


def _required(form: Mapping[str, str], *names: str) -> list[str]:
    missing = [FieldError(f"/{name}", "This is missing.") for name in names if name not in form]
    if missing:
        raise Invalid(missing)
    return [form[name] for name in names]


def _twiml(text: str | None) -> str:
    message = f"<Message>{escape(text)}</Message>" if text else ""
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{message}</Response>'
