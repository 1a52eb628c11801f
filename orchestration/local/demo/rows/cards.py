"""Rows of cards: what the customer database may know, and the vault's ciphertext."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np

from orchestration.local.demo.cards import BRANDS, NUMBERS, Cards
from orchestration.local.demo.columns import (
    blobs,
    integers,
    moments,
    same,
    table,
    texts,
    uuids,
    words,
)
from orchestration.local.demo.copying import Batch
from orchestration.local.demo.draws import Ints
from orchestration.local.demo.rows.customers import PORTION
from orchestration.local.demo.world import World

if TYPE_CHECKING:
    from api.billing.vault.service import EncryptedCard, NewCard

Encrypt = Callable[["Iterable[NewCard]"], "Iterable[EncryptedCard]"]
"""`api.billing.vault.service.encrypt_many` with the vault's keys."""


def card_rows(world: World, cards: Cards, encrypt: Encrypt | None) -> Iterator[Batch]:
    """Without `encrypt` the vault stays empty, and no charge can follow."""
    for begin in range(0, len(cards), PORTION):
        part = np.arange(begin, min(begin + PORTION, len(cards)))
        yield _known(world, cards, part)
        if encrypt is not None:
            yield _locked_away(world, cards, part, encrypt)


def _known(world: World, cards: Cards, part: Ints) -> Batch:
    created = moments(cards.created[part])
    data = table(
        id=uuids(cards.id[part]),
        account_id=uuids(world.customers.id[part]),
        brand=texts(BRANDS, cards.number[part]),
        last4=texts([number[-4:] for number in NUMBERS], cards.number[part]),
        exp_month=integers(cards.exp_month[part]),
        exp_year=integers(cards.exp_year[part]),
        status=same("stored", len(part)),
        created_at=created,
        updated_at=created,
    )
    return Batch("customer", "card", data)


def _locked_away(world: World, cards: Cards, part: Ints, encrypt: Encrypt) -> Batch:
    rows = list(encrypt(_new_cards(world, cards, part)))
    created = moments(cards.created[part])
    data = table(
        card_id=uuids(cards.id[part]),
        customer_id=uuids(world.customers.id[part]),
        key_version=_whole([row.key_version for row in rows]),
        nonce=blobs([row.nonce for row in rows]),
        ciphertext=blobs([row.ciphertext for row in rows]),
        fingerprint=blobs([row.fingerprint for row in rows]),
        brand=words([row.brand for row in rows]),
        last4=words([row.last4 for row in rows]),
        exp_month=_whole([row.exp_month for row in rows]),
        exp_year=_whole([row.exp_year for row in rows]),
        status=same("active", len(part)),
        created_at=created,
        updated_at=created,
    )
    return Batch("billing", "vault_card", data)


def _new_cards(world: World, cards: Cards, part: Ints) -> "Iterator[NewCard]":
    from api.billing.vault.service import NewCard
    from api.kernel.outside.payments import CardNumber

    numbers = [CardNumber(number) for number in NUMBERS]
    for at in part.tolist():
        number = int(cards.number[at])
        yield NewCard(
            card_id=UUID(bytes=cards.id[at].tobytes()),
            customer_id=UUID(bytes=world.customers.id[at].tobytes()),
            number=numbers[number],
            brand=BRANDS[number],
            exp_month=int(cards.exp_month[at]),
            exp_year=int(cards.exp_year[at]),
        )


def _whole(values: Sequence[int]) -> Any:
    return integers(np.array(values, dtype=np.int64))
