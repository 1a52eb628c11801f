"""`squad status`"""

import json
import sys

import click

from orchestration.local.commands.context import find_runner
from orchestration.local.errors import LocalError
from orchestration.local.view import show, state


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one object to standard output.")
@click.pass_context
def status(context: click.Context, *, as_json: bool) -> None:
    """Tell of every part whether it is healthy, since when, and why not.

    The exit status is 0 only when all are.
    """
    try:
        runner = find_runner(context)
        now = state(runner)
    except LocalError as error:
        if as_json:
            click.echo(json.dumps({"ok": False, "error": error.message}))
        raise
    if as_json:
        click.echo(json.dumps(now))
    else:
        show(runner.progress.console, now)
    sys.exit(0 if now["ok"] else 1)
