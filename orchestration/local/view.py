"""The platform's state for programs (one object) and for people (tables)."""

import json
import time
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from orchestration.local.archiving import archive_problem
from orchestration.local.files import write_private
from orchestration.local.instance import Instance
from orchestration.local.marks import marked_processes
from orchestration.local.memory import Memory, memory_of
from orchestration.local.runner import Runner

MEGABYTE = 1024**2
UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def state(runner: Runner) -> dict[str, Any]:
    """What `squad status --json` prints; times are ISO 8601 in UTC, memory is in bytes.

    `memory` sums the processes with their descendants, and the supervisor.
    """
    instance = runner.instance
    supervisor_pid = runner.supervisor.pid()
    processes = []
    total = memory_of(supervisor_pid, descendants=False)
    for part in runner.health():
        memory = memory_of(part.pid)
        total += memory
        processes.append(
            {
                "name": part.process.name,
                "description": part.process.description,
                "healthy": part.why is None,
                "state": part.state,
                "since": _iso(part.since),
                "why": part.why,
                "pid": part.pid,
                "ports": [instance.port(port) for port in part.process.ports],
                "url": part.process.url(instance),
                "log": str(instance.log / f"{part.process.name}.log"),
                **_memory(memory),
            }
        )
    archive = archive_problem(instance) if supervisor_pid is not None else None
    return {
        "ok": supervisor_pid is not None
        and archive is None
        and all(one["healthy"] for one in processes),
        "var": str(instance.var),
        "port_offset": instance.port_offset,
        "supervisor": {
            "healthy": supervisor_pid is not None,
            "pid": supervisor_pid,
            "why": None if supervisor_pid is not None else _why_no_supervisor(instance),
        },
        "archive": {"healthy": archive is None, "why": archive},
        "memory": _memory(total),
        "processes": processes,
    }


def show(console: Console, state: dict[str, Any]) -> None:
    """The state as one table, and below it a line for each part that is not well."""
    if state["supervisor"]["why"]:
        console.print(f"[red]{escape(state['supervisor']['why'])}[/]", soft_wrap=True)
        return
    table = Table(title=f"Sysops Squad in {state['var']}", title_justify="left")
    for heading in ("service", "state", "since"):
        table.add_column(heading, no_wrap=True)
    for heading in ("pid", "MB"):
        table.add_column(heading, no_wrap=True, justify="right")
    table.add_column("address, or what it does", overflow="fold")
    for one in state["processes"]:
        table.add_row(
            one["name"],
            "[green]healthy[/]" if one["healthy"] else f"[red]{one['state']}[/]",
            _ago(one["since"]),
            str(one["pid"] or ""),
            _megabytes(one["rss_bytes"]),
            one["url"] or f"[dim]{escape(one['description'])}[/]",
        )
    console.print(table)
    for one in state["processes"]:
        if not one["healthy"]:
            console.print(f"[red]{one['name']}[/]: {escape(one['why'])}", soft_wrap=True)
    if state["archive"]["why"]:
        console.print(f"[red]archive[/]: {escape(state['archive']['why'])}", soft_wrap=True)
    shared = state["memory"]["pss_bytes"]
    console.print(
        f"Memory: {_megabytes(state['memory']['rss_bytes'])} MB resident in all"
        + (f", {_megabytes(shared)} MB with shared pages counted once" if shared else "")
    )


def keep_logins(instance: Instance, logins: list[dict[str, str]]) -> None:
    """Remember the demo logins (`role`, `login`, `password`, `url`) that `squad up` shows."""
    write_private(instance.secrets / "demo-logins.json", json.dumps(logins, indent=1))


def show_logins(console: Console, instance: Instance) -> None:
    """The demo logins, if the demo data is loaded."""
    try:
        logins = json.loads((instance.secrets / "demo-logins.json").read_text())
    except FileNotFoundError:
        return
    table = Table(title="Demo logins", title_justify="left")
    for heading in ("role", "login", "password", "url"):
        table.add_column(heading, overflow="fold")
    for one in logins:
        table.add_row(*(escape(one.get(key, "")) for key in ("role", "login", "password", "url")))
    console.print(table)


def _why_no_supervisor(instance: Instance) -> str:
    left = len(marked_processes(instance.var))
    if left:
        return f"The supervisor is gone; {left} process(es) run without it: `squad up` mends it."
    return "The platform is not running: `squad up` starts it."


def _memory(memory: Memory) -> dict[str, int | None]:
    return {"rss_bytes": memory.resident, "pss_bytes": memory.proportional}


def _iso(moment: float | None) -> str | None:
    return datetime.fromtimestamp(moment, UTC).isoformat() if moment else None


def _ago(moment: str | None) -> str:
    if moment is None:
        return ""
    seconds = max(0, int(time.time() - datetime.fromisoformat(moment).timestamp()))
    unit, size = next(((unit, size) for unit, size in UNITS if seconds >= size), ("s", 1))
    return f"{seconds // size} {unit}"


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:.0f}" if size else ""
