"""The delivery log as people read it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.notifications import attempts
from api.kernel.notifications.rules import Channel, Outcome, Status
from api.kernel.notifications.tables import AttemptColumns, Log, NotificationColumns


class AttemptView(msgspec.Struct):
    """One request to a mail or SMS provider, with what it said.

    `asked`: no answer was noted. `deferred`: it is tried again. `taken`: the provider has it.
    `failed`: it will not arrive this way. `delivered`: the telephone has it; mail servers do not
    report that.
    """

    at: datetime
    channel: Channel
    provider: str
    outcome: Outcome
    code: str | None
    answer: str | None
    reported_at: datetime | None

    @classmethod
    def of(cls, attempt: AttemptColumns) -> Self:
        return cls(
            at=attempt.asked_at,
            channel=attempt.channel,
            provider=attempt.provider,
            outcome=attempt.outcome,
            code=attempt.code,
            answer=attempt.answer,
            reported_at=attempt.reported_at,
        )


class Told(msgspec.Struct, kw_only=True):
    """What everybody may read of a notification, beside what it was about."""

    id: UUID
    channel: Channel
    status: Status
    instead_of_sms: Literal["stopped", "failed"] | None
    created_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    attempts: list[AttemptView]


def told(notification: NotificationColumns, attempts: list[AttemptView]) -> dict[str, Any]:
    """The fields of `Told`."""
    own = set(Told.__struct_fields__) - {"attempts"}
    return {name: getattr(notification, name) for name in own} | {"attempts": attempts}


async def attempts_by_notification(
    session: AsyncSession, log: Log, notification_ids: Sequence[UUID]
) -> dict[UUID, list[AttemptView]]:
    """The attempts of some notifications, the oldest first."""
    views: defaultdict[UUID, list[AttemptView]] = defaultdict(list)
    for attempt in await attempts.of(session, log, notification_ids):
        views[attempt.notification_id].append(AttemptView.of(attempt))
    return views
