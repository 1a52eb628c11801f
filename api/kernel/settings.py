"""Settings come from environment variables with the prefix `SQUAD_`, and from nowhere else."""

from pydantic import Field, SecretStr
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
    pool_size: int = 10
    log_level: str = "info"
    requests_per_minute: int = Field(default=1_200, ge=0)
    """Of one signed-in person, a quarter of it at once; 0 is no limit, as below."""
    anonymous_requests_per_minute: int = Field(default=240, ge=0)
    """Of one address without signing in. An API behind a proxy needs its forwarded addresses."""


class RelaySettings(Settings):
    """What any relay process needs: two roles, one a database."""

    source_url: SecretStr
    target_url: SecretStr
    heartbeat_file: str | None = None
    log_level: str = "info"
