"""Which ports are free, and who holds the ones that are not."""

import secrets
import socket

import psutil

HOST = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether a server could listen on the port of this machine's own address now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a connection of a former server that is still winding down is no matter.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port that nobody listens on now; somebody may take it before its user does.

    Below the range from which systems number outgoing connections: one of those would hold the
    port for a moment just when it is wanted.
    """
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        if is_free(port):
            return port


def holder(port: int) -> psutil.Process | None:
    """The process that listens on the port; None where the system does not say (not root)."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:
        return None
    for connection in connections:
        listens = connection.status == psutil.CONN_LISTEN
        if listens and connection.pid and connection.laddr and connection.laddr.port == port:
            try:
                return psutil.Process(connection.pid)
            except psutil.NoSuchProcess:
                return None
    return None


def describe_holder(port: int) -> str:
    """ "pid 42 (nginx)", or words that say it is unknown."""
    process = holder(port)
    if process is None:
        return "a process of another user"
    try:
        return f"pid {process.pid} ({process.name()})"
    except psutil.NoSuchProcess:
        return f"pid {process.pid}, which has just ended"
