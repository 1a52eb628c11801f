"""DuckDB over published files, within bounds of memory and disk."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final
from uuid import uuid4

import duckdb

from warehouse.manifest import File
from warehouse.store import Store

SPILL_LIMIT: Final = "4GB"
"""What the questions of one version may put aside on disk together; a larger one fails."""

_SPILL: Final = "squad-duckdb-"


def open_database(memory_limit: str, *, threads: int) -> duckdb.DuckDBPyConnection:
    """An empty database; what does not fit into its memory goes to a folder of its own.

    DuckDB makes the folder when it is needed and removes it with the database; what a process
    left that was killed is removed here.
    """
    _remove_left()
    database = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": memory_limit,
            "threads": str(threads),
            "temp_directory": str(_spills() / f"{_SPILL}{os.getpid()}-{uuid4().hex[:8]}"),
            # Whoever wants an order says so; to keep that of the files costs memory.
            "preserve_insertion_order": "false",
            # Nothing is ever fetched from outside.
            "autoinstall_known_extensions": "false",
        },
    )
    # As part of the configuration it would be shown, and not kept to.
    database.execute(f"SET max_temp_directory_size = '{SPILL_LIMIT}'")
    # Files never change, so that what is known of them stays true.
    database.execute("SET parquet_metadata_cache = true")
    return database


def make_view(
    database: duckdb.DuckDBPyConnection,
    name: str,
    store: Store,
    files: Sequence[File],
    columns: Iterable[str] | None = None,
) -> None:
    """A view of the rows in published files; of these columns, or of all. All names are ours."""
    paths = ", ".join(f"'{store.path(file.name)}'" for file in files)
    wanted = "*" if columns is None else ", ".join(f'"{column}"' for column in columns)
    database.execute(
        f'CREATE OR REPLACE VIEW "{name}" AS SELECT {wanted} FROM read_parquet([{paths}])'  # noqa: S608 - our names
    )


def _spills() -> Path:
    return Path(tempfile.gettempdir())


def _remove_left() -> None:
    for folder in _spills().glob(f"{_SPILL}*"):
        try:
            os.kill(int(folder.name.removeprefix(_SPILL).partition("-")[0]), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (PermissionError, ValueError):  # somebody else's, who lives
            continue
