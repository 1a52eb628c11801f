"""When a one-off charge or credit can still be withdrawn: pure decisions."""

from dataclasses import dataclass
from typing import Literal

from api.billing.invoices.rules import ISSUED

State = Literal["open", "drafted", "billed", "withdrawn"]
"""`drafted` is on an invoice that is not issued yet, `billed` on one that is."""


class NotPossible(Exception):
    """It cannot be withdrawn; the text says why, and what could be done."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The invoice whose line it is."""

    status: str
    number: str | None
    run_status: str
    month: str


def state(holder: Holder | None, *, withdrawn: bool) -> State:
    """How far it is."""
    if withdrawn:
        return "withdrawn"
    if holder is None or holder.status == "void":
        return "open"
    return "drafted" if holder.number is None else "billed"


def drafted_again(holder: Holder | None, *, withdrawn: bool) -> bool:
    """Whether the run of its invoice has to be drafted again when it is withdrawn.

    Raises NotPossible.
    """
    if withdrawn:
        raise NotPossible("It is withdrawn already.")
    if holder is None or holder.status == "void":
        return False
    if holder.number is not None:
        raise NotPossible(
            f"It is on {holder.number}, which is issued. Write a credit note for a"
            " charge, or enter a one-off charge against a credit."
        )
    if holder.status == "parked" and holder.run_status in ISSUED:
        raise NotPossible(f"An outlier of {holder.month} holds it. Void that first.")
    if holder.run_status in {"held", "refused"}:
        return holder.run_status == "held"
    raise NotPossible(
        f"The run of {holder.month} is under way and holds it. Try again in a few minutes."
    )
