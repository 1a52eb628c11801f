"""What every sub-command begins with: the runner of the platform that is meant."""

import click

from orchestration.local.blueprint import Blueprint
from orchestration.local.instance import from_environment, recorded
from orchestration.local.progress import Progress
from orchestration.local.runner import Runner


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
