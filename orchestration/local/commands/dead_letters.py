"""`squad dead-letters`"""

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from orchestration.local.commands.context import find_runner, told
from orchestration.local.dead_letters import PAIRS, DeadLetter, Pair, held, replay
from orchestration.local.instance import Instance
from orchestration.local.progress import Progress

PAIR = click.Choice(list(PAIRS))


@click.group("dead-letters")
def dead_letters() -> None:
    """Messages that kept failing and are held: nothing is ever dropped.

    Find out why (the relay's log names each by its id), mend that, then replay.
    """


@dead_letters.command("list")
@click.option("--pair", type=PAIR, help="One queue, by source and target; otherwise all.")
@click.option("--json", "as_json", is_flag=True, help="Print one object to standard output.")
@click.pass_context
def list_(context: click.Context, pair: str | None, *, as_json: bool) -> None:
    """Show what is held, never what it says. The exit status is 0 only when nothing is."""
    runner = find_runner(context)
    letters = told(as_json, lambda: asyncio.run(_held(runner.instance, _pairs(pair))))
    if as_json:
        click.echo(json.dumps({"ok": not letters, "dead_letters": [_plain(it) for it in letters]}))
    elif letters:
        runner.progress.console.print(_table(letters))
    else:
        runner.progress.say("There are no dead letters.")
    sys.exit(1 if letters else 0)


@dead_letters.command("replay")
@click.argument("ids", metavar="[ID ...]", nargs=-1, type=int)
@click.option("--pair", type=PAIR, help="The queue that the ids are of; with --all, the only one.")
@click.option("--all", "everything", is_flag=True, help="Every dead letter there is now.")
@click.option("--json", "as_json", is_flag=True, help="Print one object to standard output.")
@click.pass_context
def replay_(
    context: click.Context,
    ids: tuple[int, ...],
    pair: str | None,
    *,
    everything: bool,
    as_json: bool,
) -> None:
    """Queue dead letters again, from their first attempt.

    A message whose effect was committed before has none again. The exit status is 0 only when
    every id was a dead letter.
    """
    if everything == bool(ids):
        raise click.UsageError("Say which: their ids, or --all.")
    if ids and pair is None:
        raise click.UsageError("Ids belong to one queue: name it with --pair.")
    runner = find_runner(context)
    wanted = None if everything else set(ids)
    done = told(as_json, lambda: asyncio.run(_replay(runner.instance, _pairs(pair), wanted)))
    missing = sorted(set(ids) - {key for keys in done.values() for key in keys})
    if as_json:
        click.echo(json.dumps({"ok": not missing, "replayed": done, "missing": missing}))
    _say(runner.progress, done, missing)
    sys.exit(1 if missing else 0)


def _pairs(name: str | None) -> list[Pair]:
    return [PAIRS[name]] if name else list(PAIRS.values())


async def _held(instance: Instance, pairs: Sequence[Pair]) -> list[DeadLetter]:
    return [letter for pair in pairs for letter in await held(instance, pair)]


async def _replay(
    instance: Instance, pairs: Sequence[Pair], ids: set[int] | None
) -> dict[str, list[int]]:
    done = {pair.name: await replay(instance, pair, ids) for pair in pairs}
    return {name: keys for name, keys in done.items() if keys}


def _plain(letter: DeadLetter) -> dict[str, Any]:
    return {
        **vars(letter),
        "sent_at": letter.sent_at.isoformat(),
        "since": letter.since.isoformat(),
    }


def _table(letters: Sequence[DeadLetter]) -> Table:
    table = Table(title=f"{len(letters)} dead letter(s)", title_justify="left")
    for heading in ("pair", "channel", "id", "about", "attempts", "held since", "last error"):
        table.add_column(heading, overflow="fold")
    for it in letters:
        cells = (it.pair, it.channel, str(it.id), it.subject or "", str(it.attempts))
        since = it.since.isoformat(timespec="seconds")
        table.add_row(*cells, since, escape(it.error or ""))
    return table


def _say(progress: Progress, done: dict[str, list[int]], missing: Sequence[int]) -> None:
    for name, keys in done.items():
        progress.say(f"{name}: {len(keys)} message(s) queued again")
    if not done:
        progress.say("Nothing was replayed.")
    if missing:
        progress.say(f"Not a dead letter of this queue: {', '.join(map(str, missing))}")
