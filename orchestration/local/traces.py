"""What became of one ticket, from the spans that the processes of this machine have written."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import msgspec
from sqlalchemy import select

from api.kernel.errors import NotFound
from api.kernel.spans import Line, trace_files
from api.sysops.tickets.tables import Ticket
from orchestration.local.errors import LocalError
from orchestration.local.instance import Instance
from orchestration.local.observing import COLLECTOR, trace_file
from orchestration.local.operating import operating


async def trace_of(instance: Instance, which: UUID | int) -> UUID:
    """The id of a ticket, and so of its trace; a number is looked up. Raises LocalError."""
    if isinstance(which, UUID):
        return which
    async with operating(instance) as session:
        found = await session.scalar(select(Ticket.id).where(Ticket.number == which))
        if found is None:
            raise NotFound(f"There is no ticket with the number {which}.")
        return found


def spans_of(instance: Instance, ticket: UUID) -> list[Line]:
    """The spans of a ticket's trace that are still there, in the order of their beginning.

    Raises LocalError where they go elsewhere.
    """
    if instance.setting(COLLECTOR, ""):
        raise LocalError(
            f"The spans go to the collector that {COLLECTOR} names: look for the trace "
            f"{ticket.hex} there."
        )
    sought = ticket.hex.encode()
    found = [
        it
        for file in trace_files(trace_file(instance))
        for it in _spans(file, sought)
        # Elsewhere in a line it is a link from another trace.
        if it.trace == ticket.hex
    ]
    return sorted(found, key=lambda it: it.at)


def _spans(file: Path, sought: bytes) -> Iterator[Line]:
    try:
        with file.open("rb") as opened:
            for line in opened:
                if sought in line:
                    # What a killed process left unfinished has the next line in it.
                    with suppress(msgspec.DecodeError):
                        yield msgspec.json.decode(line, type=Line)
    except FileNotFoundError:
        return


def tree(spans: Sequence[Line]) -> Iterator[tuple[int, Line]]:
    """Each span with its depth, below what caused it; what has no cause that is known is on top."""
    known = {it.span for it in spans}
    below: defaultdict[str | None, list[Line]] = defaultdict(list)
    for it in spans:
        below[it.parent if it.parent in known else None].append(it)
    yield from _below(None, 0, below)


def _below(
    span: str | None, depth: int, below: Mapping[str | None, Sequence[Line]]
) -> Iterator[tuple[int, Line]]:
    for it in below.get(span, ()):
        yield depth, it
        yield from _below(it.span, depth + 1, below)
