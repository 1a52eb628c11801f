"""Replacing the key-encryption key while the platform runs, from wherever an earlier try ended.

The file of the key says how far it is: with two keys in it, the new one first, a replacement is
under way. Every process learns of both before the first key of the vault is wrapped anew, and the
old one goes only when all of them open under the new one alone.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

from api.billing.vault.crypto import Kek, generate_kek
from api.billing.vault.keys import load_keys, rewrap
from orchestration.billing.exclusive import ROTATING, only_one
from orchestration.billing.rotating import RotatingAlready
from orchestration.local import keys, wiring
from orchestration.local.errors import LocalError
from orchestration.local.files import create_private, write_private
from orchestration.local.instance import Instance
from orchestration.local.secrets import SecretStore
from orchestration.local.vault_rotation import sessions_of

HOLDERS = ("relay-customer-billing", "code-billing")
"""The processes that open the vault's keys."""


def replace(instance: Instance, restart: Callable[[str], None], now: datetime) -> tuple[int, str]:
    """Wrap the vault's keys under a new key; returns how many, and the file of the old key.

    Raises LocalError when the key is in two parts, or the vault cannot be asked.
    """
    if "SQUAD_VAULT_KEK" not in wiring.vault_key(instance):
        raise LocalError(
            "The key-encryption key is in two parts. Put the whole key back as "
            f"{instance.secrets / keys.KEK}, take {wiring.KEK_FILES} away, run `squad down` and "
            "`squad up`; then replace it, and split the new one (`squad vault split-key`)."
        )
    return asyncio.run(_replace(instance, restart, now))


async def _replace(
    instance: Instance, restart: Callable[[str], None], now: datetime
) -> tuple[int, str]:
    store = SecretStore(instance.secrets)
    path = store.path(keys.KEK)
    async with sessions_of(instance) as sessions, only_one(sessions, ROTATING) as alone:
        if not alone:
            raise RotatingAlready("Another process is rotating keys.")
        both = keys.key_encryption_key(store)
        async with sessions() as session:
            # Before anything is made: a key that does not open the vault is not replaced.
            await load_keys(session, Kek(both))
        if "," not in both:
            both = f"{generate_kek()},{both}"
            write_private(path, both)
        new, _, old = both.partition(",")
        for process in HOLDERS:
            await asyncio.to_thread(restart, process)
        async with sessions.begin() as session:
            wrapped = await rewrap(session, Kek(both))
        async with sessions() as session:
            await load_keys(session, Kek(new))
        aside = store.path(f"{keys.KEK}-until-{now:%Y%m%d-%H%M%S}")
        create_private(aside, old)
        write_private(path, new)
    return wrapped, str(aside)
