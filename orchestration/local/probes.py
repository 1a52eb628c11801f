"""How each kind of process shows that it is ready. A probe answers None, or why it is not."""

import http.client
import json
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

import psycopg

from orchestration.local.databases import admin_url, embedded_server
from orchestration.local.instance import Instance
from orchestration.local.ports import HOST

TIMEOUT_SECONDS = 5
HEARTBEAT_SECONDS = 15
REASON_LENGTH = 200

LOCATION_QUERY = """\
{ workspaceLocationEntryOrError(name: "%s") { ... on WorkspaceLocationEntry {
  locationOrLoadError { __typename ... on PythonError { message } } } } }"""


# Without a field of the runs it would not look for any.
RUN_QUERY = """\
{ runsOrError(limit: 1) { __typename
  ... on Runs { results { id } } ... on PythonError { message } } }"""


class Probe(Protocol):
    """Asked again and again by `squad up`, and by every `squad status`."""

    def problem(self, instance: Instance, started: float) -> str | None:
        """Why the process, running since `started` (epoch seconds), is not ready, in one line."""


@dataclass(frozen=True)
class All:
    """Every one of these probes is content; the first that is not says why."""

    probes: Sequence[Probe]

    def problem(self, instance: Instance, started: float) -> str | None:
        problems = (probe.problem(instance, started) for probe in self.probes)
        return next((one for one in problems if one is not None), None)


@dataclass(frozen=True)
class Http:
    """A GET answers with a status below 400."""

    port: int
    path: str

    def problem(self, instance: Instance, started: float) -> str | None:
        url = f"http://{HOST}:{instance.port(self.port)}{self.path}"
        try:
            status, body = _get(instance.port(self.port), self.path)
        except (OSError, http.client.HTTPException) as error:
            return f"{url} does not answer ({_reason(error)})"
        return None if status < 400 else f"{url} answers {status}: {_detail(body)}"


@dataclass(frozen=True)
class Tcp:
    """The port accepts a connection."""

    port: int

    def problem(self, instance: Instance, started: float) -> str | None:
        port = instance.port(self.port)
        try:
            socket.create_connection((HOST, port), TIMEOUT_SECONDS).close()
        except OSError as error:
            return f"port {port} does not answer ({_reason(error)})"
        return None


@dataclass(frozen=True)
class Heartbeat:
    """The process writes its heartbeat file every few seconds: nothing, or why it cannot work."""

    name: str
    seconds: float = HEARTBEAT_SECONDS

    def problem(self, instance: Instance, started: float) -> str | None:
        file = instance.heartbeat(self.name)
        try:
            beaten = file.stat().st_mtime
            why_not = file.read_text()
        except FileNotFoundError:
            return "no heartbeat yet"
        # Supervisor tells the start in whole seconds, rounded down.
        if beaten < started:
            return "no heartbeat since it started"
        age = time.time() - beaten
        if age >= self.seconds:
            return f"last heartbeat {age:.0f} s ago"
        return why_not[:REASON_LENGTH] or None


@dataclass(frozen=True)
class DagsterStorage:
    """Dagster's webserver answers from its database: it serves its pages without one, too."""

    port: int

    def problem(self, instance: Instance, started: float) -> str | None:
        query = quote(RUN_QUERY)
        try:
            _, body = _get(instance.port(self.port), f"/graphql?query={query}")
            runs = json.loads(body)["data"]["runsOrError"]
        except (OSError, http.client.HTTPException) as error:
            return f"Dagster's webserver does not answer ({_reason(error)})"
        except (ValueError, KeyError, TypeError):
            return f"Dagster's webserver says: {_detail(body)}"
        if runs["__typename"] == "Runs":
            return None
        return f"Dagster's database does not answer: {_detail(runs.get('message', '').encode())}"


@dataclass(frozen=True)
class CodeLocation:
    """A Dagster code server answers, and Dagster's webserver has loaded its definitions.

    The server itself listens long before it has imported anything, also when it cannot.
    """

    location: str
    port: int
    webserver_port: int

    def problem(self, instance: Instance, started: float) -> str | None:
        unreachable = Tcp(self.port).problem(instance, started)
        if unreachable:
            return unreachable
        query = LOCATION_QUERY % self.location
        try:
            _, body = _get(instance.port(self.webserver_port), f"/graphql?query={quote(query)}")
            entry = json.loads(body)["data"]["workspaceLocationEntryOrError"]
        except (OSError, http.client.HTTPException) as error:
            return f"Dagster's webserver, which loads it, does not answer ({_reason(error)})"
        except (ValueError, KeyError):
            return f"Dagster's webserver says of it: {_detail(body)}"
        loaded = entry.get("locationOrLoadError") or {}
        if loaded.get("__typename") == "RepositoryLocation":
            return None
        return _detail(loaded.get("message", "not loaded yet").encode())


@dataclass(frozen=True)
class EmbeddedServer:
    """The embedded server answers a query of its superuser."""

    def problem(self, instance: Instance, started: float) -> str | None:
        return _ask(embedded_server(instance).url(), "SELECT true", {})


@dataclass(frozen=True)
class Query:
    """A query in one of the databases answers true; `%(started)s` is the start of the process."""

    database: str
    sql: str
    otherwise: str

    def problem(self, instance: Instance, started: float) -> str | None:
        return _ask(
            admin_url(instance, self.database), self.sql, {"started": started}, self.otherwise
        )


def _get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read(65_536)
    finally:
        connection.close()


def _ask(url: str, sql: str, values: dict[str, float], otherwise: str = "") -> str | None:
    try:
        with psycopg.connect(url, connect_timeout=TIMEOUT_SECONDS) as connection:
            row = connection.execute(sql, values).fetchone()
    except psycopg.Error as error:
        return f"the database does not answer ({_reason(error)})"
    return None if row is not None and row[0] is True else otherwise


def _reason(error: Exception) -> str:
    lines = str(error).splitlines() or [type(error).__name__]
    strerror = error.strerror if isinstance(error, OSError) else None
    return (strerror or lines[0])[:REASON_LENGTH]


def _detail(body: bytes) -> str:
    """The `detail` of an RFC 9457 problem, or the beginning of whatever was said."""
    text = body.decode(errors="replace")
    try:
        problem = json.loads(text)
    except ValueError:
        problem = None
    detail = problem.get("detail") if isinstance(problem, dict) else None
    return " ".join(str(detail or text).split())[:REASON_LENGTH]
