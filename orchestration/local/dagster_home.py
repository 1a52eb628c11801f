"""Dagster's home folder: where it stores, what it loads, how many runs at once.

No secret is in it: the storage's address is a variable of the processes that need it.
"""

from pathlib import Path

import yaml

from orchestration.local.instance import Instance

# Process name, and the port of its code server.
CODE_LOCATIONS = {"operations": 4001, "billing": 4002, "analytics": 4003}
STORAGE_VARIABLE = "SQUAD_DAGSTER_URL"

SETTINGS = {
    "storage": {"postgres": {"postgres_url": {"env": STORAGE_VARIABLE}}},
    "telemetry": {"enabled": False},
    # A newsletter's form in front of the first page.
    "nux": {"enabled": False},
    "concurrency": {
        "runs": {
            "max_concurrent_runs": 4,
            "tag_concurrency_limits": [
                {
                    # definitions/common.py: ONE_AT_A_TIME
                    "key": "squad/one_at_a_time",
                    "value": {"applyLimitPerUniqueValue": True},
                    "limit": 1,
                }
            ],
        }
    },
    "run_launcher": {
        "module": "orchestration.local.run_launcher",
        "class": "WatchedRunLauncher",
    },
    "run_monitoring": {"enabled": True, "poll_interval_seconds": 15, "start_timeout_seconds": 60},
}


def dagster_home(instance: Instance) -> Path:
    return instance.var / "dagster"


def write_dagster_home(instance: Instance) -> None:
    """Write `dagster.yaml` and `workspace.yaml`, which names the code servers by their ports."""
    workspace = {
        "load_from": [
            {
                "grpc_server": {
                    "host": "127.0.0.1",
                    "port": instance.port(port),
                    "location_name": name,
                }
            }
            for name, port in CODE_LOCATIONS.items()
        ]
    }
    home = dagster_home(instance)
    home.mkdir(exist_ok=True)
    (home / "dagster.yaml").write_text(yaml.safe_dump(SETTINGS))
    (home / "workspace.yaml").write_text(yaml.safe_dump(workspace))
