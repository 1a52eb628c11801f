"""The outliers of a month over HTTP, with what each is for and who decided what of it."""

from typing import Self
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.adjustments import outliers
from api.billing.adjustments.views import ActView
from api.billing.guards import READERS
from api.billing.invoices.routes import NO_ID, period_of
from api.billing.invoices.runs import find_run
from api.billing.invoices.views import InvoiceView, LineView
from api.kernel.paging import PageSize


class OutlierView(InvoiceView, kw_only=True):
    """An invoice that the checks parked for its amount: `reason` says what the plan implies.

    It is `parked` until somebody decides: then `void`, or `review` is `released` and it is billed.
    `acts` says who did so and why. A release repeats `row_hash` (hex).
    """

    review: str
    row_hash: str
    lines: list[LineView]
    acts: list[ActView]

    @classmethod
    def of_found(cls, it: outliers.Found) -> Self:
        return cls(
            **InvoiceView.fields(it.invoice),
            review=it.invoice.review or outliers.REVIEW,
            row_hash=it.invoice.row_hash.hex(),
            lines=[LineView.of(line) for line in it.lines],
            acts=[ActView.of(act) for act in it.acts],
        )


class OutlierPage(msgspec.Struct):
    """`next_after` is null on the last page."""

    items: list[OutlierView]
    next_after: UUID | None


class OutlierController(Controller):
    path = "/runs/{period:str}/outliers"
    guards = READERS

    @get(summary="Outliers of a run")
    async def outliers(
        self,
        period: FromPath[str],
        session: NamedDependency[AsyncSession],
        limit: PageSize = 50,
        after: FromQuery[UUID] = NO_ID,
    ) -> OutlierPage:
        """Amounts that the plan does not imply: those that wait, and what was decided of others.

        Release or void each at its invoice. The next page is after `next_after`, an invoice's id.
        """
        run = await find_run(session, period_of(period))
        found = await outliers.of_run(session, run, after, limit + 1)
        shown = [OutlierView.of_found(it) for it in found[:limit]]
        return OutlierPage(shown, shown[-1].id if len(found) > limit else None)
