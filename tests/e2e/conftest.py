"""The platform that the tests of this folder share."""

from collections.abc import Iterator

import pytest

from tests.whole_platform import Platform, whole_platform

CUSTOMERS = 400


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    with whole_platform(CUSTOMERS) as running:
        yield running
