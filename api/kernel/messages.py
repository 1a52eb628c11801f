"""What a message is; `api.messages` says which ones there are."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from api.kernel.fields import Field


class Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """A fact or a request that one quantum tells another.

    The class names its channel: who sends, who receives, and the name under which it
    waits in the source's queue. Receivers ignore fields they do not know, so that a
    sender can be deployed first.
    """

    source: ClassVar[str]
    target: ClassVar[str]
    channel: ClassVar[str]


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A message on its way: `id` makes receiving it twice the same as once."""

    id: UUID
    sent_at: datetime
    body: msgspec.Raw


def encode(message: Message, *, id: UUID, sent_at: datetime) -> bytes:  # noqa: A002
    body = msgspec.Raw(msgspec.json.encode(message, enc_hook=_plain))
    return msgspec.json.encode(Envelope(id=id, sent_at=sent_at, body=body))


def _plain(value: Any) -> str:
    """Checked text as text; a kind that hides itself (a password, a card number) stays hidden."""
    if isinstance(value, Field):
        return str(value)
    raise TypeError(f"A message cannot hold a {type(value).__name__}.")


def decode_envelope(payload: bytes) -> Envelope:
    """Raises msgspec.ValidationError for anything that is not an envelope."""
    return msgspec.json.decode(payload, type=Envelope)


def decode_body(envelope: Envelope, type_: type[Message]) -> Any:
    """The message inside; raises msgspec.ValidationError when it is not a `type_`."""
    return msgspec.json.decode(envelope.body, type=type_)
