"""An OpenID provider as a client of it: authorization code with PKCE, nonce and state.

What is checked of an identity token is OpenID Connect Core 1.0, section 3.1.3.7, by Authlib and
joserfc; who answers is RFC 9207. Nothing here touches a database.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
import msgspec
import structlog
from authlib.common.security import is_secure_transport
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from api.kernel.errors import NotSignedIn
from api.kernel.settings import OidcSettings
from api.kernel.sign_in import asking
from api.kernel.sign_in.identity import Identity, identity_of

SCOPE: Final = "openid email profile"
KEPT: Final = timedelta(hours=1)
"""How long the provider's description and its keys are taken from memory."""
_KEYS_AT_MOST_EVERY: Final = timedelta(minutes=1)
"""A token that no known key signed has the keys fetched anew, and no more often than this."""
CLOCK_SKEW: Final = timedelta(minutes=2)
# Signatures that only the provider can make; the lists of providers also name `none` and HMAC.
_ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
_KEY_TYPES: Final = frozenset({"RSA", "EC", "OKP"})
# What a provider says of a code; every other error is between it and us.
_REFUSED_CODE: Final = frozenset({"invalid_grant", "invalid_request"})

log = structlog.get_logger()


class Description(msgspec.Struct):
    """What is needed of a provider's discovery document."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    id_token_signing_alg_values_supported: list[str] = msgspec.field(
        default_factory=lambda: ["RS256"]
    )
    token_endpoint_auth_methods_supported: list[str] = msgspec.field(
        default_factory=lambda: ["client_secret_basic"]
    )
    authorization_response_iss_parameter_supported: bool = False

    def is_secure(self) -> bool:
        urls = (self.authorization_endpoint, self.token_endpoint, self.jwks_uri)
        optional = [self.userinfo_endpoint] if self.userinfo_endpoint else []
        return all(is_secure_transport(url) for url in (*urls, *optional))


class _Tokens(msgspec.Struct):
    access_token: str
    id_token: str


class _Keys(msgspec.Struct):
    keys: list[dict[str, Any]]


@dataclass(frozen=True)
class Secrets:
    """What binds the provider's answer to one attempt to sign in."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Returned:
    """What the provider gave to the person's browser; `issuer` if it says who it is."""

    code: str
    state: str
    issuer: str | None


