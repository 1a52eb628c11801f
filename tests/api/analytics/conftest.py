"""The analytics API over a published version of the small world."""

import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr

from api.analytics.quantum import QuantumSettings, quantum
from api.kernel.auth import STAFF_ISSUER, TokenSigner
from tests.api.support import bearer, client, key_pair
from tests.dashboards.publishing import small_version

__all__ = ["small_version"]

NO_DATABASE = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """A folder with nothing published in it."""
    return tmp_path / "warehouse"


@pytest.fixture
def published(warehouse: Path, small_version: Path) -> Path:
    """The folder with the small world published in it."""
    shutil.copytree(small_version, warehouse)
    return warehouse


@pytest.fixture
async def analytics(warehouse: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The API; its reports ask the published files alone, so there is no database behind it."""
    async with client(quantum, settings(warehouse, NO_DATABASE)) as opened:
        yield opened


def settings(warehouse: Path, database_url: str) -> QuantumSettings:
    return QuantumSettings(
        database_url=SecretStr(database_url),
        port=0,
        staff_public_key=key_pair("sysops")[1],
        warehouse_dir=warehouse,
    )


def staff(*roles: str, audience: str = "analytics") -> dict[str, str]:
    """The headers of a member of staff with these roles, as the sysops API signs them."""
    signer = TokenSigner(STAFF_ISSUER, key_pair("sysops")[0])
    return bearer(signer.sign(uuid4(), roles, [audience], datetime.now(UTC)))
