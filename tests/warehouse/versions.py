"""Versions of a built warehouse in a folder."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from orchestration.publishing.marts import described
from orchestration.publishing.publish import Published, publish
from orchestration.transforms.project import load
from tests.warehouse.built import Built
from warehouse.manifest import File
from warehouse.store import Store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
UNSEEN = "BEGIN; SET LOCAL session_replication_role = replica; {}; COMMIT"
"""As a write that fires no trigger, which nobody does."""


def published(built: Built, folder: Path, number: int = 1) -> Published:
    """One more version, which keeps what it may of the one before in this folder."""
    return publish(
        built.databases.url("analytics", "publisher"), Store(folder), described(load()),
        run_id=f"run{number}", checks=[], now=NOW + timedelta(minutes=number), keep=9,
    )  # fmt: skip


def names(files: list[File]) -> dict[str | None, str]:
    """The file of each month."""
    return {file.partition: file.name for file in files}
