"""`squad logs`"""

import time

import click

from orchestration.local.commands.context import find_runner
from orchestration.local.errors import LocalError
from orchestration.local.logs import Follower

LOOK_SECONDS = 0.3
COLOURS = ("cyan", "green", "yellow", "blue", "magenta")


@click.command()
@click.argument("name", required=False)
@click.option("--lines", default=10, show_default=True, help="Lines of the past, of each log.")
@click.option("--follow/--no-follow", default=True, help="Go on until Ctrl-C.")
@click.pass_context
def logs(context: click.Context, name: str | None, *, lines: int, follow: bool) -> None:
    """Follow the log of one process, of workers by their common name, or of all."""
    runner = find_runner(context)
    folder = runner.instance.log
    known = sorted(path.stem for path in folder.glob("*.log"))
    if not known:
        raise LocalError(f"There are no logs in {folder} yet: `squad up` starts the platform.")
    processes = runner.blueprint.processes
    workers = [one.name for one in processes if one.group is not None and one.group == name]
    names = workers or ([name] if name else None)
    if names is not None and not set(names) & set(known):
        raise LocalError(f"There is no log {name!r}. There are: {', '.join(known)}.")
    alone = names is not None and len(names) == 1
    follower = Follower(folder, names, lines)
    try:
        while True:
            for process, line in follower.new_lines():
                colour = COLOURS[sum(map(ord, process)) % len(COLOURS)]
                prefix = "" if alone else click.style(f"{process} | ", fg=colour)
                click.echo(f"{prefix}{line}")
            if not follow:
                return
            time.sleep(LOOK_SECONDS)
    except KeyboardInterrupt:
        return
