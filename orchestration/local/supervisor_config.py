"""The supervisor's configuration file, and the launch files that it points to."""

import hashlib
import json
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from orchestration.local.blueprint import Blueprint, Process
from orchestration.local.databases import embedded_server
from orchestration.local.environment import common, marked
from orchestration.local.errors import LocalError
from orchestration.local.files import private_folder, write_private
from orchestration.local.instance import Instance
from orchestration.local.launch import Launch, launch_file

# The kernel allows 107 bytes; the supervisor adds its process id for a moment.
SOCKET_PATH_BYTES = 90
# A process that lives this long counts as started; one that dies sooner is tried again after
# 1, 2, 3 ... seconds, and given up after half a day.
START_SECONDS = 5
START_RETRIES = 300

HEAD = """\
; Written by `squad up`; changes are lost. It holds no secret.
[unix_http_server]
file = {socket}
chmod = 0600

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[supervisord]
directory = {root}
logfile = {log}/supervisor.log
logfile_maxbytes = 10MB
logfile_backups = 3
pidfile = {run}/supervisor.pid
childlogdir = {log}
{user}

; Not supervisord's own: what orchestration/local/forking.py loads before it starts.
[squad]
loads = {loads}
"""

PROGRAM = """\
[{kind}:{name}]
command = {command}
priority = {priority}
autostart = false
autorestart = true
startsecs = {start_seconds}
startretries = {start_retries}
stopsignal = {stop_signal}
stopwaitsecs = {stop_seconds}
stopasgroup = {stop_group}
killasgroup = {stop_group}
redirect_stderr = true
stdout_logfile = {log}/{process}.log
stdout_logfile_maxbytes = 10MB
stdout_logfile_backups = 3
"""

# It listens as long as one of the workers lives: what connects while another dies waits.
SHARED = """\
socket = tcp://127.0.0.1:{port}
process_name = {process}
numprocs = {workers}
numprocs_start = 1
"""
WORKER = "%(process_num)d"


def config_file(instance: Instance) -> Path:
    return instance.run / "supervisor.conf"


def socket_file(instance: Instance) -> Path:
    """The supervisor's socket: in the data folder unless that makes its path too long."""
    inside = instance.run / "supervisor.sock"
    if len(os.fsencode(inside)) <= SOCKET_PATH_BYTES:
        return inside
    name = hashlib.sha256(os.fsencode(instance.var)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"squad-{os.geteuid()}-{name}" / "supervisor.sock"


def prepare_socket_folder(instance: Instance) -> None:
    """Raises LocalError when somebody else made the folder that the socket needs."""
    folder = private_folder(socket_file(instance).parent)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise LocalError(f"{folder} belongs to somebody else: remove it, or set TMPDIR.")


def remove_socket_folder(instance: Instance) -> None:
    """Remove the folder made for the socket alone."""
    socket = socket_file(instance)
    if socket.parent != instance.run:
        shutil.rmtree(socket.parent, ignore_errors=True)


def write_config(instance: Instance, blueprint: Blueprint) -> None:
    """Write the configuration of all processes; a running supervisor reads it on request."""
    _refuse_strange_paths(instance)
    sections = [
        HEAD.format(
            socket=_escape(socket_file(instance)),
            root=_escape(instance.root),
            log=_escape(instance.log),
            run=_escape(instance.run),
            # Said on purpose, or the supervisor complains at each start.
            user="user = root" if os.geteuid() == 0 else "",
            loads=" ".join(sorted({name for one in blueprint.processes for name in one.loads})),
        )
    ]
    for depth, wave in enumerate(blueprint.waves(blueprint.processes)):
        priority = 100 * (depth + 1)
        sections += [_program(instance, one, priority) for one in wave if one.group is None]
        for group in dict.fromkeys(one.group for one in wave if one.group is not None):
            workers = [one for one in blueprint.processes if one.group == group]
            sections.append(_workers(instance, group, workers, priority))
    write_private(config_file(instance), "\n".join(sections))


def write_launch(instance: Instance, process: Process) -> None:
    """Write what the process becomes when the supervisor starts it; secrets are made on the way."""
    user = embedded_server(instance).user if process.runs_as_server_user else None
    launch: Launch = {
        "arguments": process.arguments(instance),
        "environment": {
            **common(),
            **({} if user is None else {"HOME": "/"}),
            **process.environment(instance),
            **marked(instance, process.name),
        },
        # Another user may not be able to enter the project.
        "directory": str(instance.root) if user is None else "/",
        # What workers share, the supervisor holds.
        "ports": [] if process.group else [instance.port(port) for port in process.ports],
        "user": (user.uid, user.gid) if user is not None else None,
        "niceness": process.niceness,
    }
    write_private(launch_file(instance.var, process.name), json.dumps(launch, indent=1))


def supervisor_command(instance: Instance) -> Sequence[str]:
    return [sys.executable, "-m", "orchestration.local.forking", "-c", str(config_file(instance))]


def _program(instance: Instance, process: Process, priority: int) -> str:
    return _section(instance, process, priority, "program", process.name, process.name)


def _workers(instance: Instance, group: str, workers: Sequence[Process], priority: int) -> str:
    first = workers[0]
    name = f"{group}-{WORKER}"
    section = _section(instance, first, priority, "fcgi-program", group, name)
    port = instance.port(first.ports[0])
    return section + SHARED.format(port=port, process=name, workers=len(workers))


def _section(
    instance: Instance, process: Process, priority: int, kind: str, section: str, name: str
) -> str:
    words = [sys.executable, "-m", "orchestration.local.launch", str(instance.var)]
    return PROGRAM.format(
        kind=kind,
        name=section,
        process=name,
        command=f"{_escape(shlex.join(words))} {name}",
        priority=priority,
        start_seconds=START_SECONDS,
        start_retries=START_RETRIES,
        stop_signal=process.stop_signal,
        stop_seconds=process.stop_seconds,
        stop_group=str(process.stop_group).lower(),
        log=_escape(instance.log),
    )


def _escape(text: Path | str) -> str:
    return str(text).replace("%", "%%")


def _refuse_strange_paths(instance: Instance) -> None:
    for path in (instance.var, instance.root, Path(sys.executable)):
        if any(mark in str(path) for mark in (" ;", " #", "\n", "\r")):
            raise LocalError(
                f"{str(path)!r} holds ' ;', ' #' or a line break, which the supervisor cannot "
                f"read: choose another folder."
            )
