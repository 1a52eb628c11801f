"""`squad backup`"""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from api.kernel import clock
from orchestration.local.backing_up import Done, back_up
from orchestration.local.backups import FOLDER_VARIABLE, Backup, backups_folder, find_backups
from orchestration.local.commands.context import find_runner, told
from orchestration.local.progress import Progress

FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    envvar=FOLDER_VARIABLE,
    show_envvar=True,
    help="Where backups are; otherwise beside the server's files. Another disk is better.",
)


@click.command()
@click.option(
    "--keep", type=click.IntRange(1), default=7, show_default=True, help="Older ones are removed."
)
@click.option("--list", "only_list", is_flag=True, help="Show the backups there are, make none.")
@FOLDER
@click.option("--json", "as_json", is_flag=True, help="Print one object to standard output.")
@click.pass_context
def backup(
    context: click.Context, keep: int, folder: Path | None, *, only_list: bool, as_json: bool
) -> None:
    """Back up all databases to one moment, while the platform runs.

    From the first backup on, what changes is archived beside it within a minute, so that any later
    moment can be restored. The secrets are not in it: keep them apart.
    """
    runner = find_runner(context)
    root = backups_folder(runner.instance, folder)
    progress = runner.progress
    if only_list:
        there = find_backups(root)
        if as_json:
            click.echo(json.dumps({"ok": bool(there), "backups": [_plain(it) for it in there]}))
        elif there:
            progress.console.print(_table(there))
        else:
            progress.say(f"There is no backup in {root}.")
        sys.exit(0 if there else 1)

    began = time.monotonic()
    with progress.step(f"Backing up to {root}"):
        done = told(
            as_json, lambda: back_up(runner.instance, root, keep, clock.now(), progress.note)
        )
    seconds = time.monotonic() - began
    if as_json:
        plain = _plain(done.backup) | {"seconds": round(seconds, 1), "removed": done.removed}
        click.echo(json.dumps({"ok": True, **plain}))
    _say(progress, done, seconds)
    progress.say(
        f"The secrets are not in it: back {runner.instance.secrets} up apart from it. Without them "
        "nobody gets into what is restored, and with them stored cards can be read."
    )


def _say(progress: Progress, done: Done, seconds: float) -> None:
    size = done.backup.record.bytes / 1e6
    progress.say(f"{done.backup.folder}: {size:.1f} MB in {seconds:.1f} s, every file checked.")
    if done.removed:
        progress.say(f"Removed: {', '.join(done.removed)}")


def _plain(backup: Backup) -> dict[str, Any]:
    return {
        "name": backup.name,
        "cluster": backup.cluster,
        "folder": str(backup.folder),
        "began": backup.record.began.isoformat(),
        "ended": backup.record.ended.isoformat(),
        "bytes": backup.record.bytes,
    }


def _table(backups: Sequence[Backup]) -> Table:
    table = Table(title=f"{len(backups)} backup(s)", title_justify="left")
    for heading in ("backup", "ended", "MB", "folder"):
        table.add_column(heading, overflow="fold")
    for it in backups:
        ended = f"{it.record.ended:%Y-%m-%d %H:%M:%S}+00"
        table.add_row(it.name, ended, f"{it.record.bytes / 1e6:.1f}", str(it.folder))
    return table
