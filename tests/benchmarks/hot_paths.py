"""`squad bench` of what people and messages wait for: submitting, reading, relaying, searching."""

from typing import Final

import click

from tests.benchmarks.report import tell

size_ = click.option("--size", type=click.Choice(["small", "full"]), default="small",
                     show_default=True)  # fmt: skip
json_ = click.option("--json", "as_json", is_flag=True, help="Print one object to standard output.")


@click.command("submit")
@size_
@json_
def submit_(size: str, *, as_json: bool) -> None:
    """Tickets submitted over HTTP, against pgbench and a reference API; 4 or 15 s a round."""
    from tests.benchmarks import submit

    seconds = {"small": 4.0, "full": 15.0}[size]
    tell(lambda say: submit.run(seconds, say), as_json=as_json)


@click.command("read")
@size_
@json_
def read_(size: str, *, as_json: bool) -> None:
    """A customer's tickets, listed and shown, among 10^5 or 10^7, against the bare queries."""
    from tests.benchmarks import read

    tickets, seconds = {"small": (100_000, 4.0), "full": (10_000_000, 15.0)}[size]
    tell(lambda say: read.run(tickets, seconds, say), as_json=as_json)


COMMANDS: Final = (submit_, read_)
