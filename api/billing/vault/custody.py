"""The key-encryption key in two parts, each with a custodian who knows nothing of the other.

Split knowledge and dual control of PCI DSS 4.0.1, 3.7.6: one part is 32 random bytes, the other
the key XOR the first. Either alone is random and tells nothing. Both carry the same check value
of the key, so that parts that do not belong together are refused before anything is opened.
"""

import hashlib
import hmac
import os
from base64 import b64encode

from api.billing.vault.crypto import KEY_BYTES, decoded_kek

CHECK_BYTES = 4


class WrongParts(ValueError):
    """Two parts that are none, or do not belong together; the text holds nothing of them."""


def split(key: str) -> tuple[str, str]:
    """Two new parts of a key (32 bytes in base64); raises ValueError when it is none."""
    whole = decoded_kek(key)
    first = os.urandom(KEY_BYTES)
    check = _check(whole)
    return _text(first, check), _text(_xor(whole, first), check)


def combine(first: str, second: str) -> str:
    """The key of two parts, in base64; raises WrongParts."""
    (one, check), (other, same) = _part(first), _part(second)
    whole = _xor(one, other)
    if not (hmac.compare_digest(check, same) and hmac.compare_digest(check, _check(whole))):
        raise WrongParts(
            "The two parts of the key-encryption key do not belong together: they are of different"
            " keys or splits, or one was given twice."
        )
    return b64encode(whole).decode()


def _part(text: str) -> tuple[bytes, str]:
    encoded, _, check = text.strip().partition(".")
    try:
        return decoded_kek(encoded), check
    except ValueError:
        raise WrongParts(
            "A part of the key-encryption key is 32 bytes in base64, a point and 8 signs, as"
            " `squad vault split-key` writes it."
        ) from None


def _text(part: bytes, check: str) -> str:
    return f"{b64encode(part).decode()}.{check}"


def _check(key: bytes) -> str:
    """A check value of the key; 32 bits of a hash of 256 random ones say nothing of them."""
    return hmac.digest(key, b"vault key-encryption key", hashlib.sha256)[:CHECK_BYTES].hex()


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
