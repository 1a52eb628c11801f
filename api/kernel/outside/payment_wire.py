"""What the payment provider writes, and whether it is about what was asked."""

from datetime import datetime
from typing import Literal

import msgspec

from api.kernel.outside.payments import (
    Approved,
    ChargeOutcome,
    Declined,
    ListedCharge,
    ListedDispute,
    ListedRefund,
    Refunded,
    RefundRequest,
    Unknown,
)


class WireCharge(msgspec.Struct):
    """A charge; `amount` and `refunded` are cents."""

    id: str
    status: Literal["approved", "declined"]
    amount: int
    refunded: int
    currency: str
    reference: str
    idempotency_key: str
    created_at: datetime
    code: str | None = None
    message: str | None = None

    def outcome(self, key: str, amount_cents: int, currency: str) -> ChargeOutcome:
        """What became of the charge that was asked about, if this is that one."""
        if (self.idempotency_key, self.amount, self.currency) != (key, amount_cents, currency):
            return Unknown(f"{self.id} is another charge than the one asked about", True)
        if self.status == "approved":
            return Approved(self.id)
        return Declined(self.code or "declined", self.message or "", self.id)

    def listed(self) -> ListedCharge:
        return ListedCharge(
            provider_ref=self.id,
            idempotency_key=self.idempotency_key,
            status=self.status,
            code=self.code,
            amount_cents=self.amount,
            refunded_cents=self.refunded,
            currency=self.currency,
            reference=self.reference,
            created_at=self.created_at,
        )


class WireRefund(msgspec.Struct):
    """A refund; `amount` is cents."""

    id: str
    charge_id: str
    amount: int
    idempotency_key: str
    created_at: datetime

    def outcome(self, asked: RefundRequest) -> Refunded | Unknown:
        """What became of the refund that was asked about, if this is that one."""
        wanted = (asked.idempotency_key, asked.provider_ref, asked.amount_cents)
        if (self.idempotency_key, self.charge_id, self.amount) != wanted:
            return Unknown(f"{self.id} is another refund than the one asked about", True)
        return Refunded(self.id)

    def listed(self) -> ListedRefund:
        return ListedRefund(
            provider_ref=self.id,
            charge_ref=self.charge_id,
            idempotency_key=self.idempotency_key,
            amount_cents=self.amount,
            created_at=self.created_at,
        )


class WireDispute(msgspec.Struct):
    """A disputed charge; `idempotency_key` is the charge's."""

    id: str
    charge_id: str
    idempotency_key: str
    amount: int
    currency: str
    reason: str
    status: Literal["open", "won", "lost"]
    answer_by: datetime
    created_at: datetime

    def listed(self) -> ListedDispute:
        return ListedDispute(
            provider_ref=self.id,
            charge_ref=self.charge_id,
            idempotency_key=self.idempotency_key,
            amount_cents=self.amount,
            currency=self.currency,
            reason=self.reason,
            status=self.status,
            answer_by=self.answer_by,
            created_at=self.created_at,
        )


class Page(msgspec.Struct, kw_only=True):
    """A page of a list; `next_cursor` is null on the last one."""

    next_cursor: str | None = None


class ChargePage(Page):
    charges: list[WireCharge]


class DisputePage(Page):
    disputes: list[WireDispute]


class RefundPage(Page):
    refunds: list[WireRefund]


class Problem(msgspec.Struct):
    """Why the provider refuses: a code for programs, words for people."""

    code: str = "refused"
    detail: str = ""
