"""Addresses of what Dagster shows."""

from urllib.parse import quote

from dashboards.settings import settings


def asset_url(asset: str) -> str:
    """The page of an asset, such as marts/fct_ticket."""
    return f"{_base()}/assets/{quote(asset)}"


def run_url(run_id: str) -> str:
    return f"{runs_url()}/{quote(run_id)}"


def runs_url() -> str:
    return f"{_base()}/runs"


def _base() -> str:
    return settings().dagster_web_url.rstrip("/")
