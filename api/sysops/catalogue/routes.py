"""The catalogue for those who keep it: support plans, ticket types, device types, skills."""

from datetime import datetime
from typing import Annotated, Self

import msgspec
from litestar import Controller, get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import Requires, SignedInRequest
from api.kernel.fields import Line
from api.messages import BillingInterval
from api.sysops.audit.routes import act_of
from api.sysops.catalogue import rules, service
from api.sysops.catalogue.tables import DeviceType, Skill, SupportPlan, TicketType

Code = Annotated[
    str,
    PathParameter(
        pattern=rules.CODE,
        max_length=rules.LONGEST_CODE,
        description="Lower-case letters, digits and single hyphens; it never changes.",
    ),
]


class NameBody(msgspec.Struct, forbid_unknown_fields=True):
    name: Line


class NameView(msgspec.Struct):
    code: str
    name: str


class PlanBody(msgspec.Struct, forbid_unknown_fields=True):
    """`price_cents` is in US cents per `interval`, `sla_hours` from submission to resolution.

    A plan that is not `active` cannot be chosen any more; contracts under it go on.
    """

    name: Line
    price_cents: Annotated[int, Meta(ge=0, le=10_000_000)]
    interval: BillingInterval
    sla_hours: Annotated[int, Meta(ge=1, le=8_760)]
    device_types: Annotated[list[Line], Meta(min_length=1, max_length=50)]
    active: bool = True


class PlanView(msgspec.Struct):
    code: str
    version: int
    name: str
    price_cents: int
    currency: str
    interval: str
    sla_hours: int
    device_types: list[str]
    active: bool

    @classmethod
    def of(cls, plan: SupportPlan) -> Self:
        return cls(**{name: getattr(plan, name) for name in cls.__struct_fields__})


class SkillLevel(msgspec.Struct, forbid_unknown_fields=True):
    """A skill and the least level of it that is needed."""

    skill: Line
    level: Annotated[int, Meta(ge=1, le=rules.HIGHEST_LEVEL)]


class TicketTypeBody(msgspec.Struct, forbid_unknown_fields=True):
    """A visit must fit one arrival window; without a required skill anybody could be sent.

    `survey_template` is what customers are asked by after it; null is the default one.
    """

    name: Line
    device_type: Line
    duration_minutes: Annotated[int, Meta(ge=rules.SHORTEST_MINUTES, le=rules.LONGEST_MINUTES)]
    required_skills: Annotated[list[SkillLevel], Meta(min_length=1, max_length=20)]
    active: bool = True
    survey_template: Line | None = None


class TicketTypeView(msgspec.Struct):
    code: str
    version: int
    name: str
    device_type: str
    duration_minutes: int
    required_skills: list[SkillLevel]
    active: bool
    survey_template: str | None

    @classmethod
    def of(cls, ticket_type: TicketType, needed: dict[str, int]) -> Self:
        return cls(
            code=ticket_type.code,
            version=ticket_type.version,
            name=ticket_type.name,
            device_type=ticket_type.device_type,
            duration_minutes=ticket_type.duration_minutes,
            required_skills=[
                SkillLevel(Line(skill), level) for skill, level in sorted(needed.items())
            ],
            active=ticket_type.active,
            survey_template=ticket_type.survey_template,
        )


class CatalogueController(Controller):
    """A change is published in the transaction that makes it; a repetition changes nothing."""

    path = "/catalogue"
    guards = [Requires("administrator")]  # noqa: RUF012 - Litestar's way

    @get("/plans", summary="All support plans")
    async def plans(self, session: NamedDependency[AsyncSession]) -> list[PlanView]:
        """Also those that cannot be chosen any more."""
        return [PlanView.of(plan) for plan in await service.plans(session)]

    @get("/plans/{code:str}", summary="One support plan")
    async def plan(self, code: Code, session: NamedDependency[AsyncSession]) -> PlanView:
        """404 when there is none."""
        return PlanView.of(await service.find(session, SupportPlan, code))

    @put("/plans/{code:str}", summary="Create or change a support plan")
    async def keep_plan(
        self,
        request: SignedInRequest,
        code: Code,
        data: JSONBody[PlanBody],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> PlanView:
        """Customers may choose it and billing charges it as soon as the word has reached them."""
        values = msgspec.structs.asdict(data)
        return PlanView.of(await service.keep_plan(session, act_of(request, now), code, values))

    @get("/ticket-types", summary="All ticket types")
    async def ticket_types(self, session: NamedDependency[AsyncSession]) -> list[TicketTypeView]:
        """With the skills that each needs."""
        return [TicketTypeView.of(*found) for found in await service.ticket_types(session)]

    @get("/ticket-types/{code:str}", summary="One ticket type")
    async def ticket_type(
        self, code: Code, session: NamedDependency[AsyncSession]
    ) -> TicketTypeView:
        """With the skills that it needs; 404 when there is none."""
        return TicketTypeView.of(*await service.ticket_type(session, code))

    @put("/ticket-types/{code:str}", summary="Create or change a ticket type")
    async def keep_ticket_type(
        self,
        request: SignedInRequest,
        code: Code,
        data: JSONBody[TicketTypeBody],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> TicketTypeView:
        """New tickets, and open ones at the next assignment, need the skills given here."""
        values = msgspec.structs.asdict(data)
        needed = [(str(it.skill), it.level) for it in values.pop("required_skills")]
        kept = await service.keep_ticket_type(session, act_of(request, now), code, values, needed)
        return TicketTypeView.of(kept, dict(needed))

    @get("/device-types", summary="All device types")
    async def device_types(self, session: NamedDependency[AsyncSession]) -> list[NameView]:
        """What plans cover and ticket types are about."""
        return [NameView(it.code, it.name) for it in await service.device_types(session)]

    @get("/device-types/{code:str}", summary="One device type")
    async def device_type(self, code: Code, session: NamedDependency[AsyncSession]) -> NameView:
        """404 when there is none."""
        device = await service.find(session, DeviceType, code)
        return NameView(device.code, device.name)

    @put("/device-types/{code:str}", summary="Create or rename a device type")
    async def keep_device_type(
        self,
        request: SignedInRequest,
        code: Code,
        data: JSONBody[NameBody],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> NameView:
        """Customers see the name at once in the ticket types of this device."""
        kept = await service.keep_device_type(session, act_of(request, now), code, data.name)
        return NameView(kept.code, kept.name)

    @get("/skills", summary="All skills")
    async def skills(self, session: NamedDependency[AsyncSession]) -> list[NameView]:
        """What experts are certified in and ticket types need."""
        return [NameView(it.code, it.name) for it in await service.skills(session)]

    @get("/skills/{code:str}", summary="One skill")
    async def skill(self, code: Code, session: NamedDependency[AsyncSession]) -> NameView:
        """404 when there is none."""
        skill = await service.find(session, Skill, code)
        return NameView(skill.code, skill.name)

    @put("/skills/{code:str}", summary="Create or rename a skill")
    async def keep_skill(
        self,
        request: SignedInRequest,
        code: Code,
        data: JSONBody[NameBody],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> NameView:
        """Certificates and ticket types refer to the code, which stays."""
        kept = await service.keep_skill(session, act_of(request, now), code, data.name)
        return NameView(kept.code, kept.name)
