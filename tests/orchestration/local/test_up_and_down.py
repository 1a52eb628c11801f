"""Starting and stopping whole platforms, and what is left when that fails."""

import re
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from orchestration.local import marks
from orchestration.local.blueprint import Step
from orchestration.local.errors import LocalError
from orchestration.local.instance import Instance, recorded
from orchestration.local.ports import is_free
from orchestration.local.processes import POSTGRES
from tests.orchestration.local.platforms import (
    DYING,
    OTHER,
    OTHER_PORT,
    WEB,
    WEB_PORT,
    Platforms,
    get,
    heart,
    pids,
    tiny,
)


def fail(_: Instance, note: object) -> None:
    """A step that did not foresee its error."""
    raise RuntimeError("the tiny migration is wrong")


FAILING = Step("Migrating", f"{__name__}:fail")


def assert_nothing_runs(instance: Instance) -> None:
    assert marks.marked_processes(instance.var) == []
    config = str(instance.run / "supervisor.conf")
    assert not [
        one for one in psutil.process_iter(["cmdline"]) if config in (one.info["cmdline"] or ())
    ]


def test_up_starts_the_server_and_the_services_and_down_stops_them(platforms: Platforms) -> None:
    runner = platforms.new(POSTGRES, WEB, heart())

    assert runner.up()
    assert {one.process.name: one.why for one in runner.health()} == {
        "postgres": None,
        "web": None,
        "heart": None,
    }
    assert runner.down()
    assert_nothing_runs(runner.instance)
    assert (runner.instance.var / "postgres" / "PG_VERSION").exists()


def test_up_again_changes_nothing(platforms: Platforms) -> None:
    runner = platforms.new(WEB)
    runner.up()
    before = pids(runner)

    assert not runner.up()
    assert pids(runner) == before


def test_up_after_down_finds_the_same_data(platforms: Platforms) -> None:
    runner = platforms.new(POSTGRES)
    runner.up()
    secret = (runner.instance.secrets / "postgres-superuser").read_text()
    runner.down()

    assert runner.up()
    assert (runner.instance.secrets / "postgres-superuser").read_text() == secret


def test_down_says_when_nothing_ran(platforms: Platforms) -> None:
    assert not platforms.new(WEB).down()


def test_two_platforms_run_side_by_side(platforms: Platforms) -> None:
    one, two = platforms.new(WEB), platforms.new(WEB)
    one.up()
    two.up()

    one.down()

    assert two.is_well()


def test_a_port_in_use_is_named_with_its_holder_and_nothing_is_left(platforms: Platforms) -> None:
    holder, runner = platforms.new(WEB), platforms.new(WEB)
    holder.up()
    taken = holder.instance.port(WEB_PORT)
    clash = Instance(runner.instance.var, holder.instance.port_offset)

    with pytest.raises(LocalError, match=rf"Port {taken} \(web\) is in use by pid \d+ \(python"):
        platforms.again(clash, WEB, heart()).up()

    assert_nothing_runs(clash)
    assert get(holder) == "well"


def test_a_process_that_dies_is_told_with_its_last_words(platforms: Platforms) -> None:
    runner = platforms.new(WEB, DYING)

    with pytest.raises(LocalError, match="Not started: dying") as caught:
        runner.up()

    assert "    The tiny disk is full." in caught.value.details
    assert_nothing_runs(runner.instance)


def test_a_process_that_is_never_ready_is_told_with_the_reason(
    platforms: Platforms, tmp_path: Path
) -> None:
    sick = tmp_path / "sick"
    sick.touch()
    slow = tiny("slow", port=WEB_PORT, environment=lambda _: {"TINY_SICK": str(sick)})
    runner = platforms.new(replace(slow, start_seconds=2))

    with pytest.raises(LocalError) as caught:
        runner.up()

    assert "not ready within 2 s" in caught.value.details[0]
    assert "answers 503: The tiny database does not answer." in caught.value.details[0]
    assert_nothing_runs(runner.instance)


def test_a_failing_step_stops_what_was_started_and_keeps_its_traceback(
    platforms: Platforms,
) -> None:
    runner = platforms.new(POSTGRES, WEB, prepare=(FAILING,))

    with pytest.raises(LocalError, match="Migrating failed: RuntimeError: the tiny migration"):
        runner.up()

    assert_nothing_runs(runner.instance)
    assert "Traceback" in (runner.instance.log / "squad.log").read_text()


def test_what_ran_before_stays_when_a_later_up_fails(platforms: Platforms) -> None:
    first = platforms.new(WEB)
    first.up()
    before = pids(first)["web"]
    second = platforms.again(first.instance, WEB, DYING)

    with pytest.raises(LocalError, match="Not started: dying"):
        second.up()

    assert pids(first)["web"] == before
    assert first.is_well()


def test_up_adds_what_is_new_in_the_list_and_stops_what_is_gone(platforms: Platforms) -> None:
    first = platforms.new(WEB)
    first.up()

    platforms.again(first.instance, OTHER).up()

    assert get(first, port=OTHER_PORT) == "well"
    assert is_free(first.instance.port(WEB_PORT))


def test_a_process_that_ignores_the_request_to_stop_is_killed(platforms: Platforms) -> None:
    runner = platforms.new(tiny("stubborn", "stubborn", "{port}", port=WEB_PORT))
    runner.up()

    assert runner.down()
    assert_nothing_runs(runner.instance)


def test_up_on_other_ports_is_refused_while_the_platform_runs(platforms: Platforms) -> None:
    runner = platforms.new(WEB)
    runner.up()
    moved = Instance(runner.instance.var, runner.instance.port_offset + 1)

    with pytest.raises(LocalError, match=re.escape("squad down` first")):
        platforms.again(moved, WEB).up()

    assert recorded(moved).port_offset == runner.instance.port_offset


def test_a_process_starts_only_when_the_ones_it_needs_are_ready(platforms: Platforms) -> None:
    needy = tiny("needy", port=OTHER_PORT, after=("web",))
    runner = platforms.new(needy, WEB)
    runner.up()

    states = runner.supervisor.states()

    assert states["web"].started <= states["needy"].started
    assert [one.name for wave in runner.blueprint.waves([needy, WEB]) for one in wave] == [
        "web",
        "needy",
    ]


def test_a_platform_runs_below_a_path_too_long_for_a_socket(platforms: Platforms) -> None:
    short = platforms.new(WEB)
    deep = short.instance.var / ("long-" * 20)
    runner = platforms.again(Instance(deep, short.instance.port_offset), WEB)

    assert runner.up()
    assert runner.is_well()
