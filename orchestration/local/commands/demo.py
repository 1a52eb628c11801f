"""`squad demo`"""

import json
import sys
from dataclasses import asdict

import click

from orchestration.local.commands.context import find_runner


@click.group()
def demo() -> None:
    """A world to try the platform with."""


@demo.command()
@click.option("--customers", type=int, default=5_000, show_default=True, help="1 to 1,000,000.")
@click.option("--months", type=int, default=24, show_default=True, help="Closed months of history.")
@click.option(
    "--seed", type=int, default=2_024, show_default=True, help="Another one: other people."
)
@click.option("--json", "as_json", is_flag=True, help="Print one object to standard output.")
@click.pass_context
def data(context: click.Context, *, customers: int, months: int, seed: int, as_json: bool) -> None:
    """Fill the empty databases with a consistent history.

    The platform's databases must run and hold no rows; `squad reset` empties them.
    """
    from orchestration.local.demo.filling import load
    from orchestration.local.demo.size import DemoSize
    from orchestration.local.errors import LocalError

    runner = find_runner(context)
    try:
        size = DemoSize.usual(customers, months, seed)
    except ValueError as error:
        raise LocalError(str(error)) from error
    rows = load(runner.instance, size, runner.progress.say)
    if as_json:
        click.echo(json.dumps({"ok": True, "rows": rows, **asdict(size)}))
    else:
        runner.progress.say(f"{rows:,} rows" if rows else "this world is there")


@demo.command()
@click.option("--json", "as_json", is_flag=True, help="Print one object to standard output.")
@click.option(
    "--patience", type=float, default=150, show_default=True, help="Seconds a step may take."
)
@click.pass_context
def ticket(context: click.Context, *, as_json: bool, patience: float) -> None:
    """Drive one new ticket through its whole life, by the public API and the real schedules.

    The exit status is 0 only when every step was observed.
    """
    from orchestration.local.demo.patience import StepFailed
    from orchestration.local.demo.ticket import Journey, Services, Step

    runner = find_runner(context)

    def show(step: Step) -> None:
        runner.progress.say(f"{step.seconds:7.2f} s  {step.name}")

    journey = Journey(Services.of(runner.instance), show, patience)
    failure: str | None = None
    try:
        journey.run()
    except StepFailed as error:
        failure = str(error)
    steps = [asdict(step) for step in journey.steps]
    outcome = {"ok": failure is None, "ticket_id": journey.ticket_id, "steps": steps}
    if failure is not None:
        outcome["error"] = failure
    if as_json:
        click.echo(json.dumps(outcome))
    elif failure is not None:
        click.echo(f"squad: {failure}", err=True)
    else:
        total = sum(step.seconds for step in journey.steps)
        runner.progress.say(f"{total:7.2f} s  in all")
    sys.exit(0 if failure is None else 1)
