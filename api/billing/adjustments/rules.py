"""How far an invoice can be credited, refunded or given up: pure decisions on its amounts."""

from dataclasses import dataclass
from typing import Literal

from api.kernel.proration import prorated_cents

AppliesTo = Literal["invoice", "next_invoice"]
Place = AppliesTo | Literal["refund"]
Source = Literal["invoice", "credit"]

OWED = frozenset({"issued", "declined"})
NUMBERED = OWED | {"paid", "credited", "written_off"}


class NotPossible(Exception):
    """The state of the invoice does not allow this; the text says why, and what would be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An invoice's amounts in cents, see `Invoice`. `charging`: a charge of it is under way."""

    status: str
    total: int
    tax: int
    credited: int = 0
    noted: int = 0
    refunded: int = 0
    charging: bool = False

    @property
    def due(self) -> int:
        """What is still to pay."""
        return self.total - self.credited if self.status in OWED else 0

    @property
    def paid(self) -> int:
        """What a charge has taken: always the whole rest."""
        return self.total - self.credited if self.status == "paid" else 0

    @property
    def creditable(self) -> int:
        """What no credit note has taken back yet; what was given up was never given."""
        given = self.credited if self.status == "written_off" else self.total
        return max(given - self.noted, 0) if self.status in NUMBERED else 0

    @property
    def refundable(self) -> int:
        """What was paid and has neither gone back nor is on its way back."""
        return self.paid - self.refunded


def credit(it: Standing, wanted: int | None, applies_to: AppliesTo | None) -> tuple[int, AppliesTo]:
    """Amount and place of a credit note; what is not said is all of it, and the invoice itself
    while it is unpaid.

    Raises NotPossible.
    """
    if it.status not in NUMBERED:
        raise NotPossible("Only an issued invoice can be credited.")
    place: AppliesTo = applies_to or ("invoice" if it.due else "next_invoice")
    if place == "invoice":
        _not_charging(it)
        if not it.due:
            raise NotPossible(
                "Nothing is owed on this invoice. Credit the next one (`next_invoice`)."
            )
    most = min(it.creditable, it.due) if place == "invoice" else it.creditable
    return _amount(wanted, most, "can still be credited"), place


def refund(it: Standing, wanted: int | None, source: Source, credit_cents: int) -> int:
    """The amount of a refund; what is not said is as much as possible. Raises NotPossible.

    A refund from the invoice takes back its revenue with it; one from `credit_cents`, which the
    customer has, only pays that out.
    """
    if not it.paid:
        raise NotPossible("Nothing was charged for this invoice, so nothing can go back.")
    most = min(it.refundable, it.creditable if source == "invoice" else credit_cents)
    return _amount(wanted, most, "can still be refunded")


def write_off(it: Standing) -> int:
    """The debt that is given up, always all of it; raises NotPossible."""
    _not_charging(it)
    if not it.due:
        raise NotPossible("Nothing is owed on this invoice.")
    return it.due


def tax_share(it: Standing, amount: int) -> int:
    """The tax in the next `amount` cents of the invoice that are credited.

    Cut cumulatively, as a month is cut into days (ADR 0030): however an invoice is credited in
    parts, their taxes sum to its tax.
    """
    return prorated_cents(it.tax, it.total, it.noted + 1, it.noted + amount)


def _not_charging(it: Standing) -> None:
    if it.charging:
        raise NotPossible("A charge of this invoice is under way. Try again when it is decided.")


def _amount(wanted: int | None, most: int, words: str) -> int:
    if most <= 0:
        raise NotPossible(f"Nothing {words}.")
    if wanted is not None and wanted > most:
        raise NotPossible(f"At most {most} cents {words}.")
    return most if wanted is None else wanted
