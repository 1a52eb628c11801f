"""What a process sees of the world: a few common variables, and its own, nothing else."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from orchestration.local.instance import Instance

# Of the operator's shell; everything else of it stays there.
INHERITED = ("HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR")
QUIET = {
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    "DAGSTER_DISABLE_TELEMETRY": "1",
}
VAR_MARK = "SQUAD_VAR"
PROCESS_MARK = "SQUAD_PROCESS"
SUPERVISOR = "supervisor"
"""The mark of the supervisor; what it forks bears it, too, with a title of its own."""


def programs() -> Path:
    """Where the virtual environment keeps its commands."""
    # Not resolved: the interpreter itself is a link to one outside.
    return Path(sys.executable).parent


def common(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What every process gets."""
    path = environ.get("PATH") or os.defpath
    return {
        **{name: environ[name] for name in INHERITED if environ.get(name)},
        **QUIET,
        "PATH": f"{programs()}{os.pathsep}{path}",
        "PYTHONUNBUFFERED": "1",
        # Large arrays go back to the system when they are freed, instead of leaving holes.
        "MALLOC_MMAP_THRESHOLD_": str(2**20),
    }


def marked(instance: Instance, process: str) -> dict[str, str]:
    """The marks by which a process is known as ours, also when the runner is gone."""
    return {VAR_MARK: str(instance.var), PROCESS_MARK: process}
