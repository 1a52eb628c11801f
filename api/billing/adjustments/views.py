"""What the Billing API takes and shows of finance's acts. Amounts are cents."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

import msgspec

from api.billing.adjustments.rules import AppliesTo, Source
from api.billing.adjustments.tables import CreditNote, FinanceAct, Refund
from api.billing.contracts.tables import Contract
from api.billing.fields import Hash, Reason
from api.billing.invoices.numbers import CREDIT_NOTES, number_text

Amount = Annotated[int, msgspec.Meta(gt=0, le=99_999_999_999)]


class Because(msgspec.Struct, forbid_unknown_fields=True):
    reason: Reason


class OutlierRelease(msgspec.Struct, forbid_unknown_fields=True):
    """`row_hash` is the one of the invoice as you saw it: nothing else is billed."""

    row_hash: Hash
    reason: Reason


class NewCreditNote(msgspec.Struct, forbid_unknown_fields=True):
    """Without an amount it is all that can be credited; without `applies_to` it lowers the
    invoice while that is unpaid, and the customer's next ones afterwards.
    """

    reason: Reason
    amount_cents: Amount | None = None
    applies_to: AppliesTo | None = None


class NewRefund(msgspec.Struct, forbid_unknown_fields=True):
    """Without an amount it is all that can go back.

    From the `invoice`, its revenue and tax are taken back with it; from `credit`, credit that the
    customer has is paid out.
    """

    reason: Reason
    amount_cents: Amount | None = None
    source: Source = "invoice"


class CreditNoteView(msgspec.Struct, kw_only=True):
    """`tax_cents` is part of `amount_cents`."""

    id: UUID
    number: str
    invoice_id: UUID
    customer_id: UUID
    amount_cents: int
    tax_cents: int
    currency: str
    applies_to: str
    created_at: datetime

    @classmethod
    def of(cls, note: CreditNote) -> Self:
        copied = {name: getattr(note, name) for name in cls.__struct_fields__}
        return cls(**copied | {"number": number_text(note.number, CREDIT_NOTES)})


class RefundView(msgspec.Struct, kw_only=True):
    """`status` is `intent` until the charge step takes it to the provider, within minutes; then
    `refunded`, `refused` (`refusal` says why), or `unknown` while the provider has not answered.
    """

    id: UUID
    invoice_id: UUID
    payment_id: UUID
    customer_id: UUID
    amount_cents: int
    currency: str
    status: str
    refusal: str | None
    provider_reference: str | None
    created_at: datetime
    decided_at: datetime | None

    @classmethod
    def of(cls, refund: Refund) -> Self:
        return cls(**{name: getattr(refund, name) for name in cls.__struct_fields__})


class ContractView(msgspec.Struct, kw_only=True):
    """A contract as billing knows it; `held_since` is null unless it is held."""

    id: UUID
    customer_id: UUID
    plan_code: str
    status: str
    standing: str
    held_since: datetime | None
    starts_on: date
    ends_on: date | None
    state: str

    @classmethod
    def of(cls, contract: Contract) -> Self:
        return cls(**{name: getattr(contract, name) for name in cls.__struct_fields__})


class Released(msgspec.Struct):
    """`unbilled_months` were billed without this contract while it was held, like `2026-10`."""

    contract: ContractView
    unbilled_months: list[str]


class ActView(msgspec.Struct, kw_only=True):
    """One act of a person: who, when, on what, why. `subject_id` is what it made or closed."""

    id: UUID
    at: datetime
    actor_id: UUID
    act: str
    customer_id: UUID | None
    contract_id: UUID | None
    invoice_id: UUID | None
    subject_id: UUID | None
    amount_cents: int | None
    reason: str

    @classmethod
    def of(cls, act: FinanceAct) -> Self:
        return cls(**{name: getattr(act, name) for name in cls.__struct_fields__})


class ActPage(msgspec.Struct):
    """`next_cursor` is null on the last page."""

    items: list[ActView]
    next_cursor: str | None
