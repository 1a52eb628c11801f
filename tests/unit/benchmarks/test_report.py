"""A benchmark that is ended takes down what it has started."""

import signal
import subprocess
import sys

import pytest

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
