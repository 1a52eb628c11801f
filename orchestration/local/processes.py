"""The processes of the platform, as data. To add one, add an entry here and its variables to
`wiring.py`."""

from dataclasses import replace
from functools import partial

from orchestration.local import observing, wiring
from orchestration.local.blueprint import Blueprint, Process
from orchestration.local.dagster_home import CODE_LOCATIONS
from orchestration.local.databases import POSTGRES_PORT, embedded_server, uses_embedded_server
from orchestration.local.instance import Instance
from orchestration.local.probes import (
    All,
    CodeLocation,
    DagsterStorage,
    EmbeddedServer,
    Heartbeat,
    Http,
    Query,
)
from orchestration.local.steps import COMPLETE, PREPARE
from orchestration.local.wiring import (
    API_PORTS,
    DASHBOARDS_PORT,
    SANDBOX_PORT,
    SMTP_PORT,
    WEBSERVER_PORT,
)

RELAYS = wiring.RELAYS

API_WORKERS = {"customer": 2, "sysops": 2}
"""Workers on one socket, of about 80 MB each beside what all share. What is not here has one
process: finance and managers can wait for a start, and the payment provider repeats its reports."""

# The daemon beats every 30 s. The start is in whole seconds, Dagster's times are UTC without zone.
DAEMON_BEATS = """
SELECT count(*) > 0 AND bool_and(timestamp > (now() - interval '2 minutes') AT TIME ZONE 'UTC')
FROM daemon_heartbeats
WHERE timestamp >= to_timestamp(%(started)s) AT TIME ZONE 'UTC'
"""


def blueprint_of(instance: Instance) -> Blueprint:
    """Everything that `squad up` runs for this instance."""
    server = [POSTGRES] if uses_embedded_server(instance) else []
    return Blueprint([*server, *SERVICES], PREPARE, COMPLETE)


POSTGRES = Process(
    name="postgres",
    description="PostgreSQL 18: the four databases, and Dagster's",
    command=lambda instance: embedded_server(instance).command(),
    probe=EmbeddedServer(),
    ports=(POSTGRES_PORT,),
    foundation=True,
    # INT is its fast shutdown; its own children it stops itself.
    stop_signal="INT",
    stop_seconds=60,
    stop_group=False,
    runs_as_server_user=True,
)

SANDBOX = Process(
    name="sandbox",
    description="received mail and SMS, and the payment provider",
    command=("python", "-m", "orchestration.local.sandbox"),
    probe=Http(SANDBOX_PORT, "/health"),
    environment=wiring.sandbox,
    ports=(SANDBOX_PORT, SMTP_PORT),
    path="/",
)


def _api(quantum: str) -> list[Process]:
    """One process, or several workers on one socket where customers or experts would wait."""
    port = API_PORTS[quantum]
    alone = Process(
        name=f"{quantum}-api",
        description=f"the API of the {quantum} quantum, and its documentation",
        command=("python", "-m", "api.serve", quantum),
        loads=("api.serve", f"api.{quantum}.quantum"),
        probe=Http(port, "/health/ready"),
        environment=partial(wiring.api, quantum=quantum),
        ports=(port,),
        path="/docs",
    )
    names = [f"{alone.name}-{number}" for number in range(1, API_WORKERS.get(quantum, 0) + 1)]
    workers = [
        replace(
            alone,
            name=name,
            # The port answers as long as any of them does.
            probe=All((Heartbeat(name), alone.probe)),
            environment=partial(_worker_environment, quantum=quantum, name=name),
            group=alone.name,
        )
        for name in names
    ]
    return workers or [alone]


def _worker_environment(instance: Instance, quantum: str, name: str) -> dict[str, str]:
    return wiring.api(instance, quantum) | {
        "SQUAD_SOCKET_FD": "0",
        "SQUAD_WORKERS": str(API_WORKERS[quantum]),
        "SQUAD_HEARTBEAT_FILE": str(instance.heartbeat(name)),
    }


