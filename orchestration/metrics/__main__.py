"""The process `metrics`: `python -m orchestration.metrics`."""

import signal
import threading
from pathlib import Path

from prometheus_client import start_http_server
from pydantic import Field, SecretStr

from api.kernel.settings import Settings
from api.kernel.telemetry import configure_logging
from orchestration.metrics.scrape import registry_of
from orchestration.metrics.sources import checks_source, database_source


class MetricsSettings(Settings):
    """The role `watcher` of three databases, Dagster's web server, and the folder in which the
    processes count. Served at `metrics_port` of `host`.
    """

    customer_watcher_url: SecretStr
    sysops_watcher_url: SecretStr
    billing_watcher_url: SecretStr
    dagster_web_url: str
    metrics_folder: Path
    metrics_port: int
    metrics_seconds: float = Field(default=15, gt=0)
    host: str = "127.0.0.1"
    log_level: str = "info"


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    settings = MetricsSettings()  # type: ignore[call-arg]  # read from the environment
    configure_logging(settings.log_level, process="metrics")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    settings.metrics_folder.mkdir(parents=True, exist_ok=True)
    sources = [
        database_source("customer", settings.customer_watcher_url.get_secret_value()),
        database_source("sysops", settings.sysops_watcher_url.get_secret_value()),
        database_source("billing", settings.billing_watcher_url.get_secret_value()),
        checks_source(settings.dagster_web_url),
    ]
    for source in sources:
        source.watch(stop, settings.metrics_seconds)
    registry = registry_of(settings.metrics_folder, sources)
    server, thread = start_http_server(settings.metrics_port, settings.host, registry)
    stop.wait()
    server.shutdown()
    thread.join()
    server.server_close()


if __name__ == "__main__":
    main()
