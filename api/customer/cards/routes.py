"""Customers add, see, replace, choose and remove cards; a number never comes back."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.balance.service import charged_card
from api.customer.cards import service
from api.customer.cards.fields import CardNumber
from api.customer.cards.service import CardSealer
from api.customer.cards.tables import Card
from api.customer.cards.views import CardView
from api.customer.guards import CUSTOMERS
from api.kernel.auth import SignedInRequest
from api.kernel.errors import FieldError, Invalid
from api.kernel.validation import SECURITY_CODE, is_security_code


class NewCard(msgspec.Struct, forbid_unknown_fields=True):
    """The security code is not collected; a request that carries one is refused."""

    number: CardNumber
    exp_month: Annotated[int, msgspec.Meta(ge=1, le=12)]
    exp_year: Annotated[int, msgspec.Meta(ge=2000, le=2200)]


def refuse_security_code(request: Request[Any, Any, Any]) -> None:
    """In the address too, which whatever stands before this process may log.

    Raises Invalid, naming the parameters.
    """
    named = [it for it in request.query_params if is_security_code(it)]
    if named:
        raise Invalid([FieldError(f"/query/{it}", SECURITY_CODE) for it in named])


class CardController(Controller):
    path = "/cards"
    guards = CUSTOMERS
    before_request = staticmethod(refuse_security_code)

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
        return await _view(session, card, now)

    @get(summary="My cards")
    async def cards(
        self,
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> list[CardView]:
        """All that were not removed, the newest first, and which one is charged."""
        charged = await charged_card(session, request.user.id, now)
        return [
            CardView.of(card, charged=charged is not None and card.id == charged.id)
            for card in await service.cards(session, request.user.id)
        ]

    @get("/{card_id:uuid}", summary="One card")
    async def card(
        self,
        request: SignedInRequest,
        card_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> CardView:
        """A card that was not removed."""
        return await _view(session, await service.find(session, request.user.id, card_id), now)

    @post("/{card_id:uuid}/replacement", summary="Replace a card")
    async def replace(
        self,
        request: SignedInRequest,
        card_id: FromPath[UUID],
        data: JSONBody[NewCard],
        session: NamedDependency[AsyncSession],
        sealer: NamedDependency[CardSealer],
        now: NamedDependency[datetime],
    ) -> CardView:
        """The new card takes the old one's place in the act that stores it.

        Until then, and when the vault refuses the new one, the old card stays as it is; afterwards
        its number is destroyed. An invoice whose payment was declined is tried on the new card at
        once. 409 while another replacement of this card waits for the vault.
        """
        card = await service.replace(
            session,
            sealer,
            request.user.id,
            card_id,
            number=data.number,
            exp_month=data.exp_month,
            exp_year=data.exp_year,
            now=now,
        )
        return await _view(session, card, now)

    @post("/{card_id:uuid}/default", status_code=200, summary="Choose the card that is charged")
    async def choose(
        self,
        request: SignedInRequest,
        card_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> CardView:
        """From now on this card is charged, until it expires, is removed or another is chosen.

        Without a choice it is the newest. 409 until the vault has stored the card.
        """
        card = await service.choose(session, request.user.id, card_id)
        return await _view(session, card, now)

    @delete("/{card_id:uuid}", summary="Remove a card")
    async def remove(
        self,
        request: SignedInRequest,
        card_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> None:
        """The vault destroys the number; the card is not charged any more.

        409 while something is owed and this is the only card: add or replace one first.
        """
        await service.remove(session, request.user.id, card_id, now)


async def _view(session: AsyncSession, card: Card, now: datetime) -> CardView:
    charged = await charged_card(session, card.account_id, now)
    return CardView.of(card, charged=charged is not None and charged.id == card.id)