def _relay(pair: tuple[str, str, str, str]) -> Process:
    source, target, *_ = pair
    name = f"relay-{source}-{target}"
    carries = f"carries messages from {source} to {target}"
    sends = f"sends the notifications of the {source} quantum"
    return Process(
        name=name,
        description=sends if source == target else carries,
        command=("python", "-m", "api.relay", source, target),
        loads=("api.relay", f"api.{target}.inbound"),
        probe=Heartbeat(name),
        environment=partial(wiring.relay, pair=pair),
    )


_DAGSTER_PROGRAM = "orchestration.local.dagster_program"
_DAGSTER_COMMAND = ("python", "-m", _DAGSTER_PROGRAM)
_DAGSTER_LOADS = (_DAGSTER_PROGRAM, "orchestration.local.run_launcher", "dagster_postgres")
"""What all of Dagster's processes load: the two are named in `dagster_home.py`."""

JOBS_NICENESS = 5
"""Of code servers, whose runs inherit it: a job can wait for a moment, who submits a ticket cannot.
Beside an API that wants a whole processor a job gets a quarter of it."""


def _code_location(location: str) -> Process:
    port = CODE_LOCATIONS[location]
    return Process(
        name=f"code-{location}",
        description=f"the {location} jobs (a Dagster code server)",
        command=(
            # One process each; `code-server start` would be two, to reload without a restart.
            *_DAGSTER_COMMAND, "dagster", "api", "grpc", "--host", "127.0.0.1", "--port", "{port}",
            "--location-name", location, "-m", f"orchestration.definitions.{location}",
        ),
        # Not its definitions: schedules are read from its variables while they are loaded.
        loads=(*_DAGSTER_LOADS, "dagster._cli", "dagster._grpc.server"),
        probe=CodeLocation(location, port, WEBSERVER_PORT),
        environment=partial(wiring.code_location, location=location),
        niceness=JOBS_NICENESS,
        ports=(port,),
    )  # fmt: skip


DAGSTER_WEBSERVER = Process(
    name="dagster-webserver",
    description="schedules, runs and the asset graph",
    command=(
        *_DAGSTER_COMMAND, "dagster-webserver", "--host", "127.0.0.1", "--port", "{port}",
        "--workspace", "{var}/dagster/workspace.yaml",
    ),
    loads=(*_DAGSTER_LOADS, "dagster_webserver.cli"),
    probe=DagsterStorage(WEBSERVER_PORT),
    environment=wiring.dagster,
    ports=(WEBSERVER_PORT,),
    path="/",
)  # fmt: skip

DAGSTER_DAEMON = Process(
    name="dagster-daemon",
    description="starts the scheduled runs",
    command=(
        *_DAGSTER_COMMAND, "dagster-daemon", "run", "--workspace", "{var}/dagster/workspace.yaml"
    ),
    loads=(*_DAGSTER_LOADS, "dagster._daemon.cli"),
    probe=Query("dagster", DAEMON_BEATS, "no heartbeat of the daemon in the last 2 minutes"),
    environment=wiring.dagster,
)  # fmt: skip

DASHBOARDS = Process(
    name="dashboards",
    description="what managers see",
    command=(
        "streamlit", "run", "{root}/dashboards/app.py", "--server.headless", "true",
        "--server.address", "127.0.0.1", "--server.port", "{port}",
    ),
    probe=Http(DASHBOARDS_PORT, "/_stcore/health"),
    environment=wiring.dashboards,
    ports=(DASHBOARDS_PORT,),
    path="/",
)  # fmt: skip

METRICS = Process(
    name="metrics",
    description="what Prometheus asks: requests, messages, tickets, checks",
    command=("python", "-m", "orchestration.metrics"),
    probe=Http(observing.METRICS_PORT, "/metrics"),
    environment=partial(observing.metrics, webserver_port=WEBSERVER_PORT),
    ports=(observing.METRICS_PORT,),
    path="/metrics",
)

SERVICES = (
    SANDBOX,
    *(process for quantum in API_PORTS for process in _api(quantum)),
    *(_relay(pair) for pair in RELAYS),
    *(_code_location(location) for location in CODE_LOCATIONS),
    DAGSTER_WEBSERVER,
    DAGSTER_DAEMON,
    DASHBOARDS,
    METRICS,
)
