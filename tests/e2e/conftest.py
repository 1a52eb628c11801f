"""The platform that the tests of this folder share."""

from collections.abc import Iterator

import pytest

from tests.whole_platform import Platform, whole_platform

CUSTOMERS = 400
DISK_MB = 1_500
"""A file system of its own for the database's files, so that a test may fill it."""


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    with whole_platform(CUSTOMERS, small_disk_mb=DISK_MB) as running:
        yield running
