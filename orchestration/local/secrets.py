"""Passwords and keys, made when first asked for and kept in the data folder, mode 0600."""

import re
import secrets
from collections.abc import Callable
from pathlib import Path

from orchestration.local.files import create_private

NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*")
PASSWORD_BYTES = 24


def make_password() -> str:
    """192 random bits in letters that need no quoting in a URL or in SQL."""
    return secrets.token_urlsafe(PASSWORD_BYTES)


class SecretStore:
    """The secrets of one platform: one file each in a folder that only the owner may enter."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def secret(self, name: str, make: Callable[[], str] = make_password) -> str:
        """The secret of this name; `make` is called only when there is none yet.

        Processes that ask at the same time get the same answer.
        """
        path = self.path(name)
        try:
            return path.read_text()
        except FileNotFoundError:
            return create_private(path, make())

    def role_password(self, role: str) -> str:
        """The password of a database role."""
        return self.secret(f"role-{role}")

    def path(self, name: str) -> Path:
        """Where the secret lies, whether it exists or not."""
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a secret's name: use a-z, 0-9, '_', '.' and '-'.")
        return self._folder / name
