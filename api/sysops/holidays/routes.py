"""The company's holidays over HTTP: days on which nobody visits."""

from datetime import date, datetime
from typing import Annotated, Self

import msgspec
from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import STAFF_ROLES, Requires, SignedInRequest
from api.kernel.fields import Line
from api.sysops.audit.routes import act_of
from api.sysops.experts import withdrawals
from api.sysops.holidays import service
from api.sysops.holidays.tables import Holiday

READERS = Requires(*STAFF_ROLES)
WRITERS = Requires("administrator")


class HolidayBody(msgspec.Struct, forbid_unknown_fields=True):
    """The day is each expert's own, wherever they are."""

    day: date
    name: Line


class HolidayView(msgspec.Struct):
    day: date
    name: str

    @classmethod
    def of(cls, holiday: Holiday) -> Self:
        return cls(holiday.day, holiday.name)


class HolidayAdded(msgspec.Struct):
    """`called_off` counts the visits that were planned on the day."""

    day: date
    name: str
    called_off: int


class HolidayPreview(msgspec.Struct):
    """What adding the day would call off: visits that are proposed, and those promised."""

    day: date
    proposed: int
    accepted: int
    visits: int


class HolidayController(Controller):
    """On a holiday no visit is planned, for the whole company."""

    path = "/holidays"
    guards = [READERS]  # noqa: RUF012 - Litestar's way

    @get(summary="The company's holidays")
    async def holidays(
        self,
        session: NamedDependency[AsyncSession],
        *,
        since: Annotated[
            date | None, QueryParameter(name="from", description="Those of this day and later.")
        ] = None,
    ) -> list[HolidayView]:
        """In their order; without `from` also those that are over."""
        return [HolidayView.of(it) for it in await service.since(session, since)]

    @post(summary="Add a holiday", guards=[WRITERS])
    async def add(
        self,
        request: SignedInRequest,
        data: JSONBody[HolidayBody],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> HolidayAdded:
        """Visits planned on the day are called off at once, proposed and promised ones.

        The customers are told why, the experts that the visit is off, and the next assignment run
        finds other days; one that has begun goes on. Tickets that wait for that day alone are
        served on any other. Ask `GET /sysops/holidays/{day}/preview` first: a holiday that is
        removed again brings no visit back. 422 when the day is over, 409 when it is one already.
        """
        called_off = await service.add(session, act_of(request, now), data.day, str(data.name))
        return HolidayAdded(data.day, str(data.name), called_off)

    @get("/{day:date}", summary="One holiday")
    async def holiday(
        self, day: FromPath[date], session: NamedDependency[AsyncSession]
    ) -> HolidayView:
        """404 when that day is none."""
        return HolidayView.of(await service.find(session, day))

    @delete("/{day:date}", summary="Remove a holiday", guards=[WRITERS])
    async def remove(
        self,
        request: SignedInRequest,
        day: FromPath[date],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> None:
        """The next assignment run plans visits on it again; those called off do not come back."""
        await service.remove(session, act_of(request, now), day)

    @get("/{day:date}/preview", summary="What a holiday would call off", guards=[WRITERS])
    async def preview(
        self, day: FromPath[date], session: NamedDependency[AsyncSession]
    ) -> HolidayPreview:
        """How many visits are planned on the day as of now; nothing is changed."""
        planned = await withdrawals.planned_on(session, day)
        return HolidayPreview(day, planned["proposed"], planned["accepted"], planned.total())
