"""A pass opens one thing of another quantum, for minutes, to whoever holds it.

One quantum signs it for a person whom it has let see the thing; the other reads it with the public
half of the key, and asks nobody. It is a JWT with an audience of its own, so that no access token
is a pass and no pass an access token, although one key signs both.
"""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import jwt

from api.kernel.auth import private_key, public_key

LIFE = timedelta(minutes=15)
"""Long enough to look at a few pictures on a slow line, short enough for a link that was copied."""


class Pass(NamedTuple):
    """What may be opened, and for whom the pass was made."""

    thing: UUID
    holder: UUID


class PassMaker:
    """Signs passes as one issuer."""

    def __init__(self, issuer: str, private_key_pem: str) -> None:
        self._issuer = issuer
        self._key = private_key(private_key_pem)

    def make(self, purpose: str, opened: Pass, now: datetime) -> str:
        """A token that can be a part of a URL; `purpose` is the kind of thing it opens."""
        claims = {
            "iss": self._issuer,
            "aud": purpose,
            "sub": str(opened.thing),
            "for": str(opened.holder),
            "exp": int((now + LIFE).timestamp()),
        }
        return jwt.encode(claims, self._key, algorithm="EdDSA")


class PassReader:
    """Reads the passes of one issuer."""

    def __init__(self, issuer: str, public_key_pem: str) -> None:
        self._issuer = issuer
        self._key = public_key(public_key_pem)

    def read(self, purpose: str, token: str, now: datetime) -> Pass | None:
        """What the pass opens; None for one that is over, of another purpose, or not ours."""
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=["EdDSA"],
                audience=purpose,
                issuer=self._issuer,
                # The platform's clock decides, not the library's.
                options={"require": ["exp", "sub", "aud", "iss", "for"], "verify_exp": False},
            )
            if claims["exp"] <= now.timestamp():
                return None
            return Pass(UUID(claims["sub"]), UUID(claims["for"]))
        except (jwt.InvalidTokenError, TypeError, ValueError, AttributeError):
            return None
