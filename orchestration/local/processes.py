"""The processes of the platform, as data. To add one, add an entry; to move one, change it."""

from collections.abc import Mapping

from orchestration.local.blueprint import Blueprint, Process
from orchestration.local.dagster_home import CODE_LOCATIONS, STORAGE_VARIABLE, dagster_home
from orchestration.local.databases import (
    POSTGRES_PORT,
    embedded_server,
    role_url,
    uses_embedded_server,
)
from orchestration.local.instance import Instance
from orchestration.local.probes import CodeLocation, EmbeddedServer, Heartbeat, Http, Query
from orchestration.local.steps import COMPLETE, PREPARE

API_PORTS = {"customer": 8001, "sysops": 8002, "billing": 8003, "analytics": 8004}
SANDBOX_PORT = 8025
SMTP_PORT = 1025
WEBSERVER_PORT = 3000

# Source, target, and the role of each side.
RELAYS = (
    ("customer", "sysops", "customer_to_sysops", "sysops_from_customer"),
    ("sysops", "customer", "sysops_to_customer", "customer_from_sysops"),
    ("customer", "billing", "customer_to_billing", "billing_intake"),
    ("billing", "customer", "billing_to_customer", "customer_from_billing"),
    ("customer", "analytics", "customer_to_analytics", "analytics_from_customer"),
    ("sysops", "billing", "sysops_to_billing", "billing_from_sysops"),
    ("billing", "sysops", "billing_to_sysops", "sysops_from_billing"),
    ("customer", "customer", "customer_notifier", "customer_notifier"),
    ("sysops", "sysops", "sysops_notifier", "sysops_notifier"),
)

# Job, database and role: the variable is SQUAD_<DATABASE>_URL unless the job has several roles.
CODE_ROLES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "operations": {
        "SQUAD_SYSOPS_URL": ("sysops", "assigner"),
        "SQUAD_CUSTOMER_RECONCILER_URL": ("customer", "reconciler"),
        "SQUAD_SYSOPS_RECONCILER_URL": ("sysops", "reconciler"),
        "SQUAD_BILLING_RECONCILER_URL": ("billing", "reconciler"),
    },
    "billing": {
        "SQUAD_BILLING_URL": ("billing", "biller"),
        "SQUAD_BILLING_CHARGE_URL": ("billing", "card_charge"),
        "SQUAD_BILLING_DESTROY_URL": ("billing", "card_destroy"),
    },
    "analytics": {
        "SQUAD_CUSTOMER_URL": ("customer", "replicator"),
        "SQUAD_SYSOPS_URL": ("sysops", "replicator"),
        "SQUAD_BILLING_URL": ("billing", "replicator"),
        "SQUAD_ANALYTICS_URL": ("analytics", "analytics_owner"),
    },
}

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


def _outside_world(instance: Instance) -> dict[str, str]:
    """Where mail, SMS and payments go: to the sandbox, unless the operator's shell says else."""
    sandbox = f"http://127.0.0.1:{instance.port(SANDBOX_PORT)}"
    defaults = {
        "SQUAD_SMTP_URL": f"smtp://127.0.0.1:{instance.port(SMTP_PORT)}",
        "SQUAD_MAIL_FROM": "Sysops Squad <support@sysops-squad.example>",
        "SQUAD_SMS_URL": sandbox,
        "SQUAD_SMS_ACCOUNT": "sandbox",
        "SQUAD_SMS_TOKEN": "sandbox",
        "SQUAD_SMS_FROM": "+12025550100",
    }
    return {name: instance.setting(name, value) for name, value in defaults.items()}


def _payments(instance: Instance) -> dict[str, str]:
    sandbox = f"http://127.0.0.1:{instance.port(SANDBOX_PORT)}/payments"
    return {
        "SQUAD_PAYMENTS_URL": instance.setting("SQUAD_PAYMENTS_URL", sandbox),
        "SQUAD_PAYMENTS_KEY": instance.setting("SQUAD_PAYMENTS_KEY", "sandbox"),
    }


def _api(quantum: str) -> Process:
    port = API_PORTS[quantum]

    def environment(instance: Instance) -> Mapping[str, str]:
        return {
            "SQUAD_DATABASE_URL": role_url(instance, quantum, f"{quantum}_api"),
            "SQUAD_PORT": str(instance.port(port)),
        }

    return Process(
        name=f"{quantum}-api",
        description=f"the API of the {quantum} quantum, and its documentation",
        command=("python", "-m", "api.serve", quantum),
        probe=Http(port, "/health/ready"),
        environment=environment,
        ports=(port,),
        path="/docs",
    )


