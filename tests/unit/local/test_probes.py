"""What a probe makes of the answers of a process."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from orchestration.local.instance import Instance
from orchestration.local.ports import free_port
from orchestration.local.probes import DagsterStorage, Heartbeat


@contextmanager
def answering(body: str) -> Iterator[int]:
    """A server that says the same to everybody; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def graphql(runs: dict[str, object] | None) -> str:
    return json.dumps({"data": None if runs is None else {"runsOrError": runs}})


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (graphql({"__typename": "Runs", "results": []}), None),
        (
            graphql({"__typename": "PythonError", "message": "connection refused"}),
            "Dagster's database does not answer: connection refused",
        ),
        (graphql(None), 'Dagster\'s webserver says: {"data": null}'),
        ("no JSON", "Dagster's webserver says: no JSON"),
    ],
)
def test_a_webserver_without_its_database_is_not_well(
    tmp_path: Path, body: str, problem: str | None
) -> None:
    with answering(body) as port:
        assert DagsterStorage(port).problem(Instance(tmp_path), 0) == problem


def test_a_webserver_that_is_away_is_said_to_be(tmp_path: Path) -> None:
    problem = DagsterStorage(free_port()).problem(Instance(tmp_path), 0)
    assert problem == "Dagster's webserver does not answer (Connection refused)"


@pytest.mark.parametrize("words", ["", "the source database does not answer (OSError)"])
def test_a_heartbeat_says_what_keeps_a_process_from_its_work(tmp_path: Path, words: str) -> None:
    instance = Instance(tmp_path)
    instance.run.mkdir()
    instance.heartbeat("relay").write_text(words)
    assert Heartbeat("relay").problem(instance, 0) == (words or None)
