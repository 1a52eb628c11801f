"""A road-network service, over real HTTP: its distances count, and its absence is survived."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from uuid import UUID

import pytest

from orchestration.assignment.evidence import Evidence
from orchestration.assignment.explain import Decision, decisions
from orchestration.assignment.problem import build
from orchestration.assignment.roads import A_REQUEST, OsrmRoads, with_roads
from orchestration.assignment.snapshot import Snapshot
from orchestration.assignment.solve import solve
from tests.unit.assignment.small import TODAY, Ticket, expert, snapshot, ticket

NEAR, ACROSS = expert(1, longitude=-97.1), expert(2, longitude=-96.8)
CALL = ticket(1)


@contextmanager
def osrm(answer: bytes | None = None, status: int = 200) -> Iterator[tuple[str, list[str]]]:
    """A table service: west of -97.05 lies a river, and every way from there is 90 km longer."""
    questions: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            questions.append(self.path)
            places = self.path.split("?")[0].rsplit("/", 1)[1].split(";")
            longitudes = [float(place.split(",")[0]) for place in places]
            river = 90_000 if longitudes[0] < -97.05 else 0
            metres = [abs(there - longitudes[0]) * 96_000 + river for there in longitudes]
            found = answer or json.dumps({"code": "Ok", "distances": [metres]}).encode()
            self.send_response(status)
            self.end_headers()
            self.wfile.write(found)

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", questions
    finally:
        server.shutdown()
        server.server_close()


def decided(taken: Snapshot) -> Decision:
    found = build(taken, TODAY)
    return decisions(found, solve(found))[0]


def test_who_lives_near_but_across_the_river_is_not_sent() -> None:
    taken = snapshot([CALL], [NEAR, ACROSS])
    assert decided(taken).expert_id == NEAR.id
    with osrm() as (url, questions):
        asked = with_roads(taken, TODAY, OsrmRoads(url))
    assert len(questions) == 2, "one for each expert"
    told = decided(asked)
    assert told.expert_id == ACROSS.id
    assert told.travel_km == pytest.approx(0.2 * 96)


def test_the_run_is_solved_again_without_the_service(tmp_path: Path) -> None:
    with osrm() as (url, _):
        asked = with_roads(snapshot([CALL], [NEAR, ACROSS]), TODAY, OsrmRoads(url))
    named = Evidence(tmp_path).save(UUID(int=1), asked)
    assert decided(Evidence(tmp_path).load(UUID(int=1), named)) == decided(asked)


@pytest.mark.parametrize(
    ("answer", "status"),
    [(None, 503), (b'{"code": "Ok", "distances": [[0]]}', 200), (b"<html>", 200),
     (b'{"code": "NoTable", "distances": []}', 200)],
)  # fmt: skip
def test_a_service_that_does_not_answer_leaves_the_factor(
    answer: bytes | None, status: int
) -> None:
    taken = snapshot([CALL], [NEAR, ACROSS])
    with osrm(answer, status) as (url, questions):
        asked = with_roads(taken, TODAY, OsrmRoads(url))
    assert len(questions) == 1, "it is not asked again"
    assert decided(asked) == decided(taken)


def test_a_service_that_is_not_there_leaves_the_factor() -> None:
    taken = snapshot([CALL], [NEAR, ACROSS])
    assert decided(with_roads(taken, TODAY, OsrmRoads("http://127.0.0.1:1"))) == decided(taken)


def test_many_tickets_are_asked_for_in_questions_of_a_bearable_size() -> None:
    calls: list[Ticket] = [ticket(number) for number in range(A_REQUEST + 1)]
    with osrm() as (url, questions):
        asked = with_roads(snapshot(calls, [ACROSS]), TODAY, OsrmRoads(url))
    assert len(questions) == 2
    assert asked.roads.height == len(calls)
