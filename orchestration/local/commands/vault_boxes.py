"""`squad vault box-keys` and `squad vault rotate-box-key`"""

import dataclasses
import json
import sys

import click
from rich.table import Table

from orchestration.local import box_keys
from orchestration.local.commands.context import find_runner, told


@click.command("box-keys")
@click.option("--retire", is_flag=True, help="Remove the keys that may go.")
@click.option("--json", "as_json", is_flag=True, help="Print one object to standard output.")
@click.pass_context
def list_box_keys(context: click.Context, *, retire: bool, as_json: bool) -> None:
    """Show the keys of the boxes in which cards travel, and which may go.

    A key may go when it does not seal and no message that waits or is held names it. The exit
    status is 0 only when every message names a key that is here.
    """
    runner = find_runner(context)
    retired = told(as_json, lambda: box_keys.retire(runner.instance)) if retire else []
    found = told(as_json, lambda: box_keys.listed(runner.instance))
    missing = [it.key_id for it in found if not it.here]
    if as_json:
        listed = [dataclasses.asdict(it) for it in found]
        click.echo(json.dumps({"ok": not missing, "keys": listed, "retired": retired}))
    else:
        table = Table(title="Keys of sealed boxes", title_justify="left")
        for heading in ("key", "seals", "messages", ""):
            table.add_column(heading)
        for it in found:
            last = "missing: put it back" if not it.here else "may go" if it.may_go else ""
            table.add_row(it.key_id, "yes" if it.seals else "", str(it.messages), last)
        runner.progress.console.print(table)
    for key_id in retired:
        runner.progress.say(f"Key {key_id} was removed.")
    sys.exit(1 if missing else 0)


@click.command("rotate-box-key")
@click.pass_context
def rotate_box_key(context: click.Context) -> None:
    """Seal cards with a new key from now on; the older ones still open what waits.

    While the platform runs, the relay that opens boxes is restarted first, then the customer API.
    """
    runner = find_runner(context)
    key_id = box_keys.add(runner.instance)
    if runner.supervisor.pid() is not None:
        for name in (box_keys.OPENS, box_keys.SEALS):
            runner.restart(name)
    runner.progress.say(
        f"Cards are sealed with key {key_id}. `squad vault box-keys --retire` removes the older "
        "ones once nothing names them."
    )
