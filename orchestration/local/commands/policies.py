"""`squad policy`"""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from api.kernel import clock
from api.sysops.assignment.terms import TERMS
from orchestration.local.commands.context import find_runner, told
from orchestration.local.policies import Shown, Wanted, newest, show, use

JSON = click.option("--json", "as_json", is_flag=True, help="Print one object to standard output.")


def _wanted(_: click.Context, __: click.Parameter, value: str) -> Wanted:
    """`balanced`, or `balanced/2`."""
    name, slash, version = value.partition("/")
    if slash and not (version.isascii() and version.isdigit() and len(version) < 10):
        raise click.BadParameter(f"{version!r} is no version: say {name}/1, or {name} alone.")
    return Wanted(name, int(version) if slash else None)


WHICH = click.argument("wanted", metavar="NAME[/VERSION]", callback=_wanted)


@click.group("policy")
def policy() -> None:
    """Policies of assignment: what experts are chosen by.

    Administrators make new versions over the API (/sysops/assignment/policies). These commands
    show them, and choose one when no administrator can. NAME alone is the newest version.
    """


@policy.command("list")
@JSON
@click.pass_context
def list_(context: click.Context, *, as_json: bool) -> None:
    """Show the newest version of each policy, and which one is in use."""
    runner = find_runner(context)
    found = told(as_json, lambda: asyncio.run(newest(runner.instance)))
    if as_json:
        click.echo(json.dumps({"ok": True, "policies": [_plain(it) for it in found]}))
    else:
        runner.progress.console.print(_list_table(found))


@policy.command("show")
@WHICH
@JSON
@click.pass_context
def show_(context: click.Context, wanted: Wanted, *, as_json: bool) -> None:
    """Show what a version says, and what each field means."""
    runner = find_runner(context)
    found = told(as_json, lambda: asyncio.run(show(runner.instance, wanted)))
    if as_json:
        click.echo(json.dumps({"ok": True, **_plain(found)}))
    else:
        runner.progress.console.print(_terms_table(found))


@policy.command("use")
@WHICH
@JSON
@click.pass_context
def use_(context: click.Context, wanted: Wanted, *, as_json: bool) -> None:
    """Let assignment runs go by a version, from the next one on.

    The audit log has it as an act of the platform. What is in use already stays.
    """
    runner = find_runner(context)
    used = told(as_json, lambda: asyncio.run(use(runner.instance, wanted, clock.now())))
    if as_json:
        click.echo(json.dumps({"ok": True, **_plain(used)}))
    runner.progress.say(f"{_title(used)} is in use since {_since(used)}")


def _plain(it: Shown) -> dict[str, Any]:
    return {**vars(it), "since": it.since and it.since.isoformat()}


def _title(it: Shown) -> str:
    return f"{it.name}/{it.version}"


def _since(it: Shown) -> str:
    return it.since.isoformat(timespec="seconds") if it.since else ""


def _list_table(found: Sequence[Shown]) -> Table:
    table = Table(title="Policies of assignment", title_justify="left")
    for heading in ("policy", "in use since", "what it is for"):
        table.add_column(heading, overflow="fold")
    for it in found:
        table.add_row(_title(it), _since(it), escape(it.note))
    return table


def _terms_table(it: Shown) -> Table:
    since = f", in use since {_since(it)}" if it.since else ""
    table = Table(title=escape(f"{_title(it)}{since}: {it.note}"), title_justify="left")
    for heading in ("field", "value", "what it means"):
        table.add_column(heading, overflow="fold")
    for term in TERMS:
        value = it.settings[term.field]
        listed = (
            ", ".join(f"{priority} {weight}" for priority, weight in value.items())
            if isinstance(value, dict)
            else str(value)
        )
        table.add_row(term.field, listed, term.meaning)
    return table
