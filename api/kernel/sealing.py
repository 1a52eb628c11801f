"""Sealed boxes (libsodium): who seals holds the public key alone, and cannot open what it sealed.

A box holds a few named texts. For a card they are `number`, `customer_id`, `card_id` and
`key_id`, so that the receiver can compare the ids with those of the envelope around the box.
Keys travel as base64; a key's id is the beginning of the hash of its public half, so the
process that seals needs that half and nothing else.
"""

import hashlib
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

KEY_BYTES = 32


class Unsealable(Exception):
    """The box cannot be opened with this key, or does not hold named texts. Says no more."""


@dataclass(frozen=True, slots=True)
class BoxKeypair:
    """A key pair as it is kept: base64, and the id that boxes carry."""

    key_id: str
    public_key: str
    private_key: str = field(repr=False)


def generate_box_keypair() -> BoxKeypair:
    return box_keypair(b64encode(bytes(PrivateKey.generate())).decode())


def box_keypair(private_key: str) -> BoxKeypair:
    """The whole pair of a private key; raises ValueError when it is none."""
    public = PrivateKey(_key(private_key)).public_key
    public_key = b64encode(bytes(public)).decode()
    return BoxKeypair(key_id(public_key), public_key, private_key)


def key_id(public_key: str) -> str:
    """The id of a public key, 16 hex digits; raises ValueError when it is no key."""
    return hashlib.sha256(_key(public_key)).hexdigest()[:16]


def seal(public_key: str, fields: Mapping[str, str]) -> str:
    """A base64 box of `fields` that only the holder of the private key can open."""
    box = SealedBox(PublicKey(_key(public_key)))
    return b64encode(box.encrypt(msgspec.json.encode(dict(fields)))).decode()


def open_box(private_key: str, sealed: str) -> dict[str, str]:
    """The fields of a box; raises Unsealable.

    The error has no cause and no detail: what lies around it is secret.
    """
    box = SealedBox(PrivateKey(_key(private_key)))
    try:
        plain = box.decrypt(b64decode(sealed, validate=True))
        return msgspec.json.decode(plain, type=dict[str, str])
    except (CryptoError, msgspec.DecodeError, NotBase64, ValueError):
        raise Unsealable("The box cannot be opened.") from None


def _key(encoded: str) -> bytes:
    try:
        key = b64decode(encoded, validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(f"A box key is {KEY_BYTES} bytes in base64.")
    return key