def _relay(source: str, target: str, source_role: str, target_role: str) -> Process:
    name = f"relay-{source}-{target}"
    notifies = source == target

    def environment(instance: Instance) -> Mapping[str, str]:
        return {
            "SQUAD_SOURCE_URL": role_url(instance, source, source_role),
            "SQUAD_TARGET_URL": role_url(instance, target, target_role),
            "SQUAD_HEARTBEAT_FILE": str(instance.heartbeat(name)),
            **(_outside_world(instance) if notifies else {}),
        }

    return Process(
        name=name,
        description=f"sends the {source} quantum's notifications"
        if notifies
        else f"carries messages from {source} to {target}",
        command=("python", "-m", "api.relay", source, target),
        probe=Heartbeat(name),
        environment=environment,
    )


def _dagster(instance: Instance) -> dict[str, str]:
    return {
        "DAGSTER_HOME": str(dagster_home(instance)),
        # A bare postgresql:// would mean psycopg 3, which dagster-postgres does not know.
        STORAGE_VARIABLE: role_url(instance, "dagster", "dagster", "postgresql+psycopg2"),
    }


def _code_server(location: str) -> Process:
    port = CODE_LOCATIONS[location]

    def environment(instance: Instance) -> Mapping[str, str]:
        return {
            **_dagster(instance),
            **{
                variable: role_url(instance, database, role)
                for variable, (database, role) in CODE_ROLES[location].items()
            },
            **(_payments(instance) if location == "billing" else {}),
        }

    return Process(
        name=f"code-{location}",
        description=f"the {location} jobs (a Dagster code server)",
        command=(
            "dagster", "code-server", "start", "--host", "127.0.0.1", "--port", "{port}",
            "--location-name", location, "-m", f"orchestration.definitions.{location}",
        ),
        probe=CodeLocation(location, port, WEBSERVER_PORT),
        environment=environment,
        ports=(port,),
    )  # fmt: skip


def _sandbox(instance: Instance) -> Mapping[str, str]:
    return {
        "SQUAD_SANDBOX_PORT": str(instance.port(SANDBOX_PORT)),
        "SQUAD_SANDBOX_SMTP_PORT": str(instance.port(SMTP_PORT)),
        "SQUAD_SANDBOX_DATA": str(instance.var / "sandbox" / "sandbox.sqlite3"),
    }


def _dashboards(instance: Instance) -> Mapping[str, str]:
    return {
        "SQUAD_SYSOPS_API_URL": f"http://127.0.0.1:{instance.port(API_PORTS['sysops'])}",
        "SQUAD_SNAPSHOTS": str(instance.var / "warehouse"),
    }


SANDBOX = Process(
    name="sandbox",
    description="received mail and SMS, and the payment provider",
    command=("python", "-m", "orchestration.local.sandbox"),
    probe=Http(SANDBOX_PORT, "/health"),
    environment=_sandbox,
    ports=(SANDBOX_PORT, SMTP_PORT),
    path="/",
)

DAGSTER_WEBSERVER = Process(
    name="dagster-webserver",
    description="schedules, runs and the asset graph",
    command=(
        "dagster-webserver", "--host", "127.0.0.1", "--port", "{port}",
        "--workspace", "{var}/dagster/workspace.yaml",
    ),
    probe=Http(WEBSERVER_PORT, "/server_info"),
    environment=_dagster,
    ports=(WEBSERVER_PORT,),
    path="/",
)  # fmt: skip

DAGSTER_DAEMON = Process(
    name="dagster-daemon",
    description="starts the scheduled runs",
    command=("dagster-daemon", "run", "--workspace", "{var}/dagster/workspace.yaml"),
    probe=Query("dagster", DAEMON_BEATS, "no heartbeat of the daemon in the last 2 minutes"),
    environment=_dagster,
)

DASHBOARDS = Process(
    name="dashboards",
    description="what managers see",
    command=(
        "streamlit", "run", "{root}/dashboards/app.py", "--server.headless", "true",
        "--server.address", "127.0.0.1", "--server.port", "{port}",
    ),
    probe=Http(8501, "/_stcore/health"),
    environment=_dashboards,
    ports=(8501,),
    path="/",
)  # fmt: skip

SERVICES = (
    SANDBOX,
    *(_api(quantum) for quantum in API_PORTS),
    *(_relay(*pair) for pair in RELAYS),
    *(_code_server(location) for location in CODE_LOCATIONS),
    DAGSTER_WEBSERVER,
    DAGSTER_DAEMON,
    DASHBOARDS,
)
