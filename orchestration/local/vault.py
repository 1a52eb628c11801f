"""The vault's first keys: without them no card can be locked away."""

import asyncio
from typing import TYPE_CHECKING

from orchestration.local import keys
from orchestration.local.blueprint import Note
from orchestration.local.databases import role_url
from orchestration.local.errors import LocalError
from orchestration.local.instance import Instance
from orchestration.local.secrets import SecretStore

if TYPE_CHECKING:
    from api.billing.vault.crypto import Kek
    from api.billing.vault.keys import VaultKeys

ROLE = "card_rotate"


def make_keys(instance: Instance, note: Note) -> None:
    """The step of `squad up`: makes the keys once, wrapped by the key-encryption key.

    Raises LocalError when the key that wrapped them is not the one that is here.
    """
    from api.billing.vault.crypto import WrongKey

    try:
        open_keys(instance)
    except WrongKey as error:
        raise LocalError(
            f"The cards in the vault were locked under another key than {instance.secrets}/"
            f"{keys.KEK}. Put the file that they were locked under back from your backup; "
            "without it no stored card can be charged again."
        ) from error
    note("there")


def key_encryption_key(instance: Instance) -> "Kek":
    """The key that wraps the vault's keys."""
    from api.billing.vault.crypto import Kek

    return Kek(keys.key_encryption_key(SecretStore(instance.secrets)))


def open_keys(instance: Instance) -> "VaultKeys":
    """The vault's keys, made now if there are none."""
    return asyncio.run(_open(instance))


async def _open(instance: Instance) -> "VaultKeys":
    from api.billing.vault.keys import ensure_keys
    from api.kernel import clock
    from api.kernel.database import database

    kek = key_encryption_key(instance)
    url = role_url(instance, "billing", ROLE)
    async with database(url, name="vault-keys") as sessions, sessions.begin() as session:
        return await ensure_keys(session, kek, clock.now())
