"""Customers choose how they are told things, and when not."""

from typing import Literal, Self

import msgspec
from litestar import Controller, get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts import preferences
from api.customer.accounts.fields import LocalTime, TimeZone
from api.customer.accounts.preferences import Preferences
from api.customer.accounts.service import ArrivalChannel
from api.customer.guards import CUSTOMERS
from api.kernel.auth import SignedInRequest

Optional = Literal["email", "none"]
Reminder = Literal["sms", "email", "none"]


class Channels(msgspec.Struct, forbid_unknown_fields=True):
    """By kind of event. Trouble with a payment, a card or the account always comes by e-mail.

    The way of `expert_arriving` is also how you hear that the expert is on the way; the way of
    `visit_off`, that nobody was at home or the expert did not come. A reminder goes the way of
    arrivals unless it says otherwise. Without `survey_invitation` there is no `survey_reminder`,
    either. What would be a text message goes by e-mail while your number has stopped texts; text
    START to us to get them again.
    """

    expert_arriving: ArrivalChannel
    visit_off: ArrivalChannel
    visit_reminder: Reminder | None = None
    another_visit: Optional = "email"
    ticket_cancelled: Optional = "email"
    request_refused: Optional = "email"
    survey_invitation: Optional = "email"
    survey_reminder: Optional = "email"
    invoice_paid: Optional = "email"


class QuietTimes(msgspec.Struct, forbid_unknown_fields=True):
    """Local times; hours that end before they begin go over night."""

    begins: LocalTime
    ends: LocalTime
    time_zone: TimeZone | None = None


class NotificationPreferences(msgspec.Struct, forbid_unknown_fields=True):
    channels: Channels
    quiet_hours: QuietTimes | None = None

    @classmethod
    def of(cls, kept: Preferences) -> Self:
        arrival = kept.arrival_channel
        like_arrivals = dict.fromkeys(("expert_arriving", "visit_off", "visit_reminder"), arrival)
        chosen = like_arrivals | kept.choices
        quiet = kept.quiet
        return cls(
            channels=msgspec.convert(chosen, Channels),
            quiet_hours=QuietTimes(
                begins=LocalTime(f"{quiet.begins:%H:%M}"),
                ends=LocalTime(f"{quiet.ends:%H:%M}"),
                time_zone=TimeZone(quiet.time_zone),
            )
            if quiet
            else None,
        )


class PreferenceController(Controller):
    path = "/me/notification-preferences"
    guards = CUSTOMERS

    @get(summary="How I am told things")
    async def preferences(
        self, request: SignedInRequest, session: NamedDependency[AsyncSession]
    ) -> NotificationPreferences:
        """A channel for each kind of event, and quiet hours."""
        return NotificationPreferences.of(await preferences.preferences(session, request.user.id))

    @put(summary="Choose how I am told things")
    async def choose(
        self,
        request: SignedInRequest,
        data: JSONBody[NotificationPreferences],
        session: NamedDependency[AsyncSession],
    ) -> NotificationPreferences:
        """Replaces all of it. Without `time_zone`, quiet hours are in that of the first address.

        In quiet hours nothing is sent but what was asked for in that moment (a new password)
        and word of a visit that begins before they end or within two hours after; all else
        waits until they end.
        """
        named = msgspec.structs.asdict(data.channels).items()
        channels = {kind: channel for kind, channel in named if channel is not None}
        quiet = None
        if (typed := data.quiet_hours) is not None:
            quiet = await preferences.quiet_hours(
                session, request.user.id, typed.begins, typed.ends, typed.time_zone
            )
        chosen = Preferences(channels.pop("expert_arriving"), channels, quiet)
        await preferences.keep(session, request.user.id, chosen)
        return NotificationPreferences.of(await preferences.preferences(session, request.user.id))
