"""What lets the processes of a platform be watched: where each tells what it does and counts."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from orchestration.local.databases import role_url
from orchestration.local.files import private_folder
from orchestration.local.instance import Instance

COLLECTOR = "SQUAD_OTLP_ENDPOINT"
SAMPLED = "SQUAD_TRACES_SAMPLED"
METRICS_PORT = 8005
# The database and role behind each variable of the process `metrics`.
WATCHERS: Mapping[str, tuple[str, str]] = {
    f"SQUAD_{database.upper()}_WATCHER_URL": (database, "watcher")
    for database in ("customer", "sysops", "billing")
}


def trace_file(instance: Instance) -> Path:
    """What all processes write their spans to while no collector takes them."""
    return instance.log / "spans.jsonl"


def traces(instance: Instance) -> dict[str, str]:
    """To the operator's collector, else into the folder of the logs; and which share of them."""
    collector = instance.setting(COLLECTOR, "")
    where = {COLLECTOR: collector} if collector else {"SQUAD_TRACE_FILE": str(trace_file(instance))}
    sampled = instance.setting(SAMPLED, "")
    return where | ({SAMPLED: sampled} if sampled else {})


def counts_folder(instance: Instance) -> Path:
    """Where processes count, each in files of its own."""
    return instance.run / "metrics"


def begin_counting(instance: Instance) -> None:
    """No process runs: what the last ones held is held no more, and counts begin at 0."""
    folder = counts_folder(instance)
    if folder.exists():
        shutil.rmtree(folder)
    private_folder(folder)


def observed(instance: Instance) -> dict[str, str]:
    """What serves for long and counts. Runs of jobs do not: each would leave a file."""
    return traces(instance) | counted(instance)


def counted(instance: Instance) -> dict[str, str]:
    """Says where to count; the name is prometheus_client's own."""
    return {"PROMETHEUS_MULTIPROC_DIR": str(counts_folder(instance))}


def metrics(instance: Instance, webserver_port: int) -> dict[str, str]:
    """The process that Prometheus asks."""
    return {
        "SQUAD_METRICS_FOLDER": str(counts_folder(instance)),
        "SQUAD_METRICS_PORT": str(instance.port(METRICS_PORT)),
        "SQUAD_DAGSTER_WEB_URL": f"http://127.0.0.1:{instance.port(webserver_port)}",
        **{variable: role_url(instance, *login) for variable, login in WATCHERS.items()},
    }
