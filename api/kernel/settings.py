"""Settings come from environment variables with the prefix `SQUAD_`, and from nowhere else."""

from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Base of every process's settings; a missing variable is named when the process starts."""

    model_config = SettingsConfigDict(
        env_prefix="SQUAD_",
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,  # what is missing is named, what is there is secret
    )


class ServiceSettings(Settings):
    """What any API process needs."""

    database_url: SecretStr
    port: int
    host: str = "127.0.0.1"
    socket_fd: int | None = None
    """A socket that listens already and is shared with other workers, in place of the port."""
    workers: int = Field(default=1, ge=1)
    """How many processes share the socket: each lets in its part of the limits below."""
    heartbeat_file: Path | None = None
    """Touched every few seconds: a port that is shared does not tell who answers."""
    pool_size: int = 10
    log_level: str = "info"
    requests_per_minute: int = Field(default=1_200, ge=0)
    """Of one signed-in person, a quarter of it at once; 0 is no limit, as below."""
    anonymous_requests_per_minute: int = Field(default=240, ge=0)
    """Of one address without signing in. An API behind a proxy needs its forwarded addresses."""


class OidcSettings(Settings):
    """An OpenID provider to sign in through; without an issuer there is none.

    The provider must know this client under `oidc_client_id` and send people back to one of
    `oidc_redirect_urls` (separated by blanks), which are pages of the clients of this API. A
    client without a secret is a public one: PKCE protects both.
    """

    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_redirect_urls: str = ""

    @model_validator(mode="after")
    def _whole_or_not_at_all(self) -> Self:
        needed = (self.oidc_issuer, self.oidc_client_id, self.oidc_redirect_urls)
        if any(needed) and not all(needed):
            names = "SQUAD_OIDC_ISSUER, SQUAD_OIDC_CLIENT_ID and SQUAD_OIDC_REDIRECT_URLS"
            raise ValueError(f"Sign-in through an identity provider needs {names}.")
        if self.oidc_issuer and not _is_secure(self.oidc_issuer):
            raise ValueError("SQUAD_OIDC_ISSUER must begin with https://.")
        urls = self.oidc_redirect_urls.split()
        # An app's own scheme is as good as https; plain http can be read on its way.
        if any(urlsplit(url).scheme in {"", "http"} and not _is_secure(url) for url in urls):
            raise ValueError("Each of SQUAD_OIDC_REDIRECT_URLS must be a URL with https://.")
        return self


def _is_secure(url: str) -> bool:
    """Whether nobody can listen: https, or this machine talking to itself."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
    )


class RelaySettings(Settings):
    """What any relay process needs: two roles, one a database."""

    source_url: SecretStr
    target_url: SecretStr
    heartbeat_file: str | None = None
    log_level: str = "info"
