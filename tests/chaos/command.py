"""`squad chaos`"""

import json
import sys

import click


@click.command()
@click.option("--faults", type=click.IntRange(1, 10_000), default=20, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Another one: other faults.")
@click.option("--json", "as_json", is_flag=True, help="Print one object to standard output.")
def chaos(*, faults: int, seed: int, as_json: bool) -> None:
    """Strike a throw-away platform under load, and look whether anything was lost or doubled.

    Processes die, the database stops or fills its disk, mail, text messages and payments are in
    trouble, clocks jump, messages come twice, schemas change, and two work where one should. All
    that was acknowledged is kept outside and compared at the end; Ctrl-C ends the strikes, and
    compares. The exit status is 0 only if every promise was kept.
    """
    from tests.chaos import experiment

    def say(line: str) -> None:
        click.echo(line, err=as_json)

    figures = experiment.run(faults, seed, say)
    click.echo(json.dumps(figures, indent=None if as_json else 1))
    sys.exit(0 if experiment.kept(figures) else 1)
