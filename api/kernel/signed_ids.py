"""Ids signed with a key of ours: a link that opens one thing, and of which nothing is stored."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

SHORTEST_KEY = 32
_ID_BYTES = 16
_MAC_BYTES = 16


class SignedIds:
    """Makes and reads tokens for one purpose; those of another are not known here."""

    def __init__(self, key: str, purpose: str) -> None:
        """Raises ValueError for a key that is too short to keep a secret."""
        if len(key) < SHORTEST_KEY:
            raise ValueError(f"The key of {purpose} needs {SHORTEST_KEY} characters or more.")
        self._key = key.encode()
        self._purpose = f"{purpose}:".encode()

    def token(self, id_: UUID) -> str:
        """The token of one id; it says nothing and can be in a URL."""
        mac = hmac.digest(self._key, self._purpose + id_.bytes, hashlib.sha256)
        return urlsafe_b64encode(id_.bytes + mac[:_MAC_BYTES]).decode().rstrip("=")

    def read(self, token: str) -> UUID | None:
        """The id of a token, None for one that we did not make."""
        try:
            raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            return None
        if len(raw) != _ID_BYTES + _MAC_BYTES:
            return None
        id_ = UUID(bytes=raw[:_ID_BYTES])
        # The whole text is compared: an id has one token, however base64 may be written.
        genuine = hmac.compare_digest(self.token(id_).encode(), token.encode())
        return id_ if genuine else None
