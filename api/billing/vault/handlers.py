"""Cards from the customer quantum: sealed in, removed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.calendar import billing_day
from api.billing.payments.alerts import Cause, open_alerts
from api.billing.vault import access_log, service
from api.billing.vault.crypto import KeyWrapper
from api.billing.vault.keys import load_keys_to_encrypt
from api.billing.vault.rules import UNREADABLE, CardRefused, number_of
from api.kernel.database import apart
from api.kernel.erasure import is_erased
from api.kernel.outbox import send
from api.kernel.outside.payments import CardNumber
from api.kernel.sealing import Unsealable, open_box
from api.messages import CardChosen, CardOutcome, CardRemoved, CardSealed

ACTOR = "billing_intake"
DUPLICATE = "You have added this card before."


class UnknownBoxKey(Exception):
    """The box was sealed for a key this process does not hold: give it back and try again."""


class CardIntake:
    """Opens sealed boxes and locks what is in them away; holds the keys of boxes and vault."""

    def __init__(self, kek: KeyWrapper, box_keys: Mapping[str, str]) -> None:
        """`box_keys` are private keys by key id."""
        self._kek = kek
        self._box_keys = box_keys

    async def sealed(self, session: AsyncSession, message: CardSealed, now: datetime) -> None:
        """Store the card and tell the customer quantum what became of it.

        Of somebody who was erased none is stored, and the box is not opened.

        Raises:
            UnknownBoxKey: no repetition helps until the key is given; the message waits.
        """
        if await is_erased(session, message.customer_id):
            return
        private_key = self._box_keys.get(message.key_id)
        if private_key is None:
            raise UnknownBoxKey(f"No private key {message.key_id} here.")
        await _log_opening(session, message.card_id, now)
        try:
            number = _open(private_key, message, now)
            outcome = await self._store(session, message, number, now)
        except CardRefused as refusal:
            if refusal.suspicious:
                await _alert(session, message, now)
            outcome = _outcome(message, "refused", refusal.reason)
        if outcome is not None:
            await send(session, outcome)

    async def chosen(self, session: AsyncSession, message: CardChosen, _: datetime) -> None:
        """Keep which card the customer wants charged. An older version changes nothing."""
        await service.choose(session, message.customer_id, message.card_id, message.version)

    async def removed(self, session: AsyncSession, message: CardRemoved, now: datetime) -> None:
        await service.remove(session, message.card_id, message.customer_id, now)

    async def _store(
        self, session: AsyncSession, message: CardSealed, number: CardNumber, now: datetime
    ) -> CardOutcome | None:
        card = service.NewCard(
            card_id=message.card_id,
            customer_id=message.customer_id,
            number=number,
            brand=message.brand,
            exp_month=message.exp_month,
            exp_year=message.exp_year,
        )
        keys = await load_keys_to_encrypt(session, self._kek)
        result = await service.store(session, keys, card, now)
        if result == "stored" and message.replaces is not None:
            await service.replace(session, card, message.replaces, now)
        if result == "foreign":
            raise CardRefused(UNREADABLE, suspicious=True)
        if result == "gone":
            return None
        if result == "duplicate":
            return _outcome(message, "duplicate", DUPLICATE)
        return _outcome(message, "stored")


async def _log_opening(session: AsyncSession, card_id: UUID, now: datetime) -> None:
    """Committed by itself: the box is open, whatever becomes of what the message does."""
    async with apart(session) as own:
        await access_log.append(own, actor=ACTOR, purpose="store", card_ids=[card_id], now=now)


def _open(private_key: str, message: CardSealed, now: datetime) -> CardNumber:
    try:
        fields = open_box(private_key, message.sealed)
    except Unsealable:
        raise CardRefused(UNREADABLE, suspicious=True) from None
    return number_of(fields, message, billing_day(now))


async def _alert(session: AsyncSession, message: CardSealed, now: datetime) -> None:
    detail = "A sealed card does not match its envelope or does not open; it was not stored."
    cause = Cause(message.card_id, detail, message.customer_id)
    await open_alerts(session, "suspicious_card", [cause], now)


def _outcome(
    message: CardSealed,
    status: Literal["stored", "refused", "duplicate"],
    reason: str | None = None,
) -> CardOutcome:
    return CardOutcome(
        card_id=message.card_id,
        customer_id=message.customer_id,
        status=status,
        reason=reason,
    )
