"""How a card is shown: never its number."""

from typing import Self
from uuid import UUID

import msgspec

from api.customer.cards.tables import Card


class CardView(msgspec.Struct, kw_only=True):
    """`status` is `sent` until the vault has answered, then `stored` or `refused`.

    `charged` is the card that the next charge goes to. A card that `replaces_id` another takes its
    place as soon as it is stored.
    """

    id: UUID
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    status: str
    reason: str | None
    charged: bool
    replaces_id: UUID | None

    @classmethod
    def of(cls, card: Card, *, charged: bool) -> Self:
        return cls(
            id=card.id,
            brand=card.brand,
            last4=card.last4,
            exp_month=card.exp_month,
            exp_year=card.exp_year,
            status=card.status,
            reason=card.reason,
            charged=charged,
            replaces_id=card.replaces_id,
        )
