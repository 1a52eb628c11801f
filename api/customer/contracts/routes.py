"""Support plans, what can be repaired under them, and the customer's contracts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.balance.service import outlooks
from api.customer.contracts import changing, service
from api.customer.contracts.tables import Contract
from api.customer.contracts.views import (
    ContractView,
    PlanChangeView,
    PlanView,
    TicketTypeView,
)
from api.customer.guards import CUSTOMERS
from api.kernel.auth import SignedInRequest
from api.kernel.fields import Line
from api.kernel.transaction import MAY_REFUSE


class NewContract(msgspec.Struct, forbid_unknown_fields=True):
    plan_code: Line
    address_id: UUID


class PlanChange(msgspec.Struct, forbid_unknown_fields=True):
    plan_code: Line


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
        return await _view(session, contract, now)

    @get("/contracts", guards=CUSTOMERS, summary="My contracts")
    async def contracts(
        self,
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> list[ContractView]:
        """All of them, ended ones too, the newest first: what each covers, until when it is paid,
        and its next charge.
        """
        found = await service.contracts(session, request.user.id)
        expected = await outlooks(session, found, now)
        return [ContractView.of(it, plan, expected[it.id]) for it, plan in found]

    @get("/contracts/{contract_id:uuid}", guards=CUSTOMERS, summary="One contract")
    async def contract(
        self,
        request: SignedInRequest,
        contract_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> ContractView:
        """What it covers, until when it is paid, and its next charge."""
        contract = await service.find(session, request.user.id, contract_id)
        return await _view(session, contract, now)

    @get(
        "/contracts/{contract_id:uuid}/plan-change",
        guards=CUSTOMERS,
        summary="What a change of plan would cost",
        opt={MAY_REFUSE: {409}},
    )
    async def preview(
        self,
        request: SignedInRequest,
        contract_id: FromPath[UUID],
        plan_code: Annotated[Line, QueryParameter(description="Of the plan to change to.")],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> PlanChangeView:
        """Nothing is changed: this month's bills of both plans, what the new one costs then, and
        which devices it covers that the old one does not, and the other way round. 409 while the
        plan cannot be changed.
        """
        planned = await changing.plan(session, request.user.id, contract_id, plan_code, now)
        return PlanChangeView.of(planned)

    @post("/contracts/{contract_id:uuid}/plan-change", guards=CUSTOMERS, summary="Change the plan")
    async def change(
        self,
        request: SignedInRequest,
        contract_id: FromPath[UUID],
        data: JSONBody[PlanChange],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> ContractView:
        """The contract ends and one on the other plan begins, today; answers with the new one.

        Both are billed by day. Tickets that are open are still served, also on a device that the
        new plan does not cover. On the first of a month a yearly plan changes tomorrow. 409 while
        an invoice of the contract is not paid, it is suspended, or its billing is held.
        """
        contract = await changing.change(session, request.user.id, contract_id, data.plan_code, now)
        return await _view(session, contract, now)

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
        return await _view(session, contract, now)


async def _view(session: AsyncSession, contract: Contract, now: datetime) -> ContractView:
    plan = await service.plan_of(session, contract)
    expected = await outlooks(session, [(contract, plan)], now)
    return ContractView.of(contract, plan, expected[contract.id])
