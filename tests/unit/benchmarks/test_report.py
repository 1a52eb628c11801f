"""A benchmark says its figures and nothing else, and takes down what it has started."""

import json
import signal
import subprocess
import sys

import pytest

from tests.benchmarks.report import Report, tell

ENDED = """
import time
from tests.benchmarks.report import tell

def measure(say):
    try:
        say("started")
        time.sleep(60)
    finally:
        say("stopped")

tell(measure, as_json=False)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_benchmark_and_what_it_has_started(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-uc", ENDED], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        process.send_signal(number)
        assert process.stdout.read() == "stopped\n"


def test_an_object_is_all_of_standard_output_whatever_a_library_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # What ends a benchmark is not to end this process.
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    def measure(_: object) -> dict[str, object]:
        sys.stdout.write("Nobody answers yet.\n")
        report = Report({}, lambda _: None)
        report.hold("late_s", 2, at_most=1)
        return report.figures

    with pytest.raises(SystemExit) as ended:
        tell(measure, as_json=True)
    printed = capsys.readouterr()
    assert ended.value.code == 1
    assert json.loads(printed.out)["goals"][0]["ok"] is False
    assert printed.err.startswith("Nobody answers yet.\n")
