"""Settings of the dashboards process, from environment variables with the prefix `SQUAD_`."""

from functools import cache
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """`staff_public_key` (PEM) checks staff tokens; `dagster_web_url` is for links.

    With `oidc_redirect_url` staff can sign in through their identity provider: it is this site's
    `/sign-in/callback` as browsers reach it, and one of the sysops API's redirect URLs.
    """

    model_config = SettingsConfigDict(env_prefix="SQUAD_", frozen=True, extra="ignore")

    sysops_api_url: str
    customer_api_url: str
    billing_api_url: str
    staff_public_key: str
    warehouse_dir: Path
    dagster_web_url: str
    oidc_redirect_url: str = ""


@cache
def settings() -> Settings:
    """Read once a process; a missing variable is named when the process starts."""
    return Settings()  # type: ignore[call-arg]  # read from the environment
