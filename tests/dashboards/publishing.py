"""Publishing hand-made marts as the real publisher does: Parquet files, a manifest, a switch."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pytest

from tests.dashboards import small_world
from tests.dashboards.marts import Row, contracts, make_marts
from warehouse.manifest import File, HeldBack, Manifest, Table
from warehouse.store import Store


def publish(folder: Path, rows: Mapping[str, list[Row]], as_of: datetime) -> Store:
    """A version with every mart, shown from now on."""
    store = Store(folder)
    tables = {}
    with store.writing(), make_marts(rows) as connection:
        for mart, columns in contracts().items():
            aside = folder / "aside.parquet"
            connection.execute(f"COPY {mart} TO '{aside}' (FORMAT parquet)")
            content = aside.read_bytes()
            aside.unlink()
            name, _ = store.add_file(content)
            count = len(rows.get(mart, []))
            tables[mart] = Table(count, columns, [File(name, count, len(content))])
        version = as_of.strftime("%Y%m%dT%H%M%SZ")
        store.add_version(Manifest(version, "a run", as_of, as_of, tables))
        store.switch(version)
    return store


@pytest.fixture(scope="session")
def small_version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the small world published in it, to copy from."""
    folder = tmp_path_factory.mktemp("small-version") / "warehouse"
    publish(folder, small_world.marts(), small_world.AS_OF)
    return folder


def hold_back(folder: Path, at: datetime, *reasons: str) -> None:
    """A later build that failed its checks."""
    Store(folder).hold_back(HeldBack("a later run", at, list(reasons)))
