"""Loading demo worlds into test databases, with a vault that can be opened again."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime

from api.billing.vault.crypto import Kek, generate_kek
from api.billing.vault.keys import VaultKeys, ensure_keys
from api.billing.vault.service import EncryptedCard, NewCard, encrypt_many
from orchestration.local import bootstrap
from orchestration.local.demo.load import Loaded, load
from orchestration.local.demo.size import DemoSize
from orchestration.local.demo.target import TABLES
from tests.databases import Databases

SMALL_WORLD = DemoSize(customers=250, experts=12, months=5, seed=11)
# A Friday, 11:30 in New York.
NOON = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
KEK = Kek(generate_kek())


def owners(databases: Databases) -> dict[str, str]:
    return {name: databases.url(name, bootstrap.owner_of(name)) for name in TABLES}


def vault_keys(databases: Databases, now: datetime = NOON) -> VaultKeys:
    async def make() -> VaultKeys:
        async with databases.sessions("billing", "card_rotate") as it, it.begin() as session:
            return await ensure_keys(session, KEK, now)

    return asyncio.run(make())


def load_world(databases: Databases, size: DemoSize, now: datetime = NOON) -> Loaded:
    keys = vault_keys(databases, now)

    def encrypt(cards: Iterable[NewCard]) -> Iterable[EncryptedCard]:
        return encrypt_many(keys, cards)

    return load(owners(databases), size, now, encrypt=encrypt)
