"""What must be right before anything is started; every problem is found at once."""

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence

import psycopg

from orchestration.local.blueprint import Process
from orchestration.local.databases import DATABASES, admin_url, admin_variable
from orchestration.local.errors import LocalError
from orchestration.local.instance import Instance
from orchestration.local.ports import describe_holder, is_free

OLDEST_PYTHON = (3, 11)
FREE_BYTES = 2 * 1024**3
CONNECT_SECONDS = 5


def check_machine(instance: Instance) -> None:
    """Python, disk space and the outside servers; raises LocalError that lists every problem."""
    _raise([*_python(), *_disk(instance), *_outside_servers(instance)])


def check_ports(instance: Instance, processes: Sequence[Process]) -> None:
    """The ports of processes about to start; raises LocalError that names who holds them."""
    taken = [
        f"Port {port} ({process.name}) is in use by {describe_holder(port)}: stop it, or move "
        f"this platform with SQUAD_PORT_OFFSET."
        for process in processes
        for port in map(instance.port, process.ports)
        if not is_free(port)
    ]
    _raise(taken)


def _raise(problems: Sequence[str]) -> None:
    if len(problems) == 1:
        raise LocalError(problems[0])
    if problems:
        raise LocalError(f"{len(problems)} things must be mended first:", problems)


def _python() -> Iterator[str]:
    if sys.version_info < OLDEST_PYTHON:
        yield f"Python {sys.version.split()[0]} is too old: make .venv with Python 3.11 or newer."


def _disk(instance: Instance) -> Iterator[str]:
    free = shutil.disk_usage(instance.var).free
    if free < FREE_BYTES:
        yield (
            f"Only {free / 1024**3:.1f} GB are free for {instance.var}, "
            f"{FREE_BYTES / 1024**3:.0f} GB are needed: make room, or choose another SQUAD_VAR."
        )
    try:
        tempfile.TemporaryFile().close()
    except OSError as error:
        yield f"No temporary file can be made ({error.strerror}): set TMPDIR to a folder with room."


def _outside_servers(instance: Instance) -> Iterator[str]:
    for database in DATABASES:
        if not instance.settings.get(admin_variable(database)):
            continue
        url = admin_url(instance, database)
        try:
            # The database itself may not exist yet.
            psycopg.connect(url, dbname="postgres", connect_timeout=CONNECT_SECONDS).close()
        except psycopg.Error as error:
            reason = str(error).splitlines()[0]
            yield f"{admin_variable(database)}: the server does not let us in: {reason}."
