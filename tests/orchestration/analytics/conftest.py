"""A platform's databases with rows in them, and the environment of the analytics jobs."""

from pathlib import Path

import pytest

from tests.databases import Databases
from tests.warehouse.world import World

ROLES = {
    "SQUAD_CUSTOMER_URL": ("customer", "replicator"),
    "SQUAD_SYSOPS_URL": ("sysops", "replicator"),
    "SQUAD_BILLING_URL": ("billing", "replicator"),
    "SQUAD_ANALYTICS_LOADER_URL": ("analytics", "warehouse_loader"),
    "SQUAD_ANALYTICS_TRANSFORMER_URL": ("analytics", "transformer"),
    "SQUAD_ANALYTICS_PUBLISHER_URL": ("analytics", "publisher"),
}


@pytest.fixture
def business(
    databases: Databases,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Databases:
    """The sources of a small business, and the jobs' environment pointing at them."""
    open_business(databases, tmp_path / "warehouse", tmp_path_factory, monkeypatch)
    return databases


def open_business(
    databases: Databases,
    warehouse: Path,
    factory: pytest.TempPathFactory,
    patch: pytest.MonkeyPatch,
) -> None:
    """Rows in the sources; what the jobs publish is in `warehouse`, while `patch` holds."""
    World(40, 120).build().load(databases)
    for variable, (database, role) in ROLES.items():
        # As the runner gives them: with a driver in the scheme.
        url = databases.url(database, role).replace("postgresql://", "postgresql+asyncpg://")
        patch.setenv(variable, url)
    patch.setenv("SQUAD_WAREHOUSE_DIR", str(warehouse))
    dbt_dir = factory.getbasetemp() / "dbt-postgres"
    dbt_dir.mkdir(exist_ok=True)
    patch.setenv("SQUAD_DBT_DIR", str(dbt_dir))
