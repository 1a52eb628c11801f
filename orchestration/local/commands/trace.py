"""`squad trace`"""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from uuid import UUID

import click
import msgspec

from api.kernel.spans import Line
from orchestration.local.commands.context import find_runner, told
from orchestration.local.commands.explain import ticket_of
from orchestration.local.traces import spans_of, trace_of, tree

NAME_WIDTH = 52
PROCESS_WIDTH = 26


@click.command("trace")
@click.argument("ticket", metavar="TICKET", callback=ticket_of)
@click.option("--reads", is_flag=True, help="Also every request that only read it.")
@click.option("--json", "as_json", is_flag=True, help="Print one object to standard output.")
@click.pass_context
def trace(context: click.Context, ticket: UUID | int, *, reads: bool, as_json: bool) -> None:
    """Show what was done for a ticket: every request, message and job, by whom and how long.

    TICKET is its number or its id. A line is below what caused it; times are since the first one.
    The exit status is 0 only when something is known.
    """
    instance = find_runner(context).instance

    def look() -> tuple[UUID, list[Line]]:
        found = asyncio.run(trace_of(instance, ticket))
        return found, spans_of(instance, found)

    which, spans = told(as_json, look)
    if as_json:
        answer = {"ok": bool(spans), "ticket": str(which), "spans": msgspec.to_builtins(spans)}
        click.echo(json.dumps(answer))
    elif spans:
        click.echo("\n".join(_page(which, spans, reads=reads)))
    else:
        click.echo(f"Nothing is known of {which}: no such ticket, or it is not traced any more.")
    sys.exit(0 if spans else 1)


def _page(ticket: UUID, spans: Sequence[Line], *, reads: bool) -> Iterator[str]:
    shown = [it for it in spans if reads or not _only_read(it)]
    processes = len({it.process for it in spans})
    left_out = f", {len(spans) - len(shown)} reads not shown" if len(shown) < len(spans) else ""
    yield f"Ticket {ticket}: {len(spans)} spans of {processes} process(es){left_out}"
    first = spans[0].at
    yield f"since {first:%Y-%m-%d %H:%M:%S} UTC"
    for depth, it in tree(shown):
        name = f"{'  ' * depth}{it.name}"
        seconds = (it.at - first).total_seconds()
        failed = f"  failed: {it.error}" if it.error else ""
        yield (
            f"{seconds:>10.3f} s {it.ms:>10,.1f} ms  {it.process:<{PROCESS_WIDTH}}"
            f"{name:<{NAME_WIDTH}}{failed}"
        ).rstrip()


def _only_read(it: Line) -> bool:
    """A page that looks again and again whether something has happened would hide what has."""
    return it.attributes.get("http.request.method") == "GET" and it.error is None
