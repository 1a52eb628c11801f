"""`squad down`"""

import click

from orchestration.local.commands.context import find_runner


@click.command()
@click.pass_context
def down(context: click.Context) -> None:
    """Stop every process, databases last; the data stays."""
    runner = find_runner(context)
    if not runner.down():
        runner.progress.say("The platform was not running.")
