"""`squad restart`"""

import click

from orchestration.local.commands.context import find_runner


@click.command()
@click.argument("name")
@click.pass_context
def restart(context: click.Context, name: str) -> None:
    """Stop and start one process, and wait until it is ready."""
    find_runner(context).restart(name)
