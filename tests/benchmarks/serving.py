"""What answers people, as it is deployed, on ports and in a folder of its own: the database, the
APIs and the relays. Without Dagster and the dashboards, whose work comes in bursts."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

import psycopg
from rich.console import Console

from orchestration.local.blueprint import Blueprint, Process
from orchestration.local.databases import admin_url
from orchestration.local.instance import Instance
from orchestration.local.processes import blueprint_of
from orchestration.local.progress import Progress
from orchestration.local.runner import Runner
from tests.orchestration.local.platforms import free_offset

SERVING = ("postgres", "sandbox", "-api", "relay-")
NOT_NEEDED = ("Dagster", "solver")
# The load comes from one address, and few of staff ask for many.
ROOM = {
    "SQUAD_REQUESTS_PER_MINUTE": "600000",
    "SQUAD_ANONYMOUS_REQUESTS_PER_MINUTE": "600000",
}


@contextmanager
def serving(customers: int) -> Iterator[Runner]:
    """Up with a demo world of so many customers, and down again with nothing left; LocalError."""
    folder = Path(mkdtemp(prefix="squad-load-"))
    folder.chmod(0o755)  # the database server's user passes through
    settings = {"SQUAD_DEMO_CUSTOMERS": str(customers)}
    instance = Instance(folder / "var", free_offset(), settings)
    whole = blueprint_of(instance)
    blueprint = Blueprint(
        [_roomy(one) for one in whole.processes if any(word in one.name for word in SERVING)],
        [one for one in whole.prepare if not any(word in one.name for word in NOT_NEEDED)],
    )
    runner = Runner(instance, blueprint, Progress(Console(stderr=True)))
    try:
        runner.up()
        with psycopg.connect(admin_url(instance, "customer")) as connection:
            # Most of a history's surveys are over, and a load answers many.
            connection.execute(
                "UPDATE survey SET expires_at = now() + interval '1 day' WHERE score IS NULL"
            )
        yield runner
    finally:
        runner.down()
        shutil.rmtree(folder, ignore_errors=True)


def _roomy(process: Process) -> Process:
    if "-api" not in process.name:
        return process

    def environment(instance: Instance) -> Mapping[str, str]:
        return {**process.environment(instance), **ROOM}

    return replace(process, environment=environment)
