"""`squad replay`"""

import asyncio
import json
import sys
from uuid import UUID

import click

from orchestration.assignment.replay import Difference, Replayed
from orchestration.local.commands.context import find_runner, told
from orchestration.local.replays import replay as replayed

SHOWN = 20
"""So many tickets that differ are named; --json has all of them."""


@click.command("replay")
@click.argument("run_id", metavar="RUN", type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="Print one object to standard output.")
@click.pass_context
def replay(context: click.Context, run_id: UUID, *, as_json: bool) -> None:
    """Solve an assignment run again, and compare.

    From the input that the run kept and by the policy that it went by; nothing is written. The
    exit status is 0 only when every decision came out again, to the byte. The asset
    operations/assignments in Dagster and /sysops/assignment/runs tell the ids of runs.
    """
    runner = find_runner(context)
    found = told(as_json, lambda: asyncio.run(replayed(runner.instance, run_id)))
    if as_json:
        click.echo(json.dumps(found.as_json()))
    else:
        click.echo("\n".join(_lines(found)))
    sys.exit(0 if found.ok else 1)


def _lines(found: Replayed) -> list[str]:
    run = f"run {found.run_id} of {found.as_of:%Y-%m-%d %H:%M:%S %Z} by {found.policy}"
    if found.ok:
        proof = "proven" if found.proven else "not proven"
        return [
            f"The same to the byte: {found.tickets:,} decision(s) of {run}, {proof}.",
            f"  {found.replayed_hash}",
        ]
    lines = [
        f"Not the same: {run}.",
        f"  decided then {found.decisions_hash}",
        f"  decided now  {found.replayed_hash}",
    ]
    lines += [f"  {_told(it)}" for it in found.differences[:SHOWN]]
    if len(found.differences) > SHOWN:
        lines.append(f"  and {len(found.differences) - SHOWN:,} more: --json tells them all.")
    if found.decisions_hash == found.replayed_hash:
        lines.append("The run decides the same again: its decisions were changed in the database.")
    else:
        lines.append(
            "Another release than the run's, or a processor of another kind, may decide otherwise;"
            " nothing else may."
        )
    return lines


def _told(it: Difference) -> str:
    if it.before is None:
        return f"ticket {it.ticket_id} is in the input, and no decision is kept"
    if it.after is None:
        return f"ticket {it.ticket_id} has a decision, and is not in the input"
    changes = (f"{name} was {it.before[name]}, is {it.after[name]}" for name in it.fields)
    return f"ticket {it.ticket_id}: {'; '.join(changes)}"
