"""Which answer a test card number gets. Any other number that passes Luhn is approved.

| number              | what happens                                                       |
|---------------------|--------------------------------------------------------------------|
| 4242 4242 4242 4242 | approved (Visa)                                                    |
| 5555 5555 5555 4444 | approved (Mastercard)                                              |
| 4000 0000 0000 0002 | declined: card_declined                                            |
| 4000 0000 0000 9995 | declined: insufficient_funds                                       |
| 4000 0000 0000 0069 | declined: expired_card                                             |
| 4000 0000 0000 9987 | declined: lost_card                                                |
| 4000 0000 0000 0119 | declined: processing_error                                         |
| 4000 0000 0030 0014 | slow: works 3 s, then charges and answers approved                 |
| 4000 0000 0030 0022 | charged at once, the answer is held back for 60 s                  |
| 4000 0000 0030 0030 | charged, then the connection is cut without an answer              |
| 4000 0000 0030 0048 | not charged, the connection is cut without an answer               |
| 4000 0000 0030 0055 | not charged, answers 500                                           |
| 4000 0000 0000 0259 | approved; the customer disputes it at once: fraudulent               |
| fails Luhn          | declined: invalid_number                                           |
| month in the past   | declined: expired_card, whatever the number                        |

The conduct (slow, held back, cut) belongs to the attempt, the outcome to the idempotency key: a
repeat of a charged key is answered at once from the record. A caller who gives up on the slow card
is charged nevertheless: the charge appears after the caller has stopped waiting, as it can in life.
"""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from api.kernel.luhn import passes_luhn


class Conduct(Enum):
    """How the provider behaves around the charge."""

    PROMPT = "answers at once"
    SLOW = "works, then charges and answers"
    SILENT = "charges, then holds back the answer"
    CUT_AFTER = "charges, then cuts the connection"
    CUT_BEFORE = "cuts the connection without charging"
    FAIL_BEFORE = "answers 500 without charging"
    DISPUTED = "charges, and the customer disputes it"


@dataclass(frozen=True, slots=True)
class Decline:
    """A card network's refusal: a code for programs, a sentence for people."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class SpecialCard:
    """A row of the table above; `decline` None means approved."""

    number: str
    meaning: str
    decline: Decline | None = None
    conduct: Conduct = Conduct.PROMPT


EXPIRED = Decline("expired_card", "The card has expired.")
INVALID = Decline("invalid_number", "The card number is not valid.")

SPECIAL_CARDS = (
    SpecialCard("4242424242424242", "approved (Visa)"),
    SpecialCard("5555555555554444", "approved (Mastercard)"),
    SpecialCard("4000000000000002", "declined", Decline("card_declined", "The card was declined.")),
    SpecialCard(
        "4000000000009995",
        "declined, insufficient funds",
        Decline("insufficient_funds", "The card has insufficient funds."),
    ),
    SpecialCard("4000000000000069", "declined, expired card", EXPIRED),
    SpecialCard(
        "4000000000009987",
        "declined, card reported lost",
        Decline("lost_card", "The card has been reported lost."),
    ),
    SpecialCard(
        "4000000000000119",
        "declined, error at the card network",
        Decline("processing_error", "The card network could not process the charge."),
    ),
    SpecialCard("4000000000300014", "slow, then approved", conduct=Conduct.SLOW),
    SpecialCard("4000000000300022", "charged, answer held back", conduct=Conduct.SILENT),
    SpecialCard("4000000000300030", "charged, connection cut", conduct=Conduct.CUT_AFTER),
    SpecialCard("4000000000300048", "not charged, connection cut", conduct=Conduct.CUT_BEFORE),
    SpecialCard("4000000000300055", "not charged, error 500", conduct=Conduct.FAIL_BEFORE),
    SpecialCard("4000000000000259", "approved, then disputed", conduct=Conduct.DISPUTED),
)
_BY_NUMBER = {card.number: card for card in SPECIAL_CARDS}


def judge(number: str, expiry: tuple[int, int], today: date) -> Decline | None:
    """The refusal of a charge on this card, or None when it is approved.

    `expiry` is (year, month); a card is good through the last day of that month.
    """
    if not passes_luhn(number):
        return INVALID
    if expiry < (today.year, today.month):
        return EXPIRED
    card = _BY_NUMBER.get(number)
    return card.decline if card else None


def conduct_of(number: str) -> Conduct:
    card = _BY_NUMBER.get(number)
    return card.conduct if card else Conduct.PROMPT


def brand_of(number: str) -> str:
    """The network by its issuer ranges, `card` when it is none of the common four."""
    if number.startswith("4"):
        return "visa"
    if "51" <= number[:2] <= "55" or "2221" <= number[:4] <= "2720":
        return "mastercard"
    if number[:2] in {"34", "37"}:
        return "amex"
    if number[:2] == "65" or number[:4] == "6011" or "644" <= number[:3] <= "649":
        return "discover"
    return "card"
