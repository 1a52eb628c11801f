"""Signing in through an identity provider, from beginning to end, over a quantum's own table.

The client holds the attempt's secret and the provider's answer; the server keeps a hash. State,
nonce and PKCE verifier are made of that secret whenever they are needed, so that neither a table
nor a log holds one of them, and an answer is worth nothing to whoever did not begin.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.errors import FieldError, Invalid, NotFound
from api.kernel.settings import OidcSettings
from api.kernel.sign_in.identity import Identity
from api.kernel.sign_in.provider import IdentityProvider, Returned, Secrets
from api.kernel.sign_in.tokens import new_token, token_hash

LIFE: Final = timedelta(minutes=10)
"""Enough for a second factor at the provider."""


@dataclass(frozen=True)
class Begun:
    """`token` is the secret of the attempt, `url` where the person signs in."""

    token: str
    state: str
    url: str


@dataclass(frozen=True)
class ProviderSignIn:
    """Attempts at one provider; `table` is the quantum's own of `SignInAttemptColumns`."""

    provider: IdentityProvider
    table: type[Any]

    async def begin(self, session: AsyncSession, redirect_url: str | None, now: datetime) -> Begun:
        """Begin an attempt; by default the provider sends the person to the first URL.

        Raises Invalid for a URL that the settings do not name, and Unavailable.
        """
        url = redirect_url or self.provider.redirect_urls[0]
        if url not in self.provider.redirect_urls:
            known = ", ".join(self.provider.redirect_urls)
            raise Invalid([FieldError("/redirect_url", f"Use one of: {known}.")])
        token = new_token()
        secrets = secrets_of(token)
        authorization_url = await self.provider.authorization_url(secrets, url, now)
        row = {"token_hash": token_hash(token), "redirect_url": url, "expires_at": now + LIFE}
        session.add(self.table(**row))
        return Begun(token, secrets.state, authorization_url)

    async def finish(
        self, session: AsyncSession, token: str, returned: Returned, now: datetime
    ) -> Identity:
        """Who signed in; the attempt is used up in the caller's transaction.

        Raises:
            Invalid: the attempt was not begun here, is used up or too old, or the state is of
                another one.
            NotSignedIn: the answer is not the one to this attempt; the right one can still come.
            Unavailable: the attempt can be finished later.
        """
        secrets = secrets_of(token)
        if not hmac.compare_digest(secrets.state, returned.state):
            raise Invalid([FieldError("/state", "This is the answer to another attempt.")])
        mine = self.table.token_hash == token_hash(token), self.table.expires_at > now
        redirect_url = await session.scalar(select(self.table.redirect_url).where(*mine))
        # The provider takes its time, and a connection to the database does not wait for it.
        await session.rollback()
        if redirect_url is None:
            raise _over()
        identity = await self.provider.identity(returned, secrets, redirect_url, now)
        used = await session.scalar(
            delete(self.table).where(*mine).returning(self.table.token_hash)
        )
        if used is None:
            raise _over()
        return identity


def provider_sign_in(
    settings: OidcSettings, table: type[Any]
) -> Callable[[], Awaitable[ProviderSignIn]]:
    """A Litestar dependency: signing in at the provider of the settings.

    It raises NotFound when they name none: the routes are there, and say so.
    """
    provider = IdentityProvider(settings) if settings.oidc_issuer else None

    async def provide() -> ProviderSignIn:
        if provider is None:
            raise NotFound("No identity provider is set up here. Sign in with a password.")
        return ProviderSignIn(provider, table)

    return provide


def secrets_of(token: str) -> Secrets:
    """State, nonce and verifier of an attempt: one-way from its secret, and from one another."""

    def derived(use: str) -> str:
        digest = hmac.digest(token.encode(), use.encode(), hashlib.sha256)
        return urlsafe_b64encode(digest).decode().rstrip("=")

    return Secrets(derived("state"), derived("nonce"), derived("verifier"))


def _over() -> Invalid:
    minutes = int(LIFE.total_seconds() // 60)
    words = f"This attempt was finished, or took longer than {minutes} minutes. Begin again."
    return Invalid([FieldError("/attempt", words)])
