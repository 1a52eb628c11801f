"""Who is asking: short-lived Ed25519-signed access tokens, and route guards.

Customers sign in at the customer quantum, staff at the sysops quantum. Each signs with a
key of its own; every other process holds only the public halves. A token names the quanta
that may accept it (`aud`), and an issuer can only give the roles that belong to it.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import jwt
import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from litestar.connection import ASGIConnection, Request
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import ASGIApp

from api.kernel import clock
from api.kernel.errors import Forbidden, NotSignedIn

CUSTOMER_ISSUER = "customer"
STAFF_ISSUER = "sysops"
STAFF_ROLES = frozenset({"expert", "helpdesk", "manager", "administrator", "finance"})
ISSUER_ROLES = {CUSTOMER_ISSUER: frozenset({"customer"}), STAFF_ISSUER: STAFF_ROLES}
ACCESS_TOKEN_LIFE = timedelta(minutes=15)
TOKENS_KEPT = 10_000
"""So many tokens one process remembers to have checked: some megabytes."""


log = structlog.get_logger()


def private_key(pem: str) -> Ed25519PrivateKey:
    """The key that signs; raises TypeError for one of another kind."""
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("The signing key is not an Ed25519 key.")
    return key


def public_key(pem: str) -> Ed25519PublicKey:
    """The key that checks signatures; raises TypeError for one of another kind."""
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, Ed25519PublicKey):
        raise TypeError("The public key is not an Ed25519 key.")
    return key


class Principal(msgspec.Struct, frozen=True):
    """The signed-in person of one request; `issued_at` is when the token was given."""

    id: UUID
    issuer: str
    roles: frozenset[str]
    issued_at: datetime


class TokenVerifier:
    """Accepts tokens of the given issuers for one audience."""

    def __init__(self, audience: str, public_keys: dict[str, str]) -> None:
        """`public_keys` maps an issuer to its PEM public key."""
        self._audience = audience
        self._keys = {issuer: public_key(pem) for issuer, pem in public_keys.items()}
        # A page asks several times with one token, and nothing but time makes a signed one wrong.
        self._signed = lru_cache(TOKENS_KEPT)(self._read)

    def verify(self, token: str, now: datetime) -> Principal:
        """The token's principal; raises NotSignedIn when it is not valid at `now`."""
        principal, expires = self._signed(token)
        if expires <= now.timestamp():
            raise NotSignedIn("The access token has expired. Sign in again.")
        return principal

    def _read(self, token: str) -> tuple[Principal, float]:
        """What a token says, and when it expires (Unix time); raises NotSignedIn for any other."""
        try:
            issuer: str = jwt.decode(token, options={"verify_signature": False})["iss"]
            claims = jwt.decode(
                token,
                self._keys[issuer],
                algorithms=["EdDSA"],
                audience=self._audience,
                # The platform's clock decides, not the library's.
                options={
                    "require": ["exp", "iat", "sub", "aud", "iss"],
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
            roles = frozenset(claims.get("roles", ())) & ISSUER_ROLES[issuer]
            issued_at = datetime.fromtimestamp(claims["iat"], UTC)
            return Principal(UUID(claims["sub"]), issuer, roles, issued_at), float(claims["exp"])
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError) as error:
            raise NotSignedIn("The access token is not valid here. Sign in again.") from error


class TokenSigner:
    """Signs access tokens as one issuer."""

    def __init__(self, issuer: str, private_key_pem: str) -> None:
        self._issuer = issuer
        self._key = private_key(private_key_pem)

    def sign(
        self, subject: UUID, roles: Collection[str], audience: Collection[str], now: datetime
    ) -> str:
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "sub": str(subject),
            "aud": sorted(audience),
            "roles": sorted(roles),
            "iat": int(now.timestamp()),
            "exp": int((now + ACCESS_TOKEN_LIFE).timestamp()),
        }
        return jwt.encode(claims, self._key, algorithm="EdDSA")


class BearerAuthentication(AbstractAuthenticationMiddleware):
    """Sets `request.user` from the Authorization header; guards decide what that means."""

    def __init__(self, app: ASGIApp, verifier: TokenVerifier) -> None:
        super().__init__(app)
        self._verifier = verifier

    async def authenticate_request(
        self, connection: ASGIConnection[Any, Any, Any, Any]
    ) -> AuthenticationResult:
        header = connection.headers.get("Authorization", "")
        scheme, _, token = header.partition(" ")
        # Where nobody has to sign in, an expired token must not stand in the way of a new one.
        if not header or roles_of(connection.scope["route_handler"]) is None:
            return AuthenticationResult(user=None, auth=None)
        if scheme.lower() != "bearer" or not token:
            raise NotSignedIn("Send the access token as 'Authorization: Bearer <token>'.")
        return AuthenticationResult(user=self._verifier.verify(token, clock.now()), auth=None)


SignedInRequest = Request[Principal, None, State]
"""What a guarded route gets: its `user` is the principal."""


class Requires:
    """A Litestar guard that lets in whoever has one of `roles`; the route tests read `roles`."""

    def __init__(self, *roles: str) -> None:
        self.roles = frozenset(roles)

    # Not a plain function: Litestar hands those to a thread, which costs more than all of this.
    async def __call__(
        self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler
    ) -> None:
        principal: Principal | None = connection.user
        if principal is None:
            raise NotSignedIn("Sign in first.")
        if not principal.roles & self.roles:
            log.warning(
                "role_refused",
                person=str(principal.id),
                issuer=principal.issuer,
                route=connection.scope.get("path_template"),
            )
            raise Forbidden(f"This needs one of these roles: {', '.join(sorted(self.roles))}.")


def roles_of(handler: BaseRouteHandler) -> frozenset[str] | None:
    """The roles that a route's guards let in; None when it needs no signing in."""
    required = [
        guard.roles
        for layer in handler.ownership_layers
        for guard in layer.guards or ()
        if isinstance(guard, Requires)
    ]
    return frozenset.intersection(*required) if required else None
