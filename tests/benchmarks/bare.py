"""The parts that a platform is made of, with nothing of ours in them: each as its maker starts it.

They share a PostgreSQL of their own. A part is ready when it answers what our probes ask.
"""

import http.client
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import yaml

from orchestration.local import environment
from orchestration.local.dagster_home import SETTINGS, STORAGE_VARIABLE
from orchestration.local.memory import Memory, memory_of
from orchestration.local.ports import HOST, free_port
from orchestration.local.postgres import DURABLE, EmbeddedPostgres, throw_away_postgres
from orchestration.local.processes import DAEMON_BEATS
from tests.benchmarks.report import Wrong

SETTINGS_OF_SERVER = {"shared_buffers": DURABLE["shared_buffers"]}
PATIENCE = 120.0
"""Seconds that a part may take to be ready."""

FILES = {
    "application.py": """
async def application(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})
""",
    "hello.py": """
import streamlit as st

st.write("Hello")
""",
    "definitions.py": """
import time
from pathlib import Path

import dagster as dg


@dg.op
def wait(context):
    mark = Path(f"run-{context.run_id}")
    mark.touch()
    while mark.exists():
        time.sleep(0.2)


@dg.job(executor_def=dg.in_process_executor)
def waiting():
    wait()


defs = dg.Definitions(jobs=[waiting])
""",
    "consumer.py": """
import asyncio
import sys
from pathlib import Path

import asyncpg
from pgqueuer import PgQueuer


async def main():
    async with asyncpg.create_pool(sys.argv[1], min_size=1, max_size=3) as pool:
        queue = PgQueuer.from_asyncpg_pool(pool)

        @queue.entrypoint("nothing")
        async def nothing(job):
            return None

        Path(sys.argv[2]).touch()
        await queue.run()


asyncio.run(main())
""",
}


