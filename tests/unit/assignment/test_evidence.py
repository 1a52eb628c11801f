"""The input of a run is kept so that it can be solved again, and nothing else is taken for it."""

import os
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from orchestration.assignment.evidence import KEEP, Evidence, EvidenceLost, hash_of
from orchestration.assignment.explain import decisions
from orchestration.assignment.problem import build
from orchestration.assignment.snapshot import Snapshot
from orchestration.assignment.solve import solve
from tests.unit.assignment.small import NOW, TODAY, expert, snapshot, ticket

ONE, TWO = UUID(int=1), UUID(int=2)
CALLS = [ticket(number, latitude=30 + number / 40) for number in range(9)]
PEOPLE = [expert(number, latitude=30 + number / 10) for number in range(4)]


def decided(taken: Snapshot) -> str:
    found = build(taken, TODAY)
    return hash_of(decisions(found, solve(found)))


def test_a_run_that_is_solved_again_from_its_files_decides_the_same_to_the_byte(
    tmp_path: Path,
) -> None:
    taken = snapshot(CALLS, PEOPLE)
    named = Evidence(tmp_path).save(ONE, taken)
    again = Evidence(tmp_path).load(ONE, named)
    assert again.as_of == taken.as_of
    assert all(again.frames()[name].equals(frame) for name, frame in taken.frames().items())
    assert decided(again) == decided(taken)
    assert decided(snapshot(CALLS[::-1], PEOPLE[::-1])) == decided(taken)


def test_other_decisions_have_another_hash() -> None:
    assert decided(snapshot(CALLS, PEOPLE)) != decided(snapshot(CALLS[1:], PEOPLE))


def test_what_did_not_change_between_two_runs_is_kept_once(tmp_path: Path) -> None:
    evidence = Evidence(tmp_path)
    evidence.save(ONE, snapshot(CALLS, PEOPLE))
    before = len(list(tmp_path.glob("tables/*")))
    evidence.save(TWO, snapshot(CALLS[1:], PEOPLE))
    assert len(list(tmp_path.glob("tables/*"))) == before + 1, "the tickets alone are others"


@pytest.mark.parametrize("place", ["tables/*.parquet", "runs/*.json"])
def test_a_file_that_was_changed_is_no_evidence(tmp_path: Path, place: str) -> None:
    named = Evidence(tmp_path).save(ONE, snapshot(CALLS, PEOPLE))
    for file in tmp_path.glob(place):
        file.write_bytes(file.read_bytes()[:-1] + b"?")
    with pytest.raises(EvidenceLost, match="changed"):
        Evidence(tmp_path).load(ONE, named)


def test_old_runs_go_with_what_no_other_run_needs(tmp_path: Path) -> None:
    evidence = Evidence(tmp_path)
    old = evidence.save(ONE, snapshot(CALLS, PEOPLE))
    named = evidence.save(TWO, snapshot(CALLS[1:], PEOPLE))
    long_ago = (NOW - KEEP - timedelta(days=1)).timestamp()
    for file in [*tmp_path.glob("tables/*"), *tmp_path.glob("runs/*")]:
        os.utime(file, (long_ago, long_ago))
    os.utime(tmp_path / "runs" / f"{TWO}.json", (NOW.timestamp(), NOW.timestamp()))
    assert evidence.prune(NOW) == 1
    assert evidence.load(TWO, named).tickets.height == len(CALLS) - 1
    with pytest.raises(EvidenceLost, match="kept for 14 days"):
        evidence.load(ONE, old)
