"""`squad notifications`"""

import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import timedelta

import click
from rich.table import Table

from api.kernel import clock
from orchestration.local.commands.context import find_runner, told
from orchestration.local.failed_notifications import QUANTA, Failures, Wanted, failed, resend
from orchestration.local.instance import Instance

HOURS = click.option(
    "--hours",
    type=click.IntRange(1, 24 * 365),
    default=24,
    show_default=True,
    help="Those that were written within so many hours.",
)
CODE = click.option("--code", help="Those that failed with this code of a provider.")
QUANTUM = click.option("--quantum", type=click.Choice(QUANTA), help="One quantum; otherwise both.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print one object to standard output.")


@click.group("notifications")
def notifications() -> None:
    """E-mails and text messages that reached nobody.

    Find out why (the codes are the providers'), mend that, then resend.
    """


@notifications.command("failed")
@QUANTUM
@HOURS
@CODE
@JSON
@click.pass_context
def failed_(
    context: click.Context, quantum: str | None, hours: int, code: str | None, *, as_json: bool
) -> None:
    """Count what failed, by kind and code. The exit status is 0 only when nothing did."""
    runner = find_runner(context)
    wanted = _wanted(hours, code)
    found = told(as_json, lambda: asyncio.run(_failed(runner.instance, quantum, wanted)))
    if as_json:
        plain = [{**vars(it), "last_at": it.last_at.isoformat()} for it in found]
        click.echo(json.dumps({"ok": not found, "failed": plain}))
    elif found:
        runner.progress.console.print(_table(found))
    else:
        runner.progress.say(f"Nothing failed within {hours} hours.")
    sys.exit(1 if found else 0)


@notifications.command("resend")
@QUANTUM
@HOURS
@CODE
@JSON
@click.pass_context
def resend_(
    context: click.Context, quantum: str | None, hours: int, code: str | None, *, as_json: bool
) -> None:
    """Send again what failed, as if nothing had been tried.

    What is no longer so by now (a visit that is over, a code that is too old) is not sent.
    """
    runner = find_runner(context)
    wanted = _wanted(hours, code)
    done = told(as_json, lambda: asyncio.run(_resend(runner.instance, quantum, wanted)))
    if as_json:
        click.echo(json.dumps({"ok": True, "queued": done}))
    for name, count in done.items():
        runner.progress.say(f"{name}: {count} notification(s) queued again")


def _wanted(hours: int, code: str | None) -> Wanted:
    return Wanted(clock.now() - timedelta(hours=hours), code)


def _quanta(quantum: str | None) -> Sequence[str]:
    return (quantum,) if quantum else QUANTA


async def _failed(instance: Instance, quantum: str | None, wanted: Wanted) -> list[Failures]:
    return [it for name in _quanta(quantum) for it in await failed(instance, name, wanted)]


async def _resend(instance: Instance, quantum: str | None, wanted: Wanted) -> dict[str, int]:
    return {name: await resend(instance, name, wanted) for name in _quanta(quantum)}


def _table(found: Sequence[Failures]) -> Table:
    total = sum(it.notifications for it in found)
    table = Table(title=f"{total} notification(s) reached nobody", title_justify="left")
    for heading in ("quantum", "kind", "channel", "code", "notifications", "last"):
        table.add_column(heading, overflow="fold")
    for it in found:
        last = it.last_at.isoformat(timespec="seconds")
        table.add_row(it.quantum, it.kind, it.channel, it.code, str(it.notifications), last)
    return table
