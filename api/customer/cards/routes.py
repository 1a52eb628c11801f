"""Customers add, see and remove cards; a number never comes back."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.cards import service
from api.customer.cards.fields import CardNumber
from api.customer.cards.service import CardSealer
from api.customer.cards.tables import Card
from api.customer.guards import CUSTOMERS
from api.kernel.auth import SignedInRequest


class NewCard(msgspec.Struct, forbid_unknown_fields=True):
    """The security code is not collected; a request that carries one is refused."""

    number: CardNumber
    exp_month: Annotated[int, msgspec.Meta(ge=1, le=12)]
    exp_year: Annotated[int, msgspec.Meta(ge=2000, le=2200)]


class CardView(msgspec.Struct):
    """`status` is `sent` until the vault has answered, then `stored` or `refused`."""

    id: UUID
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    status: str
    reason: str | None

    @classmethod
    def of(cls, card: Card) -> Self:
        return cls(
            id=card.id,
            brand=card.brand,
            last4=card.last4,
            exp_month=card.exp_month,
            exp_year=card.exp_year,
            status=card.status,
            reason=card.reason,
        )


class CardController(Controller):
    path = "/cards"
    guards = CUSTOMERS

    @post(summary="Add a card")
    async def add(
        self,
        request: SignedInRequest,
        data: JSONBody[NewCard],
        session: NamedDependency[AsyncSession],
        sealer: NamedDependency[CardSealer],
        now: NamedDependency[datetime],
    ) -> CardView:
        """The number is sealed for the vault at once; only its last four digits are kept."""
        card = await service.add(
            session,
            sealer,
            request.user.id,
            number=data.number,
            exp_month=data.exp_month,
            exp_year=data.exp_year,
            now=now,
        )
        return CardView.of(card)

    @get(summary="My cards")
    async def cards(
        self, request: SignedInRequest, session: NamedDependency[AsyncSession]
    ) -> list[CardView]:
        """All that were not removed, the newest first."""
        return [CardView.of(card) for card in await service.cards(session, request.user.id)]

    @delete("/{card_id:uuid}", summary="Remove a card")
    async def remove(
        self,
        request: SignedInRequest,
        card_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> None:
        """The vault destroys the number; the card is not charged any more."""
        await service.remove(session, request.user.id, card_id, now)
