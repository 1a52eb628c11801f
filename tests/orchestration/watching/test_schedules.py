"""The watch sees every schedule there is."""

from importlib import import_module

import dagster as dg
import pytest

from orchestration.local.dagster_home import CODE_LOCATIONS
from orchestration.watching.schedules import SCHEDULES, Schedule


def test_the_list_is_what_the_code_locations_define() -> None:
    defined = {}
    for location in CODE_LOCATIONS:
        defs: dg.Definitions = import_module(f"orchestration.definitions.{location}").defs
        for one in defs.schedules or ():
            assert isinstance(one, dg.ScheduleDefinition)
            defined[one.name] = Schedule(one.job_name, one.execution_timezone or "UTC")
    assert defined == SCHEDULES


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_runs_without_being_switched_on(name: str) -> None:
    schedules = [
        one
        for location in CODE_LOCATIONS
        for one in import_module(f"orchestration.definitions.{location}").defs.schedules or ()
        if one.name == name
    ]
    assert [one.default_status for one in schedules] == [dg.DefaultScheduleStatus.RUNNING]
