"""How customers wish to be told things, and when not. Services never commit."""

from dataclasses import dataclass
from datetime import time
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts.service import NO_TEXTS
from api.customer.accounts.tables import Account, Address, NotificationPreference
from api.customer.notifications.rules import QuietHours
from api.kernel.errors import FieldError, Invalid
from api.kernel.fields import takes_texts


@dataclass(frozen=True)
class Preferences:
    """`choices` are by kind: `sms`, `email` or `none`; what is missing was not chosen."""

    arrival_channel: str
    choices: dict[str, str]
    quiet: QuietHours | None


async def preferences(session: AsyncSession, account_id: UUID) -> Preferences:
    """What the customer chose."""
    kept = await session.get(NotificationPreference, account_id, populate_existing=True)
    if kept is None:
        return Preferences("sms", {}, None)
    quiet = None
    if kept.quiet_from is not None and kept.quiet_until is not None and kept.time_zone is not None:
        quiet = QuietHours(kept.quiet_from, kept.quiet_until, kept.time_zone)
    return Preferences(kept.arrival_channel, kept.choices, quiet)


async def keep(session: AsyncSession, account_id: UUID, chosen: Preferences) -> None:
    """Replace what was chosen before.

    Raises Invalid for quiet hours of no length, and for text messages to a number that takes none.
    """
    quiet = chosen.quiet
    errors = await _text_errors(session, account_id, chosen)
    if quiet is not None and quiet.begins == quiet.ends:
        errors.append(FieldError("/quiet_hours/ends", "Quiet hours end when they begin."))
    if errors:
        raise Invalid(errors)
    values = {
        "arrival_channel": chosen.arrival_channel,
        "choices": chosen.choices,
        "quiet_from": quiet.begins if quiet else None,
        "quiet_until": quiet.ends if quiet else None,
        "time_zone": quiet.time_zone if quiet else None,
    }
    await session.execute(
        insert(NotificationPreference)
        .values(account_id=account_id, **values)
        .on_conflict_do_update(index_elements=[NotificationPreference.account_id], set_=values)
    )


async def _text_errors(
    session: AsyncSession, account_id: UUID, chosen: Preferences
) -> list[FieldError]:
    phone = await session.scalar(select(Account.phone).where(Account.id == account_id))
    if phone is None or takes_texts(phone):
        return []
    channels = {"expert_arriving": chosen.arrival_channel, **chosen.choices}
    return [
        FieldError(f"/channels/{kind}", NO_TEXTS)
        for kind, channel in channels.items()
        if channel == "sms"
    ]


async def quiet_hours(
    session: AsyncSession, account_id: UUID, begins: str, ends: str, time_zone: str | None
) -> QuietHours:
    """Quiet hours as they were typed; without a time zone it is that of the first address."""
    if time_zone is None:
        mine = select(Address.time_zone).where(
            Address.account_id == account_id, Address.removed_at.is_(None)
        )
        time_zone = await session.scalar(mine.order_by(Address.id).limit(1))
    if time_zone is None:
        raise Invalid([FieldError("/quiet_hours/time_zone", "Say in which time zone.")])
    return QuietHours(time.fromisoformat(begins), time.fromisoformat(ends), time_zone)
