"""`squad bench`: measured, with a yardstick in the same run."""

import click

from tests.benchmarks import hot_paths, whole
from tests.benchmarks.country import SIZES
from tests.benchmarks.load_command import load_, soak_
from tests.benchmarks.report import json_, tell


@click.group("bench")
def bench() -> None:
    """Benchmarks. Each prints ratios to a yardstick that is measured in the same run.

    They need the project's development packages, and the machine for themselves.
    """


@bench.command("assignment")
@click.option(
    "--size",
    type=click.Choice(list(SIZES)),
    default="M",
    show_default=True,
    help="S 500 tickets and 200 experts, M 5,000 and 1,000, L-light 30,000 and 5,000, "
    "L 50,000 and 5,000, XL 200,000 and 20,000.",
)
@click.option("--whole", is_flag=True, help="Also a whole run on a PostgreSQL of its own.")
@json_
def assignment_(size: str, *, whole: bool, as_json: bool) -> None:
    """The assignment engine against OR-tools, scipy and greedy-by-priority."""
    from tests.benchmarks import assignment

    tell(lambda say: assignment.run(size, say, whole=whole), as_json=as_json)


@bench.command("billing")
@click.option(
    "--customers",
    type=click.IntRange(1_000, 10_000_000),
    default=100_000,
    show_default=True,
    help="Contracts that are billed, each of a customer of its own.",
)
@json_
def billing_(customers: int, *, as_json: bool) -> None:
    """A month's drafts and checks, and charges, against a bare INSERT and a bare HTTP client."""
    from tests.benchmarks import billing

    tell(lambda say: billing.run(customers, say), as_json=as_json)


tickets_ = click.option(
    "--tickets",
    type=click.IntRange(10_000, 10_000_000),
    default=100_000,
    show_default=True,
    help="Tickets; there is a customer to every ten.",
)


@bench.command("reports")
@tickets_
@json_
def reports_(tickets: int, *, as_json: bool) -> None:
    """Publishing, and every query behind every page against a bare DuckDB over the same files."""
    from tests.benchmarks import reports

    tell(lambda say: reports.run(tickets, say), as_json=as_json)


@bench.command("replication")
@tickets_
@json_
def replication_(tickets: int, *, as_json: bool) -> None:
    """Landing in the warehouse, and building its marts, against a bare COPY of the same rows."""
    from tests.benchmarks import replication

    tell(lambda say: replication.run(tickets, say), as_json=as_json)


for one in (*hot_paths.COMMANDS, *whole.COMMANDS, load_, soak_):
    bench.add_command(one)
