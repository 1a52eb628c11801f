"""Support plans, what can be repaired under them, and the customer's contracts."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.contracts import service
from api.customer.contracts.tables import Contract, SupportPlan, TicketType
from api.customer.guards import CUSTOMERS
from api.kernel.auth import SignedInRequest
from api.kernel.fields import Line


class PlanView(msgspec.Struct):
    """`price_cents` is per `interval`; `sla_hours` is from submission to resolution."""

    code: str
    name: str
    price_cents: int
    currency: str
    interval: str
    sla_hours: int
    device_types: list[str]

    @classmethod
    def of(cls, plan: SupportPlan) -> Self:
        return cls(
            code=plan.code,
            name=plan.name,
            price_cents=plan.price_cents,
            currency=plan.currency,
            interval=plan.interval,
            sla_hours=plan.sla_hours,
            device_types=plan.device_types,
        )


class TicketTypeView(msgspec.Struct):
    """A plan covers it when `device_type` is among the plan's `device_types`."""

    code: str
    name: str
    device_type: str
    device_name: str

    @classmethod
    def of(cls, kind: TicketType) -> Self:
        return cls(kind.code, kind.name, kind.device_type, kind.device_name)


class NewContract(msgspec.Struct, forbid_unknown_fields=True):
    plan_code: Line
    address_id: UUID


class ContractView(msgspec.Struct):
    """`standing` is `suspended` while an invoice is overdue; then no ticket can be opened.

    `covers` is what the plan gives, for any number of tickets, until the end of `ends_on`;
    null while the contract runs on.
    """

    id: UUID
    plan_code: str
    covers: PlanView
    address_id: UUID
    status: str
    standing: str
    starts_on: date
    ends_on: date | None

    @classmethod
    def of(cls, contract: Contract, plan: SupportPlan) -> Self:
        return cls(
            id=contract.id,
            plan_code=contract.plan_code,
            covers=PlanView.of(plan),
            address_id=contract.address_id,
            status=contract.status,
            standing=contract.standing,
            starts_on=contract.starts_on,
            ends_on=contract.ends_on,
        )


class ContractController(Controller):
    path = "/"

    @get("/plans", summary="Support plans")
    async def plans(self, session: NamedDependency[AsyncSession]) -> list[PlanView]:
        """The plans that can be chosen now, the cheapest first. Needs no sign-in."""
        return [PlanView.of(plan) for plan in await service.plans(session)]

    @get("/ticket-types", summary="What a ticket can be about")
    async def ticket_types(self, session: NamedDependency[AsyncSession]) -> list[TicketTypeView]:
        """The kinds of trouble we repair, by device. Needs no sign-in."""
        return [TicketTypeView.of(kind) for kind in await service.ticket_types(session)]

    @post("/contracts", guards=CUSTOMERS, summary="Start a support plan")
    async def start(
        self,
        request: SignedInRequest,
        data: JSONBody[NewContract],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> ContractView:
        """A contract that begins today; the address decides the sales tax.

        Answers 409 when the plan runs already.
        """
        contract = await service.start(
            session, request.user.id, data.plan_code, data.address_id, now
        )
        return ContractView.of(contract, await service.plan_of(session, contract))

    @get("/contracts", guards=CUSTOMERS, summary="My contracts")
    async def contracts(
        self, request: SignedInRequest, session: NamedDependency[AsyncSession]
    ) -> list[ContractView]:
        """All of them, ended ones too, with what they cover, the newest first."""
        found = await service.contracts(session, request.user.id)
        return [ContractView.of(contract, plan) for contract, plan in found]

    @post(
        "/contracts/{contract_id:uuid}/cancel",
        status_code=200,
        guards=CUSTOMERS,
        summary="Cancel a contract",
    )
    async def cancel(
        self,
        request: SignedInRequest,
        contract_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> ContractView:
        """The contract ends today; today is still covered and billed."""
        contract = await service.cancel(session, request.user.id, contract_id, now)
        return ContractView.of(contract, await service.plan_of(session, contract))
