"""The vault's cryptography: AES-256-GCM and HMAC-SHA-256, on keys that never print.

Data keys are wrapped by a key-encryption key (`Kek`) that comes from outside the database:
who steals the database alone has nothing. A ciphertext is bound to its customer, card and key
version as associated data, so that it cannot be moved to another row.
"""

import hashlib
import hmac
import os
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import NoReturn, Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.kernel.outside.payments import CardNumber

KEY_BYTES = 32
NONCE_BYTES = 12


class WrongKey(Exception):
    """What was to be opened was not closed with this key, or has been changed. Says no more."""


class KeyWrapper(Protocol):
    """Whatever holds the key-encryption key: this machine's environment, or a key service."""

    def wrap(self, key: bytes, label: str) -> bytes:
        """Encrypt a key so that it opens under the same label only."""
        ...

    def unwrap(self, wrapped: bytes, label: str) -> bytes:
        """Raises WrongKey."""
        ...


class _Secret:
    """Does not print or pickle."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not stored")


class Kek(_Secret):
    """A key-encryption key held in this process; while it is replaced, the one before it too."""

    __slots__ = ("_ciphers",)

    def __init__(self, encoded: str) -> None:
        """`encoded` is 32 bytes in base64, or several by commas: the first wraps, all open.

        Raises ValueError without repeating them.
        """
        self._ciphers = [AESGCM(decoded_kek(key)) for key in encoded.split(",")]

    def wrap(self, key: bytes, label: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._ciphers[0].encrypt(nonce, key, label.encode())

    def unwrap(self, wrapped: bytes, label: str) -> bytes:
        nonce, closed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(nonce, closed, label.encode())
            except (InvalidTag, ValueError):
                continue
        raise WrongKey(f"The key-encryption key does not open {label}.")


def decoded_kek(encoded: str) -> bytes:
    """The bytes of a key-encryption key in base64; raises ValueError without repeating them."""
    try:
        key = b64decode(encoded.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(f"A key-encryption key is {KEY_BYTES} bytes in base64.")
    return key


def generate_kek() -> str:
    """A new key-encryption key, in base64."""
    return b64encode(new_key()).decode()


def new_key() -> bytes:
    return AESGCM.generate_key(bit_length=KEY_BYTES * 8)


@dataclass(frozen=True, slots=True)
class Encrypted:
    """A number as it is stored."""

    key_version: int
    nonce: bytes
    ciphertext: bytes


class DataKey(_Secret):
    """One version of the key that encrypts card numbers."""

    __slots__ = ("_cipher", "version")

    def __init__(self, version: int, key: bytes) -> None:
        self.version = version
        self._cipher = AESGCM(key)

    def encrypt(self, number: CardNumber, customer_id: UUID, card_id: UUID) -> Encrypted:
        # 96 random bits: safe for 2^32 numbers under one version (NIST SP 800-38D, 8.3).
        nonce = os.urandom(NONCE_BYTES)
        bound = self._bound(customer_id, card_id)
        ciphertext = self._cipher.encrypt(nonce, number.reveal().encode(), bound)
        return Encrypted(self.version, nonce, ciphertext)

    def decrypt(self, stored: Encrypted, customer_id: UUID, card_id: UUID) -> CardNumber:
        """Raises WrongKey, also for the ciphertext of another card."""
        bound = self._bound(customer_id, card_id)
        try:
            digits = self._cipher.decrypt(stored.nonce, stored.ciphertext, bound).decode()
        except (InvalidTag, ValueError):
            raise WrongKey(f"Card {card_id} does not open.") from None
        return CardNumber(digits)

    def _bound(self, customer_id: UUID, card_id: UUID) -> bytes:
        return customer_id.bytes + card_id.bytes + self.version.to_bytes(4, "big")


class FingerprintKey(_Secret):
    """Makes the keyed hash by which a repeated number is found."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    def fingerprint(self, number: CardNumber) -> bytes:
        return hmac.digest(self._key, number.reveal().encode(), hashlib.sha256)
