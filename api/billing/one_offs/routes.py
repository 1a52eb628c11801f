"""Finance enters, lists and withdraws one-off charges and credits."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.adjustments.routes import act_of
from api.billing.adjustments.views import Because
from api.billing.calendar import Period
from api.billing.fields import MONTH
from api.billing.guards import READERS
from api.billing.one_offs import service
from api.billing.one_offs.rules import State
from api.billing.one_offs.tables import OneOffKind
from api.billing.one_offs.views import NewOneOff, OneOffPage, OneOffView
from api.kernel.auth import SignedInRequest
from api.kernel.paging import PageCursor, PageSize, cut, position, position_of

Month = Annotated[
    str | None,
    QueryParameter(pattern=MONTH, description="The month from which it is billed, `2026-10`."),
]


class OneOffController(Controller):
    path = "/one-offs"
    guards = READERS

    @get(summary="One-off charges and credits")
    async def one_offs(
        self,
        session: NamedDependency[AsyncSession],
        *,
        customer_id: FromQuery[UUID | None] = None,
        contract_id: FromQuery[UUID | None] = None,
        kind: FromQuery[OneOffKind | None] = None,
        one_off_state: Annotated[
            State | None, QueryParameter(name="state", description="Leave it out for all.")
        ] = None,
        from_period: Month = None,
        limit: PageSize = 20,
        cursor: PageCursor = None,
    ) -> OneOffPage:
        """The newest first, page by page; all filters given must match."""
        search = service.Search(
            customer_id,
            contract_id,
            kind,
            one_off_state,
            Period.parse(from_period).first if from_period else None,
        )
        after = position_of(cursor) if cursor else None
        found = list(await service.page(session, search, after, limit + 1))
        shown, more = cut(found, limit, lambda it: position(it.one_off.created_at, it.one_off.id))
        return OneOffPage([OneOffView.of(one) for one in shown], more)

    @get("/{one_off_id:uuid}", summary="One one-off charge or credit")
    async def one_off(
        self, one_off_id: FromPath[UUID], session: NamedDependency[AsyncSession]
    ) -> OneOffView:
        """What it is, and the invoice that it is on."""
        return OneOffView.of(await service.show(session, one_off_id))

    @post(summary="Enter a one-off charge or credit")
    async def enter(
        self,
        data: JSONBody[NewOneOff],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> OneOffView:
        """It becomes a line of the contract's next invoice, exactly once, and is taxed with it.

        A month without anything else to bill gets an invoice of its own. While the contract is
        held or suspended it waits. A credit over more than the invoice carries forward.
        """
        new = service.NewOneOff(
            contract_id=data.contract_id,
            kind=data.kind,
            amount_cents=data.amount_cents,
            description=data.description,
            product_class=data.product_class,
            from_period=Period.parse(data.from_period) if data.from_period else None,
        )
        return OneOffView.of(await service.enter(session, new, act_of(request, data.reason, now)))

    @post(
        "/{one_off_id:uuid}/withdrawal",
        status_code=200,
        summary="Withdraw a one-off charge or credit",
    )
    async def withdraw(
        self,
        one_off_id: FromPath[UUID],
        data: JSONBody[Because],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> OneOffView:
        """It is not billed any more. A held run that has it is drafted and checked again.

        409 when its invoice is issued or is just being made: the text says what to do.
        """
        act = act_of(request, data.reason, now)
        return OneOffView.of(await service.withdraw(session, one_off_id, act))
