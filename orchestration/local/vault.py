"""The vault's first keys: without them no card can be locked away."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.local import keys, wiring
from orchestration.local.blueprint import Note
from orchestration.local.databases import role_url
from orchestration.local.errors import LocalError
from orchestration.local.files import create_private
from orchestration.local.instance import PREFIX, Instance

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
    """The key that wraps the vault's keys; raises LocalError when its parts are not there."""
    from api.billing.vault.settings import SettingsMissing, VaultSettings

    given = wiring.vault_key(instance).items()
    settings = {name.removeprefix(PREFIX).lower(): value for name, value in given}
    try:
        return VaultSettings.model_validate(settings).kek()
    except (SettingsMissing, ValueError, OSError) as error:
        raise LocalError(f"The vault cannot be opened: {error}") from error


def split_key(instance: Instance, first: Path, second: Path) -> None:
    """Write the present key as two new parts; a file that is there is not overwritten."""
    from api.billing.vault.custody import split

    for path in (first, second):
        if path.exists():
            raise LocalError(f"{path} is there already: name a file that is not.")
    # Raises when the parts that are in use do not open.
    key_encryption_key(instance)
    for path, part in zip((first, second), split(_whole_key(instance)), strict=True):
        create_private(path, part)


def _whole_key(instance: Instance) -> str:
    from api.billing.vault.custody import combine

    given = wiring.vault_key(instance)
    if whole := given.get("SQUAD_VAULT_KEK"):
        if "," in whole:
            raise LocalError("The key is being replaced: `squad vault rotate-kek` ends that first.")
        return whole
    one, other = (Path(given[f"{name}_FILE"]).read_text() for name in wiring.KEK_PARTS)
    return combine(one, other)


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
