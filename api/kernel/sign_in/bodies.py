"""The bodies in which signing in is asked for and answered, the same for customers and staff."""

from datetime import timedelta
from typing import Any

import msgspec

from api.kernel.auth import ACCESS_TOKEN_LIFE
from api.kernel.fields import Email
from api.kernel.sign_in.tokens import SecretToken


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    email: Email
    password: str


class HeldToken(msgspec.Struct, forbid_unknown_fields=True):
    refresh_token: SecretToken


class SignedInTokens(msgspec.Struct, kw_only=True):
    """Send the access token as `Authorization: Bearer`; both times are in seconds."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - the scheme's name
    expires_in: int = int(ACCESS_TOKEN_LIFE.total_seconds())
    refresh_token: str
    refresh_expires_in: int


def pair(access: str, refresh: str, life: timedelta) -> dict[str, Any]:
    """What every `SignedInTokens` begins with; `life` is the refresh token's."""
    return {
        "access_token": access,
        "refresh_token": refresh,
        "refresh_expires_in": int(life.total_seconds()),
    }
