"""Expert profiles for administrators: skills, area, hours, time off."""

from datetime import UTC, date, datetime, time
from typing import Annotated, Self
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import Requires, SignedInRequest
from api.kernel.fields import Line, Zip
from api.sysops.audit.routes import act_of
from api.sysops.catalogue.rules import HIGHEST_LEVEL
from api.sysops.experts import service
from api.sysops.experts.days import MOST_VISITS_A_DAY
from api.sysops.experts.tables import TimeOff

Hour = Annotated[
    str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="Local time, 08:00.")
]
Moment = Annotated[datetime, Meta(tz=True)]


class Certificate(msgspec.Struct, forbid_unknown_fields=True):
    """A skill and its level; it counts until and including the last day."""

    skill: Line
    level: Annotated[int, Meta(ge=1, le=HIGHEST_LEVEL)]
    certified_until: date


class ShiftBody(msgspec.Struct, forbid_unknown_fields=True):
    """Weekly hours in the expert's own time zone; weekday 1 is Monday."""

    weekday: Annotated[int, Meta(ge=1, le=7)]
    starts_at: Hour
    ends_at: Hour


class ExpertBody(msgspec.Struct, forbid_unknown_fields=True):
    """The whole profile. Coordinates and time zone are those of the home's ZIP code.

    `most_visits_a_day` is the expert's capacity; a day has four arrival windows.
    """

    zip: Zip
    radius_km: Annotated[int, Meta(ge=1, le=500)]
    skills: Annotated[list[Certificate], Meta(max_length=50)]
    shifts: Annotated[list[ShiftBody], Meta(max_length=50)]
    most_visits_a_day: Annotated[int, Meta(ge=1, le=MOST_VISITS_A_DAY)] = MOST_VISITS_A_DAY
    active: bool = True

    def wanted(self) -> service.Wanted:
        return service.Wanted(
            zip=str(self.zip),
            radius_km=self.radius_km,
            skills=[(str(it.skill), it.level, it.certified_until) for it in self.skills],
            shifts=[
                (it.weekday, time.fromisoformat(it.starts_at), time.fromisoformat(it.ends_at))
                for it in self.shifts
            ],
            most_visits_a_day=self.most_visits_a_day,
            active=self.active,
        )


class TimeOffBody(msgspec.Struct, forbid_unknown_fields=True):
    """Times with their offset from UTC; without an end, until further notice."""

    start: Moment
    reason: Line
    end: Moment | None = None


class TimeOffView(msgspec.Struct):
    id: UUID
    start: datetime | None
    end: datetime | None
    reason: str

    @classmethod
    def of(cls, absence: TimeOff) -> Self:
        return cls(absence.id, absence.during.lower, absence.during.upper, absence.reason)


class ExpertView(msgspec.Struct):
    """`time_off` lists what is not over yet; coordinates are in degrees."""

    id: UUID
    full_name: str
    zip: str
    state: str
    latitude: float
    longitude: float
    time_zone: str
    radius_km: int
    skills: list[Certificate]
    shifts: list[ShiftBody]
    time_off: list[TimeOffView]
    most_visits_a_day: int
    active: bool

    @classmethod
    def of(cls, kept: service.Kept) -> Self:
        expert = kept.expert
        return cls(
            id=expert.id,
            full_name=kept.staff.full_name,
            zip=expert.zip,
            state=expert.state,
            latitude=expert.latitude,
            longitude=expert.longitude,
            time_zone=expert.time_zone,
            radius_km=expert.radius_km,
            skills=[
                Certificate(Line(skill), level, until)
                for skill, (level, until) in kept.skills.items()
            ],
            shifts=[
                ShiftBody(weekday, f"{start:%H:%M}", f"{end:%H:%M}")
                for weekday, start, end in kept.shifts
            ],
            time_off=[TimeOffView.of(absence) for absence in kept.absences],
            most_visits_a_day=expert.most_visits_a_day,
            active=expert.active,
        )


class ExpertController(Controller):
    """A change withdraws the visits that it makes wrong, and the next run assigns them anew."""

    path = "/experts/{expert_id:uuid}"
    guards = [Requires("administrator")]  # noqa: RUF012 - Litestar's way

    @get(summary="An expert's profile")
    async def profile(
        self,
        expert_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> ExpertView:
        """404 for who has none, also for a member of staff with the role expert."""
        return ExpertView.of(await service.find(session, expert_id, now))

    @put(summary="Create or change an expert's profile")
    async def keep(
        self,
        request: SignedInRequest,
        expert_id: FromPath[UUID],
        data: JSONBody[ExpertBody],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> ExpertView:
        """The id is the one of the staff account, which must have the role expert (else 409).

        Visits, proposed or accepted, that the expert must not make any more, or that are more
        than the expert takes a day, are withdrawn;
        the customer is told why and the expert that the visit is off. 422 lists every error.
        """
        await service.keep(session, act_of(request, now), expert_id, data.wanted())
        return ExpertView.of(await service.find(session, expert_id, now))

    @post("/time-off", summary="Give an expert time off")
    async def add_time_off(
        self,
        request: SignedInRequest,
        expert_id: FromPath[UUID],
        data: JSONBody[TimeOffBody],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> TimeOffView:
        """Visits in that time are withdrawn; 422 when it is empty or over."""
        end = data.end.astimezone(UTC) if data.end else None
        act, start = act_of(request, now), data.start.astimezone(UTC)
        absence = await service.add_time_off(session, act, expert_id, start, end, str(data.reason))
        return TimeOffView.of(absence)

    @delete("/time-off/{time_off_id:uuid}", summary="Take time off back")
    async def remove_time_off(
        self,
        request: SignedInRequest,
        expert_id: FromPath[UUID],
        time_off_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> None:
        """The expert can be booked again; visits withdrawn meanwhile do not come back."""
        await service.remove_time_off(session, act_of(request, now), expert_id, time_off_id)
