"""The vault's first keys, for whoever sets a platform up; harmless to repeat."""

from datetime import datetime

from api.billing.vault.crypto import KeyWrapper
from api.billing.vault.keys import VaultKeys, ensure_keys
from api.kernel.database import database


async def prepare_vault(url: str, kek: KeyWrapper, now: datetime) -> VaultKeys:
    """Make the vault's keys if there are none; `url` is for the role card_rotate.

    Returns them open, for `api.billing.vault.service.encrypt_many`.

    Raises:
        WrongKey: the vault was made under another key-encryption key.
    """
    async with database(url, name="prepare-vault", pool_size=1) as sessions, sessions.begin() as it:
        return await ensure_keys(it, kek, now)
