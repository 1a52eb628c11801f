"""Log files are followed through everything that happens to them."""

from pathlib import Path

from orchestration.local.logs import Follower, last_lines


def test_workers_are_followed_together(tmp_path: Path) -> None:
    follower = Follower(tmp_path, ["api-1", "api-2"], 0)
    for name in ("api-1", "api-2", "other"):
        (tmp_path / f"{name}.log").write_text(f"{name} says\n")
    assert follower.new_lines() == [("api-1", "api-1 says"), ("api-2", "api-2 says")]


def test_the_last_lines_of_a_file_and_of_none(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("".join(f"line {number}\n" for number in range(10_000)))

    assert last_lines(tmp_path / "a.log", 2) == ["line 9998", "line 9999"]
    assert last_lines(tmp_path / "b.log", 2) == []


def test_a_follower_begins_with_the_past_and_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text("one\ntwo\n")
    follower = Follower(tmp_path, None, 1)

    assert follower.new_lines() == [("web", "two")]
    assert follower.new_lines() == []
    with log.open("a") as file:
        file.write("three\n")
    assert follower.new_lines() == [("web", "three")]


def test_a_line_is_shown_when_it_is_whole(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text("")
    follower = Follower(tmp_path, ["web"], 0)

    with log.open("a") as file:
        file.write("half a ")
        file.flush()
        assert follower.new_lines() == []
        file.write("line\n")

    assert follower.new_lines() == [("web", "half a line")]


def test_a_rotated_and_an_emptied_file_are_read_from_their_beginning(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text("old, and longer than what follows\n")
    follower = Follower(tmp_path, ["web"], 0)

    log.rename(tmp_path / "web.log.1")
    assert follower.new_lines() == []
    log.write_text("new\n")
    assert follower.new_lines() == [("web", "new")]
    log.write_text("")
    assert follower.new_lines() == []
    log.write_text("emptied\n")
    assert follower.new_lines() == [("web", "emptied")]


def test_a_new_process_is_followed_and_others_are_not_when_one_is_named(tmp_path: Path) -> None:
    everything, one = Follower(tmp_path, None, 0), Follower(tmp_path, ["web"], 0)

    (tmp_path / "relay.log").write_text("hello\n")

    assert everything.new_lines() == [("relay", "hello")]
    assert one.new_lines() == []
