"""Survey links: an id signed with a key of ours, so that no secret is stored and none guessed."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

SHORTEST_KEY = 32
_ID_BYTES = 16
_MAC_BYTES = 16
PATH = "/customer/surveys"


class SurveyLinks:
    """Makes and reads the tokens of survey links."""

    def __init__(self, key: str) -> None:
        """Raises ValueError for a key that is too short to keep a secret."""
        if len(key) < SHORTEST_KEY:
            raise ValueError(f"The survey key needs {SHORTEST_KEY} characters or more.")
        self._key = key.encode()

    def token(self, survey_id: UUID) -> str:
        """The token of one survey; it says nothing and can be in a URL."""
        mac = hmac.digest(self._key, b"survey:" + survey_id.bytes, hashlib.sha256)
        return urlsafe_b64encode(survey_id.bytes + mac[:_MAC_BYTES]).decode().rstrip("=")

    def url(self, base_url: str, survey_id: UUID) -> str:
        """The link that a customer gets."""
        return f"{base_url.rstrip('/')}{PATH}/{self.token(survey_id)}"

    def read(self, token: str) -> UUID | None:
        """The survey of a token, None for one that we did not make."""
        try:
            raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            return None
        if len(raw) != _ID_BYTES + _MAC_BYTES:
            return None
        survey_id = UUID(bytes=raw[:_ID_BYTES])
        # The whole text is compared: an id has one token, however base64 may be written.
        genuine = hmac.compare_digest(self.token(survey_id).encode(), token.encode())
        return survey_id if genuine else None
