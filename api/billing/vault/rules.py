"""What the vault accepts: pure decisions on an opened box and the envelope around it."""

from collections.abc import Mapping
from datetime import date

from api.kernel.luhn import passes_luhn
from api.kernel.outside.payments import CardNumber
from api.messages import CardSealed


class CardRefused(Exception):
    """This card is not stored; the text is for the customer and never holds a digit of it.

    `suspicious` is set when honest software could not have made it.
    """

    def __init__(self, reason: str, *, suspicious: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.suspicious = suspicious


UNREADABLE = "The card could not be read. Please add it again."
NOT_A_CARD = "This is not a valid card number."
EXPIRED = "The card has expired."


def number_of(fields: Mapping[str, str], envelope: CardSealed, today: date) -> CardNumber:
    """The card number in a box; raises CardRefused.

    The ids are sealed with the number: a box that was cut out of one message and put into
    another does not pass.
    """
    sealed = {name: fields.get(name) for name in ("customer_id", "card_id", "key_id")}
    expected = {
        "customer_id": str(envelope.customer_id),
        "card_id": str(envelope.card_id),
        "key_id": envelope.key_id,
    }
    if sealed != expected:
        raise CardRefused(UNREADABLE, suspicious=True)
    try:
        number = CardNumber(fields.get("number", ""))
    except ValueError:
        raise CardRefused(NOT_A_CARD) from None
    if not passes_luhn(number.reveal()):
        raise CardRefused(NOT_A_CARD)
    if number.reveal()[-4:] != envelope.last4:
        raise CardRefused(UNREADABLE, suspicious=True)
    if not 1 <= envelope.exp_month <= 12:
        raise CardRefused(UNREADABLE, suspicious=True)
    if is_expired(envelope.exp_year, envelope.exp_month, today):
        raise CardRefused(EXPIRED)
    return number


def is_expired(exp_year: int, exp_month: int, today: date) -> bool:
    """A card is good through the last day of its month."""
    return (exp_year, exp_month) < (today.year, today.month)
