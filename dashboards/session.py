"""Who is looking: the access token that the sysops API gave, kept in a cookie scripts cannot read.

The cookie lives as long as the token, so a reload keeps the reader signed in and nothing of the
session is stored here. Whoever reads the cookie proves the token again.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

import jwt

AUDIENCE: Final = "analytics"
ISSUER: Final = "sysops"
PAGES_OF_ROLE: Final = {
    "manager": frozenset({"operations", "ticketing", "experts", "finance", "ticket"}),
    "administrator": frozenset({"operations", "ticketing", "experts", "finance"}),
    "finance": frozenset({"finance"}),
}


@dataclass(frozen=True)
class Viewer:
    """A signed-in reader: the pages that the roles open, and until when."""

    pages: frozenset[str]
    roles: frozenset[str]
    expires_at: datetime


class NotAdmitted(Exception):
    """The token opens no page; says why in words for the reader."""


def cookie_name(public_key: str) -> str:
    """Cookies of one host are shared by all its ports: a platform's cookie carries its own key."""
    return f"squad_viewer_{sha256(public_key.strip().encode()).hexdigest()[:8]}"


def admit(token: str, public_key: str) -> Viewer:
    """The viewer whom a token proves; raises NotAdmitted."""
    try:
        claims = jwt.decode(
            token,
            public_key,
            algorithms=["EdDSA"],
            issuer=ISSUER,
            options={"require": ["exp", "iat", "sub", "aud", "iss"], "verify_aud": False},
        )
    except jwt.ExpiredSignatureError:
        raise NotAdmitted("Your session has ended. Sign in again.") from None
    except jwt.InvalidTokenError:
        raise NotAdmitted("Sign in to see this.") from None
    roles = frozenset(claims.get("roles", ())) & PAGES_OF_ROLE.keys()
    audience = claims["aud"]
    if not roles or AUDIENCE not in ([audience] if isinstance(audience, str) else audience):
        raise NotAdmitted(
            "These pages are for managers, administrators and finance. Your account is neither."
        )
    return Viewer(
        pages=frozenset().union(*(PAGES_OF_ROLE[role] for role in roles)),
        roles=roles,
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
    )
