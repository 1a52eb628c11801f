"""`squad bench` of the platform as a whole: its start, its memory, its demo data."""

from typing import Final

import click

from tests.benchmarks.report import json_, tell


@click.command("startup")
@json_
def startup_(*, as_json: bool) -> None:
    """From nothing to all probes, and imports, against its bare parts started one by one."""
    from tests.benchmarks import standing

    tell(standing.startup, as_json=as_json)


@click.command("memory")
@json_
def memory_(*, as_json: bool) -> None:
    """Memory of all processes at rest and under load, against as many bare parts."""
    from tests.benchmarks import standing

    tell(standing.memory, as_json=as_json)


@click.command("data")
@click.option(
    "--customers",
    type=click.IntRange(100, 1_000_000),
    default=5_000,
    show_default=True,
    help="From 100,000 on they open five tickets a year instead of three.",
)
@click.option(
    "--months", type=click.IntRange(1, 60), default=24, show_default=True, help="Of history."
)
@json_
def data_(customers: int, months: int, *, as_json: bool) -> None:
    """Loading a demo world, against a bare COPY of the same rows."""
    from tests.benchmarks import demo

    tell(lambda say: demo.run(customers, months, say), as_json=as_json)


COMMANDS: Final = (startup_, memory_, data_)
