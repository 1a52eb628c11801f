"""`squad vault`"""

import asyncio
import dataclasses
import json
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from api.billing.vault.rotation import VaultState
from api.kernel import clock
from orchestration.billing.rotating import RotationProgress
from orchestration.card_scan.zones import ZONES
from orchestration.local import vault_kek, vault_rotation
from orchestration.local.card_scan import scan_zones
from orchestration.local.commands.context import find_runner, told
from orchestration.local.commands.vault_boxes import list_box_keys, rotate_box_key
from orchestration.local.keys import KEK
from orchestration.local.progress import Progress
from orchestration.local.vault import split_key as split_into
from orchestration.local.wiring import KEK_FILES

JSON = click.option("--json", "as_json", is_flag=True, help="Print one object to standard output.")
REPORT_SECONDS = 1.0


@click.group("vault")
def vault() -> None:
    """The keys that stored cards are under, and the proof that no number is elsewhere."""


vault.add_command(list_box_keys)
vault.add_command(rotate_box_key)


@vault.command("status")
@JSON
@click.pass_context
def status(context: click.Context, *, as_json: bool) -> None:
    """Show keys with the cards under each, cards by state, and the log of openings.

    The exit status is 0 only when the log is whole and every card is under the current key.
    """
    runner = find_runner(context)
    found = told(as_json, lambda: asyncio.run(vault_rotation.state(runner.instance)))
    ok = found.broken_at is None and not found.under_way
    if as_json:
        click.echo(json.dumps({"ok": ok, **_plain(found)}))
    else:
        runner.progress.console.print(_table(found))
        for line in _words(found):
            runner.progress.say(line)
    sys.exit(0 if ok else 1)


@vault.command("rotate")
@click.option("--new-key", is_flag=True, help="Make a new key now, however young the current one.")
@click.option(
    "--max-age-days",
    type=click.IntRange(0),
    default=365,
    show_default=True,
    help="Make a new key when the current one is this old.",
)
@JSON
@click.pass_context
def rotate(context: click.Context, *, new_key: bool, max_age_days: int, as_json: bool) -> None:
    """Put all cards under the newest key, while cards are taken in and charged.

    A rotation that was interrupted goes on; no further key is made then, not even with
    --new-key. When none is under way, a new key is made if it is time or --new-key is given;
    otherwise nothing is done, so that the command may run every night. A key that no card is
    under any more is retired.

    The exit status is 0 only when every card is under the newest key.
    """
    runner = find_runner(context)
    older_than = timedelta(0) if new_key else timedelta(days=max_age_days)
    report = _reporting(runner.progress)
    done = told(
        as_json,
        lambda: asyncio.run(vault_rotation.rotate(runner.instance, older_than, report)),
    )
    if as_json:
        click.echo(json.dumps({"ok": not done.unreadable, **_figures(done)}))
    _say(runner.progress, done)
    sys.exit(1 if done.unreadable else 0)


@vault.command("scan")
@click.option(
    "--zone",
    "chosen",
    type=click.Choice(list(ZONES)),
    multiple=True,
    help="Only this zone; otherwise all. May be given again.",
)
@JSON
@click.pass_context
def scan(context: click.Context, chosen: tuple[str, ...], *, as_json: bool) -> None:
    """Look for card numbers in databases, queues, logs, the job runner's files and snapshots.

    Each zone is searched by its own logins. A finding tells the place and the last four digits.
    The exit status is 0 only when nothing was found and everything could be looked into.
    """
    runner = find_runner(context)
    done = told(as_json, lambda: scan_zones(runner.instance, chosen or tuple(ZONES)))
    if as_json:
        found = [dataclasses.asdict(it) for it in done.findings]
        click.echo(json.dumps({"ok": done.ok, **dataclasses.asdict(done), "findings": found}))
    for finding in done.findings:
        runner.progress.say(str(finding))
    for place in done.closed:
        runner.progress.say(f"{place} cannot be looked into: no login of its zone may.")
    runner.progress.say(
        f"{len(done.findings)} found in {done.tables} tables and {done.files} files "
        f"({done.bytes / 1e6:.1f} MB)."
    )
    sys.exit(0 if done.ok else 1)


