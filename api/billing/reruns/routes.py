"""Finance has a customer billed again for a month whose run is issued."""

from datetime import datetime
from typing import Self
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.adjustments.routes import act_of
from api.billing.fields import Reason
from api.billing.guards import READERS
from api.billing.invoices.routes import period_of
from api.billing.reruns import service
from api.billing.reruns.tables import Rerun
from api.kernel.auth import SignedInRequest


class NewRerun(msgspec.Struct, forbid_unknown_fields=True):
    customer_id: UUID
    reason: Reason


class RerunView(msgspec.Struct, kw_only=True):
    """`done_at` is null until it is done, within minutes. `drafted` counts the invoices that were
    made then, `parked` how many of them wait as outliers; the others are issued and charged.
    """

    id: UUID
    customer_id: UUID
    asked_by: str
    reason: str
    asked_at: datetime
    done_at: datetime | None
    drafted: int | None
    parked: int | None

    @classmethod
    def of(cls, it: Rerun) -> Self:
        return cls(**{name: getattr(it, name) for name in cls.__struct_fields__})


class RerunController(Controller):
    path = "/runs/{period:str}/reruns"
    guards = READERS

    @get(summary="Customers billed again")
    async def reruns(
        self,
        period: FromPath[str],
        session: NamedDependency[AsyncSession],
        customer_id: FromQuery[UUID | None] = None,
    ) -> list[RerunView]:
        """Who asked for whom and why, and what came of it, the newest first."""
        found = await service.of_month(session, period_of(period), customer_id)
        return [RerunView.of(one) for one in found]

    @post(status_code=202, summary="Bill a customer again")
    async def rerun(
        self,
        period: FromPath[str],
        data: JSONBody[NewRerun],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> RerunView:
        """What the customer's contracts lack of a month whose run is issued is drafted, checked,
        issued with the next numbers and charged: a contract that came late or was held, an
        outlier that was voided.

        A contract that has its invoice gets no other. What is outside the rules is parked as an
        outlier, for you to release. Asked for twice it is done once.
        """
        act = act_of(request, data.reason, now)
        made = await service.ask_as_staff(session, period_of(period), data.customer_id, act)
        return RerunView.of(made)
