"""What the Billing API shows of runs and invoices. Amounts are cents."""

from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

import msgspec

from api.billing.adjustments.rules import OWED
from api.billing.adjustments.views import CreditNoteView, RefundView
from api.billing.calendar import Period
from api.billing.invoices import rules
from api.billing.invoices.numbers import number_text
from api.billing.invoices.rules import Finding
from api.billing.invoices.runs import findings_of
from api.billing.invoices.tables import BillingRun, Invoice, InvoiceLine, LedgerEntry, RunEvent
from api.billing.payments.tables import Dunning, Payment


class RunView(msgspec.Struct, kw_only=True):
    """One month's run; `period` is like `2026-10`, `allowed` what can happen to it now."""

    period: str
    status: str
    allowed: list[str]
    invoices: int
    total_cents: int
    approved_by: str | None
    approved_at: datetime | None
    updated_at: datetime

    @classmethod
    def fields(cls, run: BillingRun) -> dict[str, Any]:
        return {
            "period": str(Period(run.period)),
            "status": run.status,
            "allowed": rules.allowed(run.status),
            "invoices": run.invoices,
            "total_cents": run.total_cents,
            "approved_by": run.approved_by,
            "approved_at": run.approved_at,
            "updated_at": run.updated_at,
        }

    @classmethod
    def of(cls, run: BillingRun) -> Self:
        return cls(**cls.fields(run))


class Change(msgspec.Struct):
    """How many contracts, and what they add to last month's total."""

    contracts: int
    cents: int


class ComparisonView(msgspec.Struct, kw_only=True):
    """This run beside last month's; `last` is null when there is none."""

    last: RunView | None
    new: Change
    gone: Change
    changed: Change
    same: Change


class EventView(msgspec.Struct):
    at: datetime
    actor: str
    act: str
    detail: str

    @classmethod
    def of(cls, event: RunEvent) -> Self:
        return cls(event.at, event.actor, event.act, event.detail)


class ApprovalView(msgspec.Struct, kw_only=True):
    """`needed` different people approve a run whose total is over `limit_cents`, `given` have.

    `first_by` is who approved these rows first, of two; when the rows change it begins again.
    """

    needed: int
    given: int
    limit_cents: int
    first_by: str | None
    first_at: datetime | None

    @classmethod
    def of(cls, run: BillingRun, limit_cents: int) -> Self:
        of_these = run.first_approved_hash is not None and run.first_approved_hash == (
            run.approved_hash or run.rows_hash
        )
        decided = run.approved_hash is not None
        needed = 2 if of_these else 1
        if not (decided or of_these):
            needed = rules.approvals_needed(run.total_cents, limit_cents)
        return cls(
            needed=needed,
            given=needed if decided else int(of_these),
            limit_cents=limit_cents,
            first_by=run.first_approved_by if of_these else None,
            first_at=run.first_approved_at if of_these else None,
        )


class RunDetail(RunView, kw_only=True):
    """`rows_hash` (hex) names exactly the rows that were checked: an approval repeats it.

    `by_status` counts the month's invoices: how far charging is, and what is parked.
    """

    rows_hash: str | None
    approval: ApprovalView
    by_status: dict[str, int]
    findings: list[Finding]
    comparison: ComparisonView
    history: list[EventView]


class ChangeView(msgspec.Struct, kw_only=True):
    """One contract's bill in both months; null where it has none. `why` is what explains most of
    the difference; the lines are what each bill is for.
    """

    contract_id: UUID
    customer_id: UUID
    this_cents: int | None
    last_cents: int | None
    this_line: str | None
    last_line: str | None
    why: str


class LineView(msgspec.Struct):
    kind: str
    description: str
    cents: int

    @classmethod
    def of(cls, line: InvoiceLine) -> Self:
        return cls(line.kind, line.description, line.amount_cents)


