"""The bodies in which signing in is asked for and answered, the same for customers and staff."""

from datetime import timedelta
from typing import Annotated, Any, Self

import msgspec
from msgspec import Meta

from api.kernel.auth import ACCESS_TOKEN_LIFE
from api.kernel.fields import Email
from api.kernel.sign_in.attempts import LIFE, Begun
from api.kernel.sign_in.provider import Returned
from api.kernel.sign_in.tokens import SecretToken


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    email: Email
    password: str


class HeldToken(msgspec.Struct, forbid_unknown_fields=True):
    refresh_token: SecretToken


class SignedInTokens(msgspec.Struct, kw_only=True):
    """Send the access token as `Authorization: Bearer`; both times are in seconds."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str
    refresh_expires_in: int


class BeginSignIn(msgspec.Struct, forbid_unknown_fields=True):
    """Where the provider sends the person back to; without it, to the first of the settings."""

    redirect_url: str | None = None


class BegunSignIn(msgspec.Struct):
    """Keep `attempt` (it is secret, for `expires_in` seconds) and open `authorization_url`."""

    authorization_url: str
    state: str
    attempt: str
    expires_in: int

    @classmethod
    def of(cls, begun: Begun) -> Self:
        return cls(begun.url, begun.state, begun.token, int(LIFE.total_seconds()))


class FinishSignIn(msgspec.Struct, forbid_unknown_fields=True):
    """`code`, `state` and, if it is there, `iss` are from the URL the person came back to."""

    attempt: SecretToken
    state: SecretToken
    code: Annotated[str, Meta(min_length=1, max_length=4_000)]
    iss: Annotated[str, Meta(max_length=2_000)] | None = None

    def returned(self) -> Returned:
        return Returned(self.code, self.state, self.iss)


def pair(access: str, refresh: str, life: timedelta) -> dict[str, Any]:
    """What every `SignedInTokens` begins with; `life` is the refresh token's."""
    return {
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": int(ACCESS_TOKEN_LIFE.total_seconds()),
        "refresh_token": refresh,
        "refresh_expires_in": int(life.total_seconds()),
    }