@dataclass
class IdentityProvider:
    """One provider, as the settings name it."""

    settings: OidcSettings
    _description: tuple[Description, datetime] | None = None
    _keys: tuple[KeySet, datetime] | None = None
    redirect_urls: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.redirect_urls = tuple(self.settings.oidc_redirect_urls.split())

    async def authorization_url(self, secrets: Secrets, redirect_url: str, now: datetime) -> str:
        """Where a person signs in at the provider; raises Unavailable."""
        description = await self._describe(now)
        url: str = prepare_grant_uri(
            description.authorization_endpoint,
            client_id=self.settings.oidc_client_id,
            response_type="code",
            redirect_uri=redirect_url,
            scope=SCOPE,
            state=secrets.state,
            nonce=secrets.nonce,
            code_challenge=create_s256_code_challenge(secrets.verifier),
            code_challenge_method="S256",
        )
        return url

    async def identity(
        self, returned: Returned, secrets: Secrets, redirect_url: str, now: datetime
    ) -> Identity:
        """Who signed in there.

        Raises:
            NotSignedIn: the answer is not the one to this attempt, not of this provider, not for
                us, or too old.
            Unavailable: the provider does not answer, or does not take us for its client.
        """
        description = await self._describe(now)
        self._check_issuer(description, returned.issuer)
        tokens = await self._exchange(description, returned.code, secrets, redirect_url)
        claims = await self._claims(description, tokens, secrets.nonce, now)
        if "email" not in claims and description.userinfo_endpoint is not None:
            told = await self._userinfo(description.userinfo_endpoint, tokens, claims)
            claims = told | claims
        return identity_of(claims)

    def _check_issuer(self, description: Description, named: str | None) -> None:
        required = description.authorization_response_iss_parameter_supported
        if named != description.issuer and (named is not None or required):
            raise _refusal("another_issuer")

    async def _describe(self, now: datetime) -> Description:
        if self._description is None or now - self._description[1] > KEPT:
            issuer = self.settings.oidc_issuer
            url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
            description = asking.read(await asking.get(url), Description)
            if description.issuer != issuer or not description.is_secure():
                log.error("identity_provider_misdescribed", issuer=description.issuer)
                raise asking.away()
            self._description = description, now
        return self._description[0]

    async def _exchange(
        self, description: Description, code: str, secrets: Secrets, redirect_url: str
    ) -> _Tokens:
        body = prepare_token_request(
            "authorization_code",
            code=code,
            redirect_uri=redirect_url,
            code_verifier=secrets.verifier,
        )
        secret = self.settings.oidc_client_secret.get_secret_value()
        methods = description.token_endpoint_auth_methods_supported
        post = "client_secret_basic" not in methods and "client_secret_post" in methods
        method = ("client_secret_post" if post else "client_secret_basic") if secret else "none"
        url, headers, body = ClientAuth(self.settings.oidc_client_id, secret, method).prepare(
            "POST",
            description.token_endpoint,
            {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            body,
        )
        answer = await asking.send(httpx.Request("POST", url, headers=headers, content=body))
        if answer.is_success:
            return asking.read(answer, _Tokens)
        error = asking.error_of(answer)
        if answer.status_code < 500 and error in _REFUSED_CODE:
            raise _refusal(error)
        log.error("identity_provider_refuses_us", status=answer.status_code, error=error)
        raise asking.away()

    async def _claims(
        self, description: Description, tokens: _Tokens, nonce: str, now: datetime
    ) -> dict[str, Any]:
        """The claims of an identity token that is good for us now."""
        algorithms = _ALGORITHMS & set(description.id_token_signing_alg_values_supported)
        registry = JWSRegistry(algorithms=sorted(algorithms), strict_check_header=False)
        try:
            try:
                token = jwt.decode(tokens.id_token, await self._key_set(now), registry=registry)
            except (InvalidKeyIdError, BadSignatureError):
                # Keys change, and not every provider names them.
                keys = await self._key_set(now, _KEYS_AT_MOST_EVERY)
                token = jwt.decode(tokens.id_token, keys, registry=registry)
            client_id = self.settings.oidc_client_id
            claims = CodeIDToken(
                token.claims,
                token.header,
                {
                    "iss": {"essential": True, "value": description.issuer},
                    "aud": {"essential": True, "value": client_id},
                },
                {"nonce": nonce, "client_id": client_id, "access_token": tokens.access_token},
            )
            claims.validate(int(now.timestamp()), int(CLOCK_SKEW.total_seconds()))
        except (JoseError, ValueError) as error:
            raise _refusal(f"id_token: {error}") from error
        return dict(claims)

    async def _key_set(self, now: datetime, kept: timedelta = KEPT) -> KeySet:
        if self._keys is None or now - self._keys[1] > kept:
            description = await self._describe(now)
            listed = asking.read(await asking.get(description.jwks_uri), _Keys).keys
            usable = [it for it in listed if it.get("kty") in _KEY_TYPES and it.get("use") != "enc"]
            try:
                self._keys = KeySet.import_key_set({"keys": usable}), now
            except (JoseError, ValueError, KeyError) as error:
                log.warning("identity_provider_has_unreadable_keys", error=type(error).__name__)
                raise asking.away() from error
        return self._keys[0]

    async def _userinfo(self, url: str, tokens: _Tokens, claims: dict[str, Any]) -> dict[str, Any]:
        """What the provider tells of the person beside the token."""
        answer = await asking.get(url, {"Authorization": f"Bearer {tokens.access_token}"})
        told = asking.read(answer, dict[str, Any])
        if told.get("sub") != claims["sub"]:
            raise _refusal("userinfo_of_another")
        return told


def _refusal(reason: str) -> NotSignedIn:
    log.warning("identity_provider_answer_refused", reason=reason)
    return NotSignedIn("The identity provider's answer is not valid here. Begin again.")
