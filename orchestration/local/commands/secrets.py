"""`squad secrets`"""

import dataclasses
import json
from functools import partial

import click
from rich.table import Table

from orchestration.local import rotation
from orchestration.local.commands.context import find_runner, told

JSON = click.option("--json", "as_json", is_flag=True, help="Print one object to standard output.")


@click.group("secrets")
def secrets() -> None:
    """Passwords and keys that were made here; none is ever shown."""


@secrets.command("list")
@JSON
@click.pass_context
def list_(context: click.Context, *, as_json: bool) -> None:
    """Show every secret by its name: since when it is this one, and which processes have it."""
    runner = find_runner(context)
    found = told(as_json, lambda: rotation.listed(runner.instance, runner.blueprint))
    if as_json:
        listed = [dataclasses.asdict(it) | {"since": it.since.isoformat()} for it in found]
        click.echo(json.dumps({"ok": True, "secrets": listed}))
        return
    table = Table(title="Secrets", title_justify="left")
    for heading in ("secret", "since", "processes that have it"):
        table.add_column(heading)
    for it in found:
        table.add_row(it.name, f"{it.since:%Y-%m-%d}", ", ".join(it.holders))
    runner.progress.console.print(table)


@secrets.command("rotate")
@click.argument("name")
@JSON
@click.pass_context
def rotate(context: click.Context, name: str, *, as_json: bool) -> None:
    """Replace a secret by a new one, and start again the processes that have it.

    What was signed with an old key is not good any more: access tokens are renewed by refresh
    tokens; links in mails that were sent lead nowhere.
    """
    runner = find_runner(context)
    holders = told(as_json, lambda: rotation.replace(runner.instance, runner.blueprint, name))
    running = runner.supervisor.pid() is not None
    for process in holders if running else []:
        told(as_json, partial(runner.restart, process))
    if as_json:
        click.echo(json.dumps({"ok": True, "secret": name, "holders": holders}))
    words = "were started again" if running else "learn of it when they start"
    named = f"{', '.join(holders)} {words}." if holders else "No process has it."
    runner.progress.say(f"{name} is new. {named}")
