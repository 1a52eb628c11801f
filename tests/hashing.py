"""Passwords of tests: kept by argon2id as everybody's, with as little work as it takes orders for.

A guess is meant to cost 64 MiB and a sixth of a second; thousands of them in tests prove nothing.
What a password costs in earnest is shown in `tests/unit/kernel/test_sign_in.py`.
"""

import argon2
import pytest

from api.kernel.sign_in import passwords

IN_EARNEST = passwords._hasher
NOBODYS_IN_EARNEST = passwords._NOBODYS_HASH
CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=16, parallelism=1)


def use(hasher: argon2.PasswordHasher, patch: pytest.MonkeyPatch) -> None:
    """Let the application hash and verify with these parameters."""
    patch.setattr(passwords, "_hasher", hasher)
    patch.setattr(passwords, "_NOBODYS_HASH", hasher.hash("a password that nobody has"))
