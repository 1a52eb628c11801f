"""A PostgreSQL server made of the wheel's own programs: no installation, no new OS user."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Self
from urllib.parse import quote

from orchestration.local import os_user
from orchestration.local.errors import LocalError
from orchestration.local.logs import last_lines
from orchestration.local.ports import free_port
from orchestration.local.postgres_binaries import server_folder
from orchestration.local.secrets import make_password
from orchestration.local.wal_archive import ARCHIVE_COMMAND

HOST = "127.0.0.1"
SUPERUSER = "postgres"
MAJOR_VERSION = "18"

# Given on the command line, not in a file: root must not write into the server user's folder.
COMMON = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    # More would quote the row that a constraint refused, and rows are personal.
    "log_error_verbosity": "terse",
}
DURABLE = {
    "fsync": "on",
    # The operating system caches as well, and each of the server's processes that touches these
    # pages shows them as its own.
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "log_min_duration_statement": "1s",
    # These need a restart; what archives nothing before the first backup is the command itself.
    "wal_level": "replica",
    "archive_mode": "on",
    "archive_command": ARCHIVE_COMMAND,
}
# For throw-away clusters: a crash of the machine may lose them.
FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "64MB",
    "max_wal_size": "1GB",
}
MEMORY_BYTES = 4 * 1024**3
"""Throw-away clusters are kept in memory when this much is free there, unless they say more."""


class EmbeddedPostgres:
    """One cluster in `data_dir`, listening on 127.0.0.1 alone, passwords by SCRAM.

    As root the server runs as another user, who must be able to enter the parent of `data_dir`.
    `durable=False` trades crash safety for speed. `settings` win over the defaults.
    """

    def __init__(
        self,
        data_dir: Path,
        port: int,
        superuser_password: str,
        *,
        durable: bool = True,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.data_dir = data_dir
        self.port = port
        self.durable = durable
        self.password = superuser_password
        self._settings = {**COMMON, **(DURABLE if durable else FORGETFUL), **(settings or {})}

    @property
    def user(self) -> os_user.OsUser | None:
        """The OS user that runs the server; None is the current one."""
        return os_user.server_user(self.data_dir)

    @property
    def restored(self) -> Path:
        """A recovered cluster on its way to `data_dir`: once there is one, it gets there."""
        return self.data_dir.with_name(f"{self.data_dir.name}.restored")

    @property
    def pid(self) -> int | None:
        """The server's process id by its own pid file, which outlives a killed server."""
        try:
            return int((self.data_dir / "postmaster.pid").read_text().splitlines()[0])
        except (FileNotFoundError, IndexError):
            return None

    def url(self, database: str = "postgres", scheme: str = "postgresql") -> str:
        """The superuser's URL of one database."""
        password = quote(self.password, safe="")
        return f"{scheme}://{SUPERUSER}:{password}@{HOST}:{self.port}/{database}"

    def command(self) -> list[str]:
        """What starts the server in the foreground, as `user`; no secret is in it."""
        return [self.program("postgres"), "-D", str(self.data_dir), *self._options()]

    def initialise(self) -> None:
        """Make the cluster unless there is one; raises LocalError where it cannot be made."""
        self.end_restore()
        version = self.data_dir / "PG_VERSION"
        if version.exists():
            found = version.read_text().strip()
            if found != MAJOR_VERSION:
                raise LocalError(
                    f"{self.data_dir} was made by PostgreSQL {found}, this is {MAJOR_VERSION}: "
                    f"move it away, or use the version that made it."
                )
            return
        user = self.user
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        closed = os_user.closed_folder(self.data_dir.parent, user)
        if closed is not None:
            name = user.name if user else ""
            raise LocalError(
                f"The user {name}, who runs PostgreSQL for root, cannot enter {closed}: "
                f"choose a data folder outside of it."
            )
        # Made beside its place and renamed, so that an interrupted start leaves no half a cluster.
        fresh = self.data_dir.with_name(f"{self.data_dir.name}.new")
        if fresh.exists():
            shutil.rmtree(fresh)
        fresh.mkdir(mode=0o700)
        if user is not None:
            os.chown(fresh, user.uid, user.gid)
        self._run_initdb(fresh, user)
        fresh.rename(self.data_dir)

    def end_restore(self) -> None:
        """Put a recovered cluster in its place, if its restore was interrupted at that."""
        if not self.data_dir.exists() and self.restored.exists():
            self.restored.rename(self.data_dir)

    def start(self, timeout: float = 30) -> Self:
        """Make the cluster if need be and start the server in the background.

        Raises LocalError with the end of the server's log when it is not up in `timeout` seconds.
        """
        self.initialise()
        log = self.data_dir / "server.log"
        options = shlex.join(self._options())
        done = self.run(
            "pg_ctl", "start", "-w", "-t", str(int(timeout)), "-D", str(self.data_dir),
            "-l", str(log), "-o", options,
        )  # fmt: skip
        if done.returncode != 0:
            raise LocalError(
                f"PostgreSQL did not start on port {self.port}; the end of {log}:",
                last_lines(log, 10),
            )
        return self

    def stop(self, timeout: float = 30) -> None:
        """Stop the server, whoever started it; a stopped one stays stopped.

        Raises LocalError when it still runs after `timeout` seconds.
        """
        if not self.is_running():
            return
        done = self.run(
            "pg_ctl", "stop", "-m", "fast", "-w", "-t", str(int(timeout)), "-D", str(self.data_dir)
        )
        if done.returncode != 0:
            raise LocalError(f"PostgreSQL in {self.data_dir} did not stop: {done.stderr.strip()}")

    def is_running(self) -> bool:
        """Whether the server runs, whoever started it."""
        return self.run("pg_ctl", "status", "-D", str(self.data_dir)).returncode == 0

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of the server's programs, as the server's user."""
        return subprocess.run(  # noqa: S603 - the server's own programs, no shell
            [self.program(program), *arguments],
            check=False,
            # Not a pipe for a started server to hold open: pg_ctl gives it /dev/null and its log.
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            **self.surroundings(),
        )

    def control(self) -> dict[str, str]:
        """What `pg_controldata` says of the cluster, running or not, by its own words."""
        done = self.run("pg_controldata", "-D", str(self.data_dir))
        if done.returncode != 0:
            raise LocalError(f"{self.data_dir} cannot be read: {done.stderr.strip()}")
        pairs = (line.partition(":") for line in done.stdout.splitlines())
        return {name: value.strip() for name, _, value in pairs}

    def write(self, path: Path, text: str) -> None:
        """Write a file as the server's user, whole or not at all."""
        script = (
            'umask 077 && cat > "$1.new" && sync "$1.new" && mv "$1.new" "$1" && sync "${1%/*}"'
        )
        done = subprocess.run(  # noqa: S603 - our own script, its path an argument
            ["/bin/sh", "-c", script, "sh", str(path)],
            check=False,
            input=text,
            capture_output=True,
            text=True,
            **self.surroundings(),
        )
        if done.returncode != 0:
            raise LocalError(f"{path} cannot be written: {done.stderr.strip()}")

    def surroundings(self, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
        """For subprocess: the server's user, and of this shell nothing."""
        user = self.user
        return {
            "cwd": "/",
            "env": {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", **(environment or {})},
            **(user.popen_arguments() if user else {}),
        }

    def program(self, name: str) -> str:
        """The path of one of the server's programs."""
        return str(server_folder(self.user) / "bin" / name)

    def _options(self) -> list[str]:
        settings = {"port": str(self.port), **self._settings}
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _run_initdb(self, folder: Path, user: os_user.OsUser | None) -> None:
        password_file = folder.with_name(f"{folder.name}.password")
        password_file.unlink(missing_ok=True)
        descriptor = os.open(password_file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(self.password)
            if user is not None:
                os.fchown(file.fileno(), user.uid, user.gid)
        try:
            done = self.run(
                "initdb", "-D", str(folder), "-U", SUPERUSER, "--pwfile", str(password_file),
                "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C",
                "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions",
                *([] if self.durable else ["--no-sync"]),
            )  # fmt: skip
        finally:
            password_file.unlink()
        if done.returncode != 0:
            raise LocalError("PostgreSQL could not make its data folder:", done.stderr.splitlines())


def _memory_folder(room: int) -> Path | None:
    shared = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder of its own in it
    if shared.is_dir() and shutil.disk_usage(shared).free > room:
        return shared
    return None


@contextmanager
def throw_away_postgres(
    settings: Mapping[str, str] | None = None, *, room: int = MEMORY_BYTES
) -> Iterator[EmbeddedPostgres]:
    """A server for tests on a free port, in a folder of its own that is removed afterwards.

    The folder is in memory where there is `room` (bytes): a copy of a database takes a quarter of
    the time.
    """
    folder = Path(mkdtemp(prefix="squad-postgres-", dir=_memory_folder(room)))
    # The server's user passes through; mkdtemp closes the folder to others.
    folder.chmod(0o711)
    try:
        server = EmbeddedPostgres(
            folder / "data", free_port(), make_password(), durable=False, settings=settings
        )
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)
