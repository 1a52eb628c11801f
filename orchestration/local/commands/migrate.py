"""`squad migrate`"""

import click

from orchestration.local.commands.context import find_runner
from orchestration.local.databases import uses_embedded_server
from orchestration.local.steps import MIGRATE


@click.command()
@click.pass_context
def migrate(context: click.Context) -> None:
    """Create or update databases, roles and tables; `squad up` does it too."""
    runner = find_runner(context)
    if uses_embedded_server(runner.instance):
        runner.require_supervisor()
    runner.take(MIGRATE)
