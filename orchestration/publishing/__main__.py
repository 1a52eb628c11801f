"""Looking at published versions, and going back: `python -m orchestration.publishing`."""

from datetime import UTC, datetime
from pathlib import Path

import click

from orchestration.publishing import publish
from warehouse.store import NoSuchVersion, Store


@click.group()
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    envvar="SQUAD_WAREHOUSE_DIR",
    required=True,
    help="The warehouse folder; SQUAD_WAREHOUSE_DIR by default.",
)
@click.pass_context
def main(context: click.Context, folder: Path) -> None:
    """Published versions of the warehouse."""
    context.obj = Store(folder)


@main.command()
@click.pass_obj
def versions(store: Store) -> None:
    """List the versions that are kept; the star is the one that readers see."""
    for version in store.versions():
        manifest = store.manifest(version)
        star = "*" if version == store.current() else " "
        rows = sum(table.rows for table in manifest.tables.values())
        click.echo(f"{star} {version}  as of {manifest.as_of:%Y-%m-%d %H:%M:%S}Z  {rows:,} rows")
    held_back = store.held_back()
    if held_back:
        click.echo(f"Held back at {held_back.at:%Y-%m-%d %H:%M:%S}Z: {held_back.reasons[0]}")


@main.command("roll-back")
@click.argument("version", required=False)
@click.option("--reason", required=True, help="What readers are told.")
@click.pass_obj
def roll_back(store: Store, version: str | None, reason: str) -> None:
    """Show an older version (the one before, unless named) until `release`."""
    try:
        pin = publish.roll_back(store, version, reason, datetime.now(UTC))
    except NoSuchVersion as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Readers see {pin.version} until it is released.")


@main.command()
@click.pass_obj
def release(store: Store) -> None:
    """Show the newest version again."""
    click.echo(f"Readers see {publish.release(store)}.")


main()
