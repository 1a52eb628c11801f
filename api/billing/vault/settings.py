"""The vault's secrets come from the environment or a file, never from a database."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from api.billing.vault.crypto import Kek
from api.billing.vault.custody import combine
from api.kernel.sealing import box_keypair
from api.kernel.settings import Settings


class SettingsMissing(Exception):
    """A process lacks a secret it needs; the text names the variable."""


class VaultSettings(Settings):
    """`SQUAD_VAULT_KEK` or `SQUAD_VAULT_KEK_FILE`: 32 bytes in base64; while the key is being
    replaced the new one, a comma and the old one (`squad vault rotate-kek`).

    Or its two parts (`squad vault split-key`): `SQUAD_VAULT_KEK_PART_1` or its `_FILE`, and the
    same of part 2. The whole key and parts of it are not given together.
    """

    vault_kek: SecretStr | None = None
    vault_kek_file: Path | None = None
    vault_kek_part_1: SecretStr | None = None
    vault_kek_part_1_file: Path | None = None
    vault_kek_part_2: SecretStr | None = None
    vault_kek_part_2_file: Path | None = None

    def kek(self) -> Kek:
        """Raises SettingsMissing when none is set or one part is missing, ValueError when what is
        set is no key, WrongParts when the parts do not belong together.
        """
        first = _given(self.vault_kek_part_1, self.vault_kek_part_1_file)
        second = _given(self.vault_kek_part_2, self.vault_kek_part_2_file)
        whole = self.vault_kek is not None or self.vault_kek_file is not None
        if first is not None and second is not None and not whole:
            return Kek(combine(first, second))
        if first is not None or second is not None:
            missing = "SQUAD_VAULT_KEK_PART_2" if second is None else "SQUAD_VAULT_KEK_PART_1"
            raise SettingsMissing(
                "Set either the whole key-encryption key or its two parts, not both."
                if whole
                else f"Set {missing} or {missing}_FILE: the other part is given."
            )
        if self.vault_kek is not None:
            return Kek(self.vault_kek.get_secret_value())
        if self.vault_kek_file is not None:
            return Kek(self.vault_kek_file.read_text(encoding="ascii"))
        raise SettingsMissing("Set SQUAD_VAULT_KEK or SQUAD_VAULT_KEK_FILE (32 bytes in base64).")


def _given(value: SecretStr | None, file: Path | None) -> str | None:
    if value is not None:
        return value.get_secret_value()
    return None if file is None else file.read_text(encoding="ascii")


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
