"""The short form of `squad chaos`, on the platform that the tests before this one leave behind."""

import asyncio

import pytest

from tests.chaos import experiment
from tests.whole_platform import Platform

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500)]

FAULTS, SEED = 20, 1


def test_nothing_is_lost_or_doubled_by_twenty_faults_under_load(platform: Platform) -> None:
    figures = asyncio.run(experiment.strike(platform, FAULTS, SEED, print))
    assert experiment.kept(figures), figures
    assert figures["struck"] + len(figures["not_run"]) == FAULTS
