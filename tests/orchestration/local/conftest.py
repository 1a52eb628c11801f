"""Platforms that are gone after the test."""

from collections.abc import Iterator

import pytest

from tests.orchestration.local.platforms import Platforms


@pytest.fixture
def platforms() -> Iterator[Platforms]:
    made = Platforms()
    yield made
    made.clear()