class InvoiceView(msgspec.Struct, kw_only=True):
    """An invoice; `number` is null while it is a draft or parked.

    `due_cents` is what is still to pay. A sum below nothing is a total of nothing and
    `carried_cents` of credit for the customer's next invoices. `credited_cents` is what credit took
    off it, `noted_cents` what credit notes took back of it, `refunded_cents` what went back or is
    on its way back.
    """

    id: UUID
    number: str | None
    contract_id: UUID
    customer_id: UUID
    period: str
    status: str
    subtotal_cents: int
    tax_cents: int
    total_cents: int
    due_cents: int
    carried_cents: int
    credited_cents: int
    noted_cents: int
    refunded_cents: int
    currency: str
    reason: str | None
    issued_at: datetime | None
    paid_at: datetime | None

    @classmethod
    def fields(cls, invoice: Invoice) -> dict[str, Any]:
        copied = (
            "id", "contract_id", "customer_id", "status", "subtotal_cents", "tax_cents",
            "total_cents", "carried_cents", "credited_cents", "noted_cents", "refunded_cents",
            "currency", "reason", "issued_at", "paid_at",
        )  # fmt: skip
        owed = invoice.status in OWED
        return {name: getattr(invoice, name) for name in copied} | {
            "number": number_text(invoice.number) if invoice.number is not None else None,
            "period": str(Period(invoice.period_start)),
            "due_cents": invoice.total_cents - invoice.credited_cents if owed else 0,
        }

    @classmethod
    def of(cls, invoice: Invoice) -> Self:
        return cls(**cls.fields(invoice))


class PaymentView(msgspec.Struct, kw_only=True):
    """One attempt to charge; the card is named by its id alone."""

    attempt: int
    status: str
    amount_cents: int
    card_id: UUID
    idempotency_key: str
    provider_reference: str | None
    decline_code: str | None
    created_at: datetime
    decided_at: datetime | None

    @classmethod
    def of(cls, payment: Payment) -> Self:
        return cls(**{name: getattr(payment, name) for name in cls.__struct_fields__})


class DunningView(msgspec.Struct):
    """`asked_at` is when somebody asked for a try out of turn, until it is made."""

    status: str
    step: int
    next_at: datetime | None
    asked_at: datetime | None

    @classmethod
    def of(cls, dunning: Dunning) -> Self:
        return cls(dunning.status, dunning.step, dunning.next_at, dunning.asked_at)


class EntryView(msgspec.Struct):
    """One side of a posting; debits are positive."""

    posted_at: datetime
    posting_id: UUID
    account: str
    cents: int
    cause: str

    @classmethod
    def of(cls, entry: LedgerEntry) -> Self:
        return cls(
            entry.posted_at, entry.posting_id, entry.account, entry.amount_cents, entry.cause
        )


class InvoiceDetail(InvoiceView, kw_only=True):
    """`review` is `outlier` when the checks parked it for its amount, `released` when finance has
    said that it is right; a release repeats `row_hash` (hex), which names its lines and amounts.
    """

    period_end: date
    review: str | None
    row_hash: str
    lines: list[LineView]
    payments: list[PaymentView]
    credit_notes: list[CreditNoteView]
    refunds: list[RefundView]
    dunning: DunningView | None
    ledger: list[EntryView]


def run_detail(
    run: BillingRun,
    last: BillingRun | None,
    compared: dict[str, tuple[int, int]],
    events: list[RunEvent],
    limit_cents: int,
    by_status: dict[str, int],
) -> RunDetail:
    """A run with all that finance decides by."""
    kinds = {kind: Change(*figures) for kind, figures in compared.items()}
    return RunDetail(
        **RunView.fields(run),
        rows_hash=run.rows_hash.hex() if run.rows_hash else None,
        approval=ApprovalView.of(run, limit_cents),
        by_status=by_status,
        findings=findings_of(run),
        comparison=ComparisonView(last=RunView.of(last) if last else None, **kinds),
        history=[EventView.of(event) for event in events],
    )
