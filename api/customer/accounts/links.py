"""Tokens that go out by mail: made of an id and a key of ours when they are needed."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from uuid import UUID


class MailedTokens:
    """Makes them. A table keeps hashes only, and the mail's sender makes the token once more."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def token(self, id_: UUID) -> str:
        """The token of one mail; it says nothing and can be in a URL."""
        mac = hmac.digest(self._key, b"mailed token:" + id_.bytes, hashlib.sha256)
        return urlsafe_b64encode(mac).decode().rstrip("=")
