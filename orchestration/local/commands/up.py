"""`squad up`"""

import signal
import sys
import time
from types import FrameType
from typing import NoReturn

import click

from orchestration.local.commands.context import find_runner
from orchestration.local.errors import LocalError
from orchestration.local.logs import Follower
from orchestration.local.runner import Runner
from orchestration.local.view import show, show_logins, state

LOOK_SECONDS = 0.5


@click.command()
@click.option("--foreground", is_flag=True, help="Follow the logs; Ctrl-C stops the platform.")
@click.pass_context
def up(context: click.Context, *, foreground: bool) -> None:
    """Start the platform, or show that it runs.

    Makes databases, roles and demo data if need be, starts every process, and returns when all
    are ready. When one fails, everything this command started is stopped again.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    runner = find_runner(context, as_started=False)
    try:
        if not runner.up():
            runner.progress.say("The platform is running already.")
    except KeyboardInterrupt:
        raise LocalError("Interrupted; what was started is stopped again.") from None
    console = runner.progress.console
    now = state(runner)
    show(console, now)
    show_logins(console, runner.instance)
    if foreground:
        _stay(runner)
    sys.exit(0 if now["ok"] else 1)


def _interrupt(_: int, __: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _stay(runner: Runner) -> None:
    """Show the logs until Ctrl-C, then stop the platform; raises LocalError if it ends before."""
    follower = Follower(runner.instance.log, None, 0)
    runner.progress.say("Ctrl-C stops the platform.")
    try:
        while runner.supervisor.pid() is not None:
            for name, line in follower.new_lines():
                runner.progress.say(f"{name} | {line}")
            time.sleep(LOOK_SECONDS)
    except KeyboardInterrupt:
        runner.down()
        return
    raise LocalError("The supervisor has ended: `squad status` tells what is left.")
