"""A customer's account as finance sees it: who it is stays in the customer quantum."""

from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.accounts import service
from api.billing.adjustments.views import ContractView, CreditNoteView, RefundView
from api.billing.guards import READERS
from api.billing.invoices.views import InvoiceView, PaymentView
from api.kernel.errors import NotFound


class AccountPayment(PaymentView, kw_only=True):
    invoice_id: UUID


class AccountView(msgspec.Struct, kw_only=True):
    """Amounts are cents and sums of the ledger.

    `owed_cents` is what invoices still ask for, `credit_cents` what the customer has, with what
    refunds under way have reserved of it (`reserved_cents`); `balance_cents` is the one less the
    other. Of invoices, payments, credit notes and refunds the newest 50 are listed.
    """

    customer_id: UUID
    owed_cents: int
    credit_cents: int
    reserved_cents: int
    balance_cents: int
    currency: str
    contracts: list[ContractView]
    invoices: list[InvoiceView]
    payments: list[AccountPayment]
    credit_notes: list[CreditNoteView]
    refunds: list[RefundView]


class AccountController(Controller):
    path = "/customers"
    guards = READERS

    @get("/{customer_id:uuid}", summary="A customer's account")
    async def account(
        self, customer_id: FromPath[UUID], session: NamedDependency[AsyncSession]
    ) -> AccountView:
        """What the customer owes and has, contracts with their holds, and what happened lately.

        `GET /billing/invoices?customer_id=` lists all invoices, `GET /billing/acts?customer_id=`
        what finance did.
        """
        found = await service.account(session, customer_id)
        if found is None:
            raise NotFound("Billing knows no such customer.")
        return AccountView(
            customer_id=customer_id,
            owed_cents=found.sums.owed,
            credit_cents=found.sums.credit,
            reserved_cents=found.sums.reserved,
            balance_cents=found.sums.owed - found.sums.credit,
            currency=found.currency,
            contracts=[ContractView.of(one) for one in found.contracts],
            invoices=[InvoiceView.of(one) for one in found.invoices],
            payments=[AccountPayment.of(one) for one in found.payments],
            credit_notes=[CreditNoteView.of(one) for one in found.credit_notes],
            refunds=[RefundView.of(one) for one in found.refunds],
        )
