"""`squad bench load` and `squad bench soak`"""

import click

from tests.benchmarks.report import json_, tell

seed_ = click.option("--seed", type=int, default=1, show_default=True)
customers_ = click.option(
    "--customers",
    type=click.IntRange(50, 1_000_000),
    default=2_000,
    show_default=True,
    help="Of the demo world that is asked about.",
)


@click.command("load")
@customers_
@click.option("--step", type=float, default=15.0, show_default=True, help="Seconds of each rate.")
@click.option("--overload", type=float, default=60.0, show_default=True, help="Of twice it.")
@seed_
@json_
def load_(*, customers: int, step: float, overload: float, seed: int, as_json: bool) -> None:
    """The highest rate of real use that the APIs hold, and what they do with twice as much.

    Database, APIs and relays are started as they are deployed. Requests arrive whether or not
    earlier ones are answered, four of five to read; a rate is held if its 99th percentile is at
    most 500 ms and hardly anything is refused. The yardstick is the same for a route that does
    nothing. The exit status is 0 only if overload brings refusals and nothing else, and latency is
    back within 10 s.
    """
    from tests.benchmarks import load

    size = load.Size(customers, step, overload)
    tell(lambda say: load.run(size, seed, say), as_json=as_json)


@click.command("soak")
@click.option("--minutes", type=float, default=30.0, show_default=True)
@click.option("--rate", type=float, help="Requests a second; half of what is held, if not said.")
@customers_
@seed_
@json_
def soak_(*, minutes: float, rate: float | None, customers: int, seed: int, as_json: bool) -> None:
    """Half of the load that is held, for long: memory, errors and latency at begin and end.

    The exit status is 0 only if nothing went wrong and no process but the database has grown by
    more than 5 % after the warm-up, the first fifth of the time.
    """
    from tests.benchmarks import soak

    tell(lambda say: soak.run(minutes, rate, customers, seed, say), as_json=as_json)
