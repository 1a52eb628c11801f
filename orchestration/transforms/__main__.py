"""Building the marts without Dagster: `python -m orchestration.transforms`."""

import sys

import click

from orchestration.transforms import build
from orchestration.transforms.settings import TransformSettings


@click.command()
@click.option("--full", is_flag=True, help="Make every mart anew and test every row.")
def main(*, full: bool) -> None:
    """Bring the marts up to date and test what changed; ends with status 1 when a model or a
    blocking test fails. Publishes nothing."""
    settings = TransformSettings()  # type: ignore[call-arg]  # read from the environment
    results = build.build(
        settings.url, target_path=settings.dbt_dir, threads=settings.dbt_threads, full=full
    )
    for one in results:
        if one.outcome != "success":
            click.echo(f"{one.outcome}: {one.name} {one.model or ''} {one.message}", err=True)
    click.echo(f"{sum(one.is_model for one in results)} models and seeds were built.")
    sys.exit(any(one.outcome in {"error", "fail", "skipped"} for one in results))


if __name__ == "__main__":
    main()
