"""The platform that the tests of this folder share."""

from collections.abc import Iterator

import pytest

from tests.whole_platform import Platform, whole_platform

CUSTOMERS = 400
DISK_MB = 1_500
"""The database's own, so that it can be filled."""


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    with whole_platform(CUSTOMERS, small_disk_mb=DISK_MB) as running:
        yield running
