"""Charges and refunds at a payment provider: what may be asked, and what it may answer.

`http_payments` is the adapter. A charge is known by its idempotency key, chosen and committed by
the caller before the provider is asked. An outcome that is `Unknown` is asked about with `find`,
or the same request is repeated under the same key; it is never guessed.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NoReturn, Protocol


class CardNumber:
    """A card number that does not print, pickle, compare or turn into JSON by accident.

    Raises:
        ValueError: not 12 to 19 digits; the text does not repeat the value.
    """

    __slots__ = ("_digits",)

    def __init__(self, digits: str) -> None:
        if not (digits.isascii() and digits.isdecimal() and 12 <= len(digits) <= 19):
            raise ValueError("a card number is 12 to 19 digits")
        self._digits = digits

    def reveal(self) -> str:
        """The digits, for the request to the provider and nothing else."""
        return self._digits

    def __repr__(self) -> str:
        return "CardNumber(hidden)"

    def __format__(self, _spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a card number is not stored")


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a charge needs of a card; it is good through the last day of its month."""

    number: CardNumber
    expiry_month: int
    expiry_year: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRequest:
    """Charge `amount_cents` of `currency` (ISO 4217) on `card`; `reference` is ours, for people."""

    idempotency_key: str
    amount_cents: int
    currency: str
    card: Card
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """Give back `amount_cents` of the charge that the provider calls `provider_ref`."""

    idempotency_key: str
    provider_ref: str
    amount_cents: int


@dataclass(frozen=True, slots=True)
class Approved:
    """The money was taken; `provider_ref` is the provider's id of the charge."""

    provider_ref: str


@dataclass(frozen=True, slots=True)
class Declined:
    """The money was not taken, and a repeat under the same key will not take it.

    `code` is for programs (`insufficient_funds`), `message` for people.
    """

    code: str
    message: str
    provider_ref: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody here knows whether it happened: no answer, or one that does not say.

    With `contradicts` the provider told of another charge or refund than the one asked about:
    a person must look. With `retry_after` it did nothing, and wants to be asked again after so
    many seconds.
    """

    reason: str
    contradicts: bool = False
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Refunded:
    """The money is on its way back; `provider_ref` is the provider's id of the refund."""

    provider_ref: str


@dataclass(frozen=True, slots=True)
class RefundRefused:
    """The money was not given back (more than is left, or never taken)."""

    code: str
    message: str


ChargeOutcome = Approved | Declined | Unknown
RefundOutcome = Refunded | RefundRefused | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCharge:
    """A charge in the provider's own list; amounts are cents."""

    provider_ref: str
    idempotency_key: str
    status: Literal["approved", "declined"]
    code: str | None
    amount_cents: int
    refunded_cents: int
    currency: str
    reference: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRefund:
    """A refund in the provider's own list; `charge_ref` is the charge it gives back of."""

    provider_ref: str
    charge_ref: str
    idempotency_key: str
    amount_cents: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDispute:
    """A charge that its customer disputes, in the provider's own list; amounts are cents.

    While it is `open`, and when it is `lost`, the amount has been taken back; `answer_by` is
    until when the provider takes an answer.
    """

    provider_ref: str
    charge_ref: str
    idempotency_key: str
    amount_cents: int
    currency: str
    reason: str
    status: Literal["open", "won", "lost"]
    answer_by: datetime
    created_at: datetime


class ProviderError(Exception):
    """The provider will not do this for us until something is changed; nothing was charged.

    A wrong key, a request it does not understand, an unknown charge. `status` is HTTP's.
    """

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status}: {code}")
        self.status = status
        self.code = code


class IdempotencyConflict(ProviderError):
    """The key has been used with another request: a fault in the caller, never a charge."""


class ProviderUnavailable(Exception):
    """No answer to a question; ask again later. The text says why, without a URL.

    `retry_after` are the seconds that the provider asked for, if it did.
    """

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class PaymentProvider(Protocol):
    """The port; every method may also raise `ProviderError`."""

    async def charge(self, request: ChargeRequest) -> ChargeOutcome:
        """Charge once for each idempotency key, however often it is called.

        Raises:
            IdempotencyConflict: the key was used with another amount, card or reference.
        """
        ...

    async def find(
        self, idempotency_key: str, amount_cents: int, currency: str
    ) -> ChargeOutcome | None:
        """What became of the charge with this key; None if the provider has none so far.

        A request still under way can arrive after None was answered: repeat it under the same
        key rather than take None for the end. Unknown: the provider could not be asked, or it
        tells of a charge with another key, amount or currency (`contradicts`).
        """
        ...

    def list_charges(self, since: datetime, until: datetime) -> AsyncIterator[ListedCharge]:
        """All charges created in [since, until), oldest first, page by page.

        Raises:
            ProviderUnavailable: a page was not answered; what came before it is true.
        """
        ...

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        """Refund once for each idempotency key, however often it is called.

        Raises:
            IdempotencyConflict: the key was used with another charge or amount.
        """
        ...

    async def find_refund(self, request: RefundRequest) -> Refunded | Unknown | None:
        """What became of this refund; None if the provider has none under its key so far.

        Unknown: the provider could not be asked, or it tells of another one (`contradicts`).
        """
        ...

    def list_refunds(self, since: datetime, until: datetime) -> AsyncIterator[ListedRefund]:
        """All refunds created in [since, until), oldest first, page by page.

        Raises:
            ProviderUnavailable: a page was not answered; what came before it is true.
        """
        ...

    def list_disputes(self, since: datetime, until: datetime) -> AsyncIterator[ListedDispute]:
        """All disputes that were opened or decided in [since, until), as they are now.

        Raises:
            ProviderUnavailable: a page was not answered; what came before it is true.
        """
        ...
