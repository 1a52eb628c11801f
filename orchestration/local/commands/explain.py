"""`squad explain`"""

import asyncio
import json
import textwrap
from uuid import UUID

import click
import msgspec

from api.kernel import clock
from api.sysops.assignment.explanation_views import Explanation
from orchestration.local.commands.context import find_runner, told
from orchestration.local.explanations import explain as explained

WIDTH = 100


def ticket_of(_: click.Context, __: click.Parameter, value: str) -> UUID | int:
    """A ticket's number or its id."""
    if value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    try:
        return UUID(value)
    except ValueError:
        words = f"{value!r} is neither a ticket's number (100123) nor its id."
        raise click.BadParameter(words) from None


@click.command("explain")
@click.argument("ticket", metavar="TICKET", callback=ticket_of)
@click.option("--run", "run_id", type=click.UUID, help="A run that decided on it; else the last.")
@click.option("--json", "as_json", is_flag=True, help="Print one object to standard output.")
@click.pass_context
def explain(
    context: click.Context, ticket: UUID | int, run_id: UUID | None, *, as_json: bool
) -> None:
    """Say why a ticket got its expert, or nobody.

    TICKET is its number or its id. Who was chosen and why, what every alternative would have cost,
    what became of it, and for a ticket that waits what would let somebody come now.
    """
    runner = find_runner(context)
    found = told(
        as_json, lambda: asyncio.run(explained(runner.instance, ticket, clock.now(), run_id))
    )
    if as_json:
        click.echo(json.dumps({"ok": True, **msgspec.to_builtins(found)}))
    else:
        click.echo(_page(found))


def _page(found: Explanation) -> str:
    by = f", by run {found.run.id} ({found.run.policy})" if found.run else ""
    parts = [f"Ticket {found.number}{by}"]
    for title, words in (
        ("Why this expert" if found.served else "Why nobody comes yet", found.why),
        ("Who else", [it.words for it in found.alternatives]),
        ("Since then", found.since),
        ("What would help now", found.now),
    ):
        if words:
            parts.append("\n".join([f"{title}:", *(_bullet(it) for it in words)]))
    return "\n\n".join(parts)


def _bullet(words: str) -> str:
    return textwrap.fill(words, WIDTH, initial_indent="  - ", subsequent_indent="    ")
