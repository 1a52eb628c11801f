"""`squad restore`"""

from datetime import datetime
from pathlib import Path

import click

from api.kernel import clock
from orchestration.local import restore_plan, restoring
from orchestration.local.backups import backups_folder
from orchestration.local.commands.backup import FOLDER
from orchestration.local.commands.context import find_runner
from orchestration.local.errors import LocalError
from orchestration.local.wiring import PAUSED

AFTER = "docs/runbooks/restore-a-backup.md"


@click.command()
@click.argument("backup", required=False)
@click.option("--to", help='A moment, as "2026-11-26 14:05:00+00"; UTC without an offset.')
@click.option(
    "--timeline",
    type=click.IntRange(1),
    help="What happened after an earlier restore, or without it; otherwise the present one.",
)
@FOLDER
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def restore(
    context: click.Context,
    backup: str | None,
    to: str | None,
    timeline: int | None,
    folder: Path | None,
    *,
    yes: bool,
) -> None:
    """Make all databases what they were, at the end of what is kept or at a moment.

    BACKUP is a name of `squad backup --list`; with --to it is found. The platform must be down.
    What it has now is moved aside, never removed.
    """
    moment = _moment(to)
    runner = find_runner(context)
    instance, progress = runner.instance, runner.progress
    if runner.supervisor.pid() is not None:
        raise LocalError(f"The platform in {instance.var} is running: `squad down` first.")
    plan = restore_plan.plan(
        instance,
        backups_folder(instance, folder),
        backup,
        to=moment,
        timeline=timeline,
        now=clock.now(),
    )
    until = f"to {plan.to}" if plan.to else "to the last change that is kept"
    progress.say(
        f"From {plan.backup.folder}, which ended {plan.backup.record.ended}, all databases are "
        f"restored {until}. What was written later is then not in them."
    )
    if plan.aside is not None:
        progress.say(f"What they hold now goes from {plan.data_dir} to {plan.aside}.")
    if not yes:
        click.confirm("Restore?", abort=True, err=True)
    last = restoring.restore(instance, plan, progress)
    progress.say(f"The last change in it is of {last}." if last else "It is as the backup ended.")
    if plan.aside is not None:
        progress.say(
            f"To go back: `squad down`, move {plan.data_dir} away and {plan.aside} to its place."
        )
    # What was charged after the moment is forgotten, and would be charged again.
    progress.say(f"Now: `{PAUSED}=true squad up`, `squad backup`, and the rest of {AFTER}.")


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return clock.with_zone(datetime.fromisoformat(text))
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no moment.", param_hint="--to") from error
