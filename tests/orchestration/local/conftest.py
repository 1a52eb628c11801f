"""Platforms and clusters that are gone after the test."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from orchestration.local.instance import Instance
from tests.orchestration.local.backed_up import Databases
from tests.orchestration.local.platforms import Platforms, free_offset


@pytest.fixture
def platforms() -> Iterator[Platforms]:
    made = Platforms()
    yield made
    made.clear()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's user can enter; pytest's own are closed to it."""
    made = Path(mkdtemp(prefix="squad-test-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def rows(folder: Path) -> Iterator[Databases]:
    """A platform's databases on a running server, durable as a platform's own."""
    made = Databases(Instance(folder / "var", free_offset()))
    yield made
    made.server.stop()
