"""The vault's secrets come from the environment or a file, never from a database."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from api.billing.vault.crypto import Kek
from api.kernel.sealing import box_keypair
from api.kernel.settings import Settings


class SettingsMissing(Exception):
    """A process lacks a secret it needs; the text names the variable."""


class VaultSettings(Settings):
    """`SQUAD_VAULT_KEK` or `SQUAD_VAULT_KEK_FILE`: 32 bytes in base64."""

    vault_kek: SecretStr | None = None
    vault_kek_file: Path | None = None

    def kek(self) -> Kek:
        """Raises SettingsMissing when neither is set, ValueError when it is no key."""
        if self.vault_kek is not None:
            return Kek(self.vault_kek.get_secret_value())
        if self.vault_kek_file is not None:
            return Kek(self.vault_kek_file.read_text(encoding="ascii"))
        raise SettingsMissing("Set SQUAD_VAULT_KEK or SQUAD_VAULT_KEK_FILE (32 bytes in base64).")


class BoxSettings(Settings):
    """`SQUAD_VAULT_BOX_KEYS`: private keys of sealed boxes in base64, separated by commas.

    A retired key stays in the list until no waiting message was sealed for it.
    """

    vault_box_keys: SecretStr

    def private_keys(self) -> Mapping[str, str]:
        """Private keys by key id."""
        listed = self.vault_box_keys.get_secret_value().split(",")
        pairs = [box_keypair(key.strip()) for key in listed if key.strip()]
        if not pairs:
            raise SettingsMissing("SQUAD_VAULT_BOX_KEYS holds no key.")
        return {pair.key_id: pair.private_key for pair in pairs}
