"""Messages in and out of the billing quantum, with its real roles and keys."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec

from api.billing.contracts.handlers import contract_changed, plan_priced
from api.billing.vault.crypto import Kek, generate_kek
from api.billing.vault.handlers import CardIntake
from api.billing.vault.keys import VaultKeys, ensure_keys
from api.kernel.inbox import Delivery, Inbound, receive
from api.kernel.messages import Message, decode_envelope, encode
from api.kernel.sealing import box_keypair, generate_box_keypair, seal
from api.messages import CardChosen, CardRemoved, CardSealed, ContractChanged, PlanPriced
from tests.databases import Databases

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
GOOD_NUMBER = "4242424242424242"
KEK_TEXT = generate_kek()
KEK = Kek(KEK_TEXT)
BOX = generate_box_keypair()


def intake() -> Inbound:
    """What the relay from the customer quantum does."""
    cards = CardIntake(KEK, {BOX.key_id: BOX.private_key})
    return Inbound(
        {
            CardSealed: cards.sealed,
            CardRemoved: cards.removed,
            CardChosen: cards.chosen,
            ContractChanged: contract_changed,
        }
    )


def from_sysops() -> Inbound:
    return Inbound({PlanPriced: plan_priced})


async def make_keys(databases: Databases) -> VaultKeys:
    """The vault's keys, made with the role that may."""
    async with (
        databases.sessions("billing", "card_rotate") as sessions,
        sessions.begin() as session,
    ):
        return await ensure_keys(session, KEK, NOW)


async def deliver(
    databases: Databases,
    *messages: Message,
    role: str = "billing_intake",
    inbound: Inbound | None = None,
    ids: Sequence[UUID] | None = None,
) -> list[Exception | None]:
    """Hand messages to the quantum as its relay does; what became of each, in order."""
    chosen = ids or [uuid4() for _ in messages]
    deliveries = [
        Delivery(key, message.channel, encode(message, id=id_, sent_at=NOW))
        for key, (message, id_) in enumerate(zip(messages, chosen, strict=True))
    ]
    async with databases.sessions("billing", role) as sessions:
        outcome = await receive(sessions, inbound or intake(), deliveries, NOW)
    return [outcome[delivery.key] for delivery in deliveries]


def sent(databases: Databases, target: str, channel: str) -> list[dict[str, Any]]:
    """The bodies of the messages that wait for `target`, in order."""
    rows = databases.rows(
        "billing",
        f"SELECT payload FROM to_{target}.pgqueuer WHERE entrypoint = %s ORDER BY id",
        channel,
    )
    return [msgspec.json.decode(decode_envelope(bytes(row[0])).body) for row in rows]


def sealed(
    number: str = GOOD_NUMBER,
    *,
    card_id: UUID | None = None,
    customer_id: UUID | None = None,
    inside: dict[str, str] | None = None,
    key: str = BOX.private_key,
    **envelope: Any,
) -> CardSealed:
    """A card as the customer quantum seals it; `inside` replaces what is in the box."""
    pair = box_keypair(key)
    ids = {
        "card_id": str(card_id or (card_id := uuid4())),
        "customer_id": str(customer_id or (customer_id := uuid4())),
        "key_id": pair.key_id,
    }
    box = seal(pair.public_key, {"number": number, **ids, **(inside or {})})
    fields: dict[str, Any] = {
        "card_id": card_id,
        "customer_id": customer_id,
        "key_id": pair.key_id,
        "sealed": box,
        "brand": "visa",
        "last4": number[-4:],
        "exp_month": 12,
        "exp_year": 2099,
    }
    return CardSealed(**(fields | envelope))


def contract(contract_id: UUID | None = None, version: int = 1, **changes: Any) -> ContractChanged:
    fields: dict[str, Any] = {
        "contract_id": contract_id or uuid4(),
        "customer_id": UUID(int=7),
        "plan_code": "basic-month",
        "status": "active",
        "version": version,
        "effective_on": date(2026, 10, 1),
        "state": "NY",
        "zip": "10001",
    }
    return ContractChanged(**(fields | changes))


def priced(version: int = 1, **changes: Any) -> PlanPriced:
    fields: dict[str, Any] = {
        "code": "basic-month",
        "version": version,
        "name": "Basic, monthly",
        "price_cents": 1999,
        "currency": "USD",
        "interval": "month",
        "active": True,
    }
    return PlanPriced(**(fields | changes))
