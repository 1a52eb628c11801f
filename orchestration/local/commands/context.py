"""What every sub-command begins with: the runner of the platform that is meant."""

import json
from collections.abc import Callable
from typing import TypeVar

import click

from orchestration.local.blueprint import Blueprint
from orchestration.local.errors import LocalError
from orchestration.local.instance import from_environment, recorded
from orchestration.local.progress import Progress
from orchestration.local.runner import Runner

Answer = TypeVar("Answer")


def find_runner(context: click.Context, *, as_started: bool = True) -> Runner:
    """The runner of the environment's platform.

    With `as_started` it has the ports and settings that the running platform was started with.
    The context may bring a blueprint of its own; otherwise it is the whole platform.
    """
    instance = from_environment()
    if as_started:
        instance = recorded(instance)
    blueprint = context.find_object(Blueprint)
    if blueprint is None:
        from orchestration.local.processes import blueprint_of

        blueprint = blueprint_of(instance)
    return Runner(instance, blueprint, Progress())


def told(as_json: bool, act: Callable[[], Answer]) -> Answer:
    """What `act` answers; with `as_json`, an error reaches whoever reads the object, too."""
    try:
        return act()
    except LocalError as error:
        if as_json:
            click.echo(json.dumps({"ok": False, "error": error.message}))
        raise
