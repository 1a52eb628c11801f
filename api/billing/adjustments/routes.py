"""Finance acts on invoices and contracts, each time with a reason."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.adjustments import history, holds, outliers, service
from api.billing.adjustments.history import Act, Search
from api.billing.adjustments.tables import ActKind, Refund
from api.billing.adjustments.views import (
    ActPage,
    ActView,
    Because,
    ContractView,
    CreditNoteView,
    NewCreditNote,
    NewRefund,
    OutlierRelease,
    RefundView,
    Released,
)
from api.billing.guards import READERS
from api.billing.invoices.service import show_invoice
from api.billing.invoices.views import InvoiceDetail
from api.kernel.auth import SignedInRequest
from api.kernel.errors import NotFound
from api.kernel.paging import PageCursor, PageSize, cut, position, position_of

Kind = Annotated[ActKind | None, QueryParameter(description="Acts of this kind alone.")]


def act_of(request: SignedInRequest, reason: str, now: datetime) -> Act:
    """The signed-in person as the history names the one who acts."""
    return Act(request.user.id, reason, now)


class AdjustmentController(Controller):
    """Acts on one invoice."""

    path = "/invoices/{invoice_id:uuid}"
    guards = READERS

    @post("/retry", status_code=202, summary="Charge an invoice again now")
    async def retry(
        self,
        invoice_id: FromPath[UUID],
        data: JSONBody[Because],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> InvoiceDetail:
        """A declined invoice is tried within minutes, beside its schedule: it uses up no step.

        `dunning.asked_at` is set until then. Asked for twice it is tried once.
        """
        await service.retry(session, invoice_id, act_of(request, data.reason, now))
        return await show_invoice(session, invoice_id)

    @post("/credit-notes", summary="Write a credit note")
    async def credit_note(
        self,
        invoice_id: FromPath[UUID],
        data: JSONBody[NewCreditNote],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> CreditNoteView:
        """Takes revenue and tax of an invoice back, in parts at most its total.

        It lowers what is owed, or becomes credit that the customer's next invoices use up; the
        customer is told by e-mail. 409 says what is possible.
        """
        note = await service.credit_note(
            session,
            invoice_id,
            act_of(request, data.reason, now),
            amount_cents=data.amount_cents,
            applies_to=data.applies_to,
        )
        return CreditNoteView.of(note)

    @post("/refunds", status_code=202, summary="Refund a payment")
    async def refund(
        self,
        invoice_id: FromPath[UUID],
        data: JSONBody[NewRefund],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> RefundView:
        """Money goes back to the card it came from, all of it or a part, within minutes.

        Never more than was paid and has not gone back. 202: look at `/billing/refunds/ID`. The
        customer is told by e-mail when it is done. What the provider refuses becomes credit, and
        you are alerted.
        """
        made = await service.refund(
            session,
            invoice_id,
            act_of(request, data.reason, now),
            amount_cents=data.amount_cents,
            source=data.source,
        )
        return RefundView.of(made)

    @post("/write-off", status_code=200, summary="Write an invoice off")
    async def write_off(
        self,
        invoice_id: FromPath[UUID],
        data: JSONBody[Because],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> InvoiceDetail:
        """The debt is given up, all that is still owed: no charge, no reminder any more.

        A contract that was suspended for it is in good standing again; the customer is told.
        """
        await service.write_off(session, invoice_id, act_of(request, data.reason, now))
        return await show_invoice(session, invoice_id)

    @post("/release", status_code=202, summary="Release an outlier")
    async def release(
        self,
        invoice_id: FromPath[UUID],
        data: JSONBody[OutlierRelease],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> InvoiceDetail:
        """The amount is right although the plan does not imply it: the invoice is billed as it is.

        Before the run of its month is decided it joins the run, which is checked again and then
        waits or goes on as any; afterwards it is issued by itself within minutes.
        """
        act = act_of(request, data.reason, now)
        await outliers.release(session, invoice_id, act, seen=data.row_hash)
        return await show_invoice(session, invoice_id)

    @post("/void", status_code=200, summary="Void an outlier")
    async def void(
        self,
        invoice_id: FromPath[UUID],
        data: JSONBody[Because],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> InvoiceDetail:
        """Nothing is billed for this contract and month.

        When the cause is put right before the run is decided, another amount is drafted in its
        place.
        """
        await outliers.void(session, invoice_id, act_of(request, data.reason, now))
        return await show_invoice(session, invoice_id)


class HoldController(Controller):
    """Acts on one contract."""

    path = "/contracts/{contract_id:uuid}"
    guards = READERS

    @post("/hold", status_code=200, summary="Hold a contract")
    async def hold(
        self,
        contract_id: FromPath[UUID],
        data: JSONBody[Because],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> ContractView:
        """No new invoice, no charge and no reminder until it is released.

        Service goes on: visits are made and tickets can be opened. The customer is told.
        """
        act = act_of(request, data.reason, now)
        return ContractView.of(await holds.hold(session, contract_id, act))

    @post("/release", status_code=200, summary="Release a contract")
    async def release(
        self,
        contract_id: FromPath[UUID],
        data: JSONBody[Because],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> Released:
        """Billing goes on; reminders go on where they stood when it was held.

        The months that were billed without this contract are listed, and you are alerted of them.
        """
        act = act_of(request, data.reason, now)
        contract, missed = await holds.release(session, contract_id, act)
        return Released(ContractView.of(contract), [f"{month:%Y-%m}" for month in missed])


class HistoryController(Controller):
    path = "/"
    guards = READERS

    @get("/refunds/{refund_id:uuid}", summary="One refund")
    async def refund(
        self, refund_id: FromPath[UUID], session: NamedDependency[AsyncSession]
    ) -> RefundView:
        """Whether the money has gone back, and what the provider said."""
        refund = await session.get(Refund, refund_id)
        if refund is None:
            raise NotFound("There is no such refund.")
        return RefundView.of(refund)

    @get("/acts", summary="What finance did")
    async def acts(
        self,
        session: NamedDependency[AsyncSession],
        *,
        customer_id: FromQuery[UUID | None] = None,
        contract_id: FromQuery[UUID | None] = None,
        invoice_id: FromQuery[UUID | None] = None,
        act: Kind = None,
        limit: PageSize = 20,
        cursor: PageCursor = None,
    ) -> ActPage:
        """Retries, credit notes, refunds, write-offs, holds and closed alerts, the newest first.

        Who, when, on what and why; all filters given must match. Nobody can change an entry.
        """
        search = Search(customer_id, contract_id, invoice_id, act)
        after = position_of(cursor) if cursor else None
        found = await history.page(session, search, after, limit + 1)
        shown, more = cut(found, limit, lambda it: position(it.at, it.id))
        return ActPage([ActView.of(one) for one in shown], more)
