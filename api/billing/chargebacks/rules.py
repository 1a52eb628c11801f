"""What a provider's report on a disputed charge leads to: pure decisions.

Reports come in any order and more than once. A dispute is open first and then won or lost, also
when only the end was heard of.
"""

from datetime import datetime
from typing import Literal

from api.billing.amounts import amount_text

Told = Literal["open", "won", "lost"]
Status = Literal["open", "won", "lost", "written_off"]


def steps(known: Status | None, told: Told) -> list[Told]:
    """What is still to be booked, in order, so that the books show what was told."""
    if known is None:
        return ["open"] if told == "open" else ["open", told]
    if known == "open" and told != "open":
        return [told]
    return []


def contradicts(known: Status | None, told: Told) -> bool:
    """Whether the provider takes back how a dispute ended: a person must look."""
    ended: Told | None = {"won": "won", "lost": "lost", "written_off": "lost"}.get(known or "")  # type: ignore[assignment]
    return ended is not None and told not in {"open", ended}


def opened(cents: int, currency: str, number: str, reason: str, answer_by: datetime) -> str:
    """What finance is told when the money is taken back."""
    return (
        f"The customer's bank has taken back {amount_text(cents, currency)} paid for {number} "
        f"({reason}). Answer at the provider by {answer_by:%Y-%m-%d %H:%M} UTC, or it is lost."
    )


def lost(cents: int, currency: str, number: str) -> str:
    """What finance is told when a dispute is lost."""
    return (
        f"The dispute over {amount_text(cents, currency)} paid for {number} is lost. Write it off."
    )
