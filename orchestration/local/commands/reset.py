"""`squad reset`"""

import click

from orchestration.local.commands.context import find_runner
from orchestration.local.folders import remove_folders


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def reset(context: click.Context, *, yes: bool) -> None:
    """Stop the platform and remove its data folder, with databases, logs and secrets."""
    runner = find_runner(context)
    var = runner.instance.var
    if not var.exists():
        runner.progress.say(f"There is no {var}: nothing to remove.")
        return
    if not yes:
        backups = " and the backups in it" if (var / "backups").exists() else ""
        click.confirm(f"Remove {var} with all its data{backups} for good?", abort=True, err=True)
    runner.down()
    with runner.progress.step(f"Removing {var}"):
        remove_folders(runner.instance)