@dataclass
class Bare:
    """Starts one part after the other, and knows what all of them take."""

    folder: Path
    server: EmbeddedPostgres
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _code_servers: list[int] = field(default_factory=list)

    def start(self, part: str) -> Callable[[], bool]:
        """Starts one and returns what tells whether it is ready."""
        return getattr(self, f"_{part}")()  # type: ignore[no-any-return]

    def memory(self) -> Memory:
        """Of all that was started, and of the server."""
        pids = [self.server.pid, *(one.pid for one in self.processes)]
        return sum((memory_of(pid) for pid in pids), Memory())

    def stop(self) -> None:
        # A code server that is told to end waits for its runs.
        for run in self._runs():
            run.unlink()
        for one in self.processes:
            one.terminate()
        for one in self.processes:
            try:
                one.wait(20)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()
        self.processes.clear()
        self._code_servers.clear()

    def _postgres(self) -> Callable[[], bool]:
        """The server runs all the time; here it starts once more."""
        self.server.stop()
        self.server.start()
        return lambda: True

    def _uvicorn(self) -> Callable[[], bool]:
        port = free_port()
        self._run("uvicorn", "application:application", "--port", str(port), "--no-access-log")
        return lambda: _answers(port, "/")

    def _pgqueuer(self) -> Callable[[], bool]:
        ready = self.folder / f"ready-{len(self.processes)}"
        ready.unlink(missing_ok=True)
        self._run("python", "consumer.py", self.server.url(), str(ready))
        return ready.exists

    def _streamlit(self) -> Callable[[], bool]:
        port = free_port()
        self._run(
            "streamlit", "run", "hello.py", "--server.headless", "true",
            "--server.address", HOST, "--server.port", str(port),
        )  # fmt: skip
        return lambda: _answers(port, "/_stcore/health")

    def _code_server(self) -> Callable[[], bool]:
        port = free_port()
        self._run("dagster", "api", "grpc", "--host", HOST, "--port", str(port), "-f",
                  "definitions.py", "--location-name", f"bare-{port}")  # fmt: skip
        self._code_servers.append(port)
        self._write_workspace()
        return lambda: _serves(port)

    def _webserver(self) -> Callable[[], bool]:
        port = free_port()
        self._run("dagster-webserver", "--host", HOST, "--port", str(port), "-w", "workspace.yaml")
        return lambda: _answers(port, "/server_info")

    def _daemon(self) -> Callable[[], bool]:
        since = time.time()
        self._run("dagster-daemon", "run", "-w", "workspace.yaml")
        return lambda: self._beats(since)

    def _run_of_a_job(self) -> Callable[[], bool]:
        """A run that does nothing until all is stopped; code server and daemon must be there."""
        before = len(self._runs())
        self._once("dagster", "job", "launch", "-w", "workspace.yaml", "-j", "waiting",
                   "-l", f"bare-{self._code_servers[0]}")  # fmt: skip
        return lambda: len(self._runs()) > before

    def _runs(self) -> list[Path]:
        """What runs have put there when they began; each ends when its own is gone."""
        return list(self.folder.glob("run-*"))

    def _beats(self, since: float) -> bool:
        with psycopg.connect(self.server.url()) as connection:
            row = connection.execute(DAEMON_BEATS, {"started": int(since)}).fetchone()
        return row is not None and row[0] is True

    def _write_workspace(self) -> None:
        places = [
            {"grpc_server": {"host": HOST, "port": port, "location_name": f"bare-{port}"}}
            for port in self._code_servers
        ]
        (self.folder / "workspace.yaml").write_text(yaml.safe_dump({"load_from": places}))

    def _run(self, *command: str) -> None:
        with (self.folder / "log").open("ab") as log:
            self.processes.append(
                subprocess.Popen(
                    [str(environment.programs() / command[0]), *command[1:]],
                    cwd=self.folder,
                    env=self._environment(),
                    stdout=log,
                    stderr=log,
                )
            )

    def _once(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(environment.programs() / program), *arguments],
            env=self._environment(), capture_output=True, check=False, cwd=self.folder,
        )  # fmt: skip
        if done.returncode != 0:
            raise Wrong(f"{program} failed: {done.stderr.decode()[-300:]}")

    def _environment(self) -> dict[str, str]:
        storage = self.server.url(scheme="postgresql+psycopg2")
        return environment.common() | {
            "DAGSTER_HOME": str(self.folder), STORAGE_VARIABLE: storage,
        }  # fmt: skip

    def prepare(self) -> None:
        """Files, and the tables of Dagster and of the queue."""
        for name, text in FILES.items():
            (self.folder / name).write_text(text)
        (self.folder / "dagster.yaml").write_text(yaml.safe_dump({"storage": SETTINGS["storage"]}))
        self._write_workspace()
        self._once("dagster", "instance", "migrate")
        self._once("pgq", "--pg-dsn", self.server.url(), "install")


@contextmanager
def bare() -> Iterator[Bare]:
    """Nothing runs yet but the server."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="squad-bare-")))
        server = stack.enter_context(
            throw_away_postgres({"shared_buffers": DURABLE["shared_buffers"]})
        )
        parts = Bare(folder, server)
        stack.callback(parts.stop)
        parts.prepare()
        yield parts


def wait(ready: Mapping[str, Callable[[], bool]]) -> None:
    """Returns when all are; raises Wrong with the names of those that are not in time."""
    waiting, ends = dict(ready), time.monotonic() + PATIENCE
    while waiting:
        waiting = {name: one for name, one in waiting.items() if not one()}
        if time.monotonic() > ends:
            raise Wrong(f"Not ready in {PATIENCE:.0f} s: {', '.join(waiting)}")
        time.sleep(0.05)


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _serves(port: int) -> bool:
    from dagster._grpc.client import DagsterGrpcClient

    client = DagsterGrpcClient(port=port, host=HOST)
    said: str = client.health_check_query()  # type: ignore[no-untyped-call]
    return said == "SERVING"
