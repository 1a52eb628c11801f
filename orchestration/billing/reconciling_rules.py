"""What differs between the provider's books and ours, and how to put it right: pure decisions.

A charge or refund is the same on both sides when its idempotency key is: we choose the key and
commit it before the provider hears of it.
"""

from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID, uuid5

from api.billing.amounts import amount_text
from api.kernel.outside.payments import ListedCharge, ListedRefund

What = Literal["charge", "refund"]

NOT_BOOKED: Final = "not_booked"
NOT_DONE: Final = "not_at_provider"
DIFFERS: Final = "differs"
WITHOUT_INTENT: Final = "without_intent"
KINDS: Final = tuple(
    f"{what}_{kind}"
    for what in ("charge", "refund")
    for kind in (NOT_BOOKED, NOT_DONE, DIFFERS, WITHOUT_INTENT)
)
"""The alerts of reconciliation, for example `charge_not_booked`."""

_STRANGERS: Final = UUID("5a1c2f0e-6a57-4a53-9a0f-3c2a7d1be0b4")
_UNDECIDED: Final = frozenset({"intent", "unknown"})

_FOLLOW_UP: Final = (
    "Repair: nothing to do. The follow-up asks by the key within minutes and books it; if this "
    "stays open, look whether the job runs."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """A payment or refund as we hold it; amounts are cents.

    `reference` is the provider's id of it, `charge` that of the charge that a refund is of.
    """

    id: UUID
    customer_id: UUID
    key: str
    amount_cents: int
    currency: str
    status: str
    reference: str | None
    charge: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: the alert's kind, what it is about, and what to do; no personal data."""

    kind: str
    subject_id: UUID
    detail: str
    customer_id: UUID | None = None


def stranger(provider_ref: str) -> UUID:
    """What stands for a charge or refund of the provider that no row of ours is about."""
    return uuid5(_STRANGERS, provider_ref)


def compare_charge(listed: ListedCharge, ours: Ours | None) -> Difference | None:
    """What differs about a charge in the provider's list."""
    amount = amount_text(listed.amount_cents, listed.currency)
    said = f"The provider's charge {listed.provider_ref} of {amount} is {listed.status}"
    if ours is None:
        detail = (
            f"{said} under the key {listed.idempotency_key}, which is not ours. Repair: find out "
            "who used our account; change the provider's key; give back there what was taken."
        )
        return Difference(f"charge_{WITHOUT_INTENT}", stranger(listed.provider_ref), detail)
    if (listed.amount_cents, listed.currency) != (ours.amount_cents, ours.currency):
        asked = amount_text(ours.amount_cents, ours.currency)
        detail = (
            f"{said}, and we asked for {asked}. Repair: have "
            "the provider correct the charge, or give back there what is too much."
        )
        return _of(ours, f"charge_{DIFFERS}", detail)
    if ours.status in _UNDECIDED:
        return _not_known_yet("charge", ours, said)
    if listed.status == "approved":
        return _taken(listed, ours, said)
    if ours.status == "approved":
        detail = (
            f"{said}, and we booked it as paid. Repair: ask the provider which is true; if it took "
            "nothing, the invoice is owed: agree with the customer how it is paid."
        )
        return _of(ours, f"charge_{NOT_DONE}", detail)
    return None


def _taken(listed: ListedCharge, ours: Ours, said: str) -> Difference | None:
    if ours.status == "declined":
        detail = (
            f"{said}, and we hold it as declined. Repair: give it back at the provider, for the "
            "invoice may have been charged again since."
        )
        return _of(ours, f"charge_{NOT_BOOKED}", detail)
    if ours.reference != listed.provider_ref:
        detail = (
            f"{said}, and we booked it as {ours.reference}. Repair: ask the provider whether both "
            "were taken; give one back there if so."
        )
        return _of(ours, f"charge_{DIFFERS}", detail)
    return None


def compare_refund(listed: ListedRefund, ours: Ours | None) -> Difference | None:
    """What differs about a refund in the provider's list."""
    said = f"The provider gave {listed.amount_cents} cents back as {listed.provider_ref}"
    if ours is None:
        detail = (
            f"{said} under the key {listed.idempotency_key}, which is not ours. Repair: find out "
            "who used our account; write a credit note over it if it was meant."
        )
        return Difference(f"refund_{WITHOUT_INTENT}", stranger(listed.provider_ref), detail)
    if (listed.amount_cents, listed.charge_ref) != (ours.amount_cents, ours.charge):
        detail = (
            f"{said} of {listed.charge_ref}, and we asked for {ours.amount_cents} cents of "
            f"{ours.charge}. Repair: have the provider correct it."
        )
        return _of(ours, f"refund_{DIFFERS}", detail)
    if ours.status in _UNDECIDED:
        return _not_known_yet("refund", ours, said)
    if ours.status == "refused":
        detail = (
            f"{said}, and we hold it as refused: the customer has it as credit too. Repair: take "
            "that credit back, or have the provider stop the refund."
        )
        return _of(ours, f"refund_{NOT_BOOKED}", detail)
    if ours.reference != listed.provider_ref:
        detail = (
            f"{said}, and we booked it as {ours.reference}. Repair: ask the provider whether both "
            "were given."
        )
        return _of(ours, f"refund_{DIFFERS}", detail)
    return None


def missing(what: What, ours: Ours) -> Difference:
    """What is booked here, and the provider, asked by the key, knows nothing of."""
    amount = amount_text(ours.amount_cents, ours.currency)
    words = {
        "charge": f"We booked a charge of {amount} that the provider does not have. Repair: ask "
        "the provider; if it took nothing, the invoice is owed: agree with the customer.",
        "refund": f"We booked a refund of {amount} that the provider does not have. Repair: ask "
        "the provider; if it gave nothing back, the customer waits for it.",
    }
    return _of(ours, f"{what}_{NOT_DONE}", f"{words[what]} Its key is {ours.key}.")


def contradicted(what: What, ours: Ours, reason: str) -> Difference:
    """The provider, asked by the key, tells of something else."""
    detail = f"Asked by the key {ours.key}, the provider answers: {reason}. Repair: compare there."
    return _of(ours, f"{what}_{DIFFERS}", detail)


def _not_known_yet(what: What, ours: Ours, said: str) -> Difference:
    return _of(ours, f"{what}_{NOT_BOOKED}", f"{said}; we do not know yet. {_FOLLOW_UP}")


def _of(ours: Ours, kind: str, detail: str) -> Difference:
    return Difference(kind, ours.id, detail, ours.customer_id)