@vault.command("rotate-kek")
@click.pass_context
def rotate_kek(context: click.Context) -> None:
    """Put the vault's keys under a new key-encryption key; no card is re-encrypted.

    While the platform runs, the two processes that hold the key are restarted first: messages wait
    for seconds, and a billing run goes on by itself. Interrupted, run it again: it goes on.
    """
    runner = find_runner(context)
    running = runner.supervisor.pid() is not None
    restart = runner.restart if running else lambda _: None
    wrapped, aside = vault_kek.replace(runner.instance, restart, clock.now())
    runner.progress.say(
        f"{wrapped} keys are under a new key-encryption key: back {runner.instance.secrets / KEK} "
        "up, apart from the database."
    )
    runner.progress.say(
        f"The old key is in {aside}. Only backups of the database from before need it: move it to "
        "where their keys are kept, or destroy it with them."
    )


@vault.command("split-key")
@click.argument("part_1", type=click.Path(path_type=Path))
@click.argument("part_2", type=click.Path(path_type=Path))
@click.pass_context
def split_key(context: click.Context, part_1: Path, part_2: Path) -> None:
    """Write the key-encryption key as two parts, for two custodians.

    PART_1 and PART_2 are files to be made, each on a medium of its custodian. Either alone is
    worth nothing; both are needed to start. The key stays the same: no card is re-encrypted.
    """
    runner = find_runner(context)
    split_into(runner.instance, part_1, part_2)
    for line in (
        f"{part_1} and {part_2} were written. To start with them:",
        f"1. set {KEK_FILES} to where they will be, and run `squad down` and `squad up`;",
        "2. `squad vault rotate` says whether they open the vault;",
        f"3. then keep {runner.instance.secrets / KEK} in a sealed envelope, and remove it here.",
    ):
        runner.progress.say(line)


def _reporting(progress: Progress) -> Callable[[RotationProgress], None]:
    last = time.monotonic()

    def report(so_far: RotationProgress) -> None:
        nonlocal last
        if time.monotonic() - last >= REPORT_SECONDS:
            last = time.monotonic()
            progress.say(str(so_far))

    return report


def _figures(done: RotationProgress) -> dict[str, Any]:
    return {
        "key_version": done.key_version,
        "made": done.made,
        "re_encrypted": done.done,
        "retired": done.retired,
        "unreadable": [str(it) for it in done.unreadable],
    }


def _say(progress: Progress, done: RotationProgress) -> None:
    if done.made:
        progress.say(f"Key {done.key_version} was made.")
    if done.done:
        progress.say(f"{done.done} cards were put under key {done.key_version}.")
    if done.retired:
        progress.say(f"Retired, as no card is under it: {', '.join(map(str, done.retired))}.")
    for card_id in done.unreadable:
        progress.say(f"Card {card_id} does not open and keeps its key: its row was changed.")
    if not (done.made or done.done or done.retired or done.unreadable):
        progress.say(
            f"Nothing to do: every card is under key {done.key_version}, and it is not old. "
            "--new-key makes another one now."
        )


def _plain(found: VaultState) -> dict[str, Any]:
    return {
        "keys": [
            {
                "version": it.version,
                "created_at": it.created_at.isoformat(),
                "retired_at": it.retired_at and it.retired_at.isoformat(),
                "cards": it.cards,
            }
            for it in found.keys
        ],
        "cards": found.cards,
        "rotation_under_way": found.under_way,
        "last_rotation": found.last_rotation and found.last_rotation.isoformat(),
        "openings": found.openings,
        "broken_at": found.broken_at,
    }


def _table(found: VaultState) -> Table:
    table = Table(title="Keys that card numbers are under", title_justify="left")
    for heading in ("version", "made", "age", "cards", "retired"):
        table.add_column(heading, overflow="fold")
    now = clock.now()
    for it in found.keys:
        days = f"{it.age(now).days} days"
        table.add_row(
            str(it.version), _day(it.created_at), days, str(it.cards), _day(it.retired_at)
        )
    return table


def _words(found: VaultState) -> list[str]:
    cards = ", ".join(f"{number} {status}" for status, number in found.cards.items())
    log = (
        f"whole, {found.openings} links"
        if found.broken_at is None
        else f"BROKEN at link {found.broken_at}: it was changed. See docs/runbooks/vault.md"
    )
    lines = [
        f"Cards: {cards}",
        f"Last rotation: {_day(found.last_rotation) or 'none yet'}",
        f"Log of openings: {log}",
    ]
    if found.under_way:
        lines.append("A rotation is not finished: `squad vault rotate` goes on with it.")
    return lines


def _day(at: datetime | None) -> str:
    return at.date().isoformat() if at else ""
