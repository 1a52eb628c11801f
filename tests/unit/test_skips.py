"""A test that does not run is a failure in CI, and a remark elsewhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SKIPPING = """
import pytest

def test_that_skips_itself():
    pytest.skip("the browser is missing")

@pytest.mark.skipif(True, reason="never here")
def test_that_is_marked():
    pass

@pytest.mark.xfail(reason="a known fault")
def test_that_is_expected_to_fail():
    assert False
"""


def run(folder: Path, ci: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_skipping.py").write_text(SKIPPING)
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-ra", "-p", "tests.plugins.skips", str(folder)]
    environment = {
        **os.environ,
        "CI": ci,
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    return subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=False
    )


def test_a_skip_fails_in_ci_and_its_reason_is_shown(tmp_path: Path) -> None:
    done = run(tmp_path, "true")
    assert done.returncode == 1
    assert "Nothing may be skipped in CI" in done.stdout
    assert "the browser is missing" in done.stdout
    assert "1 failed, 1 xfailed, 1 error" in done.stdout


@pytest.mark.parametrize("ci", ["", "false"])
def test_a_skip_elsewhere_passes_but_is_said_aloud(tmp_path: Path, ci: str) -> None:
    done = run(tmp_path, ci)
    assert done.returncode == 0
    assert "2 NOT RUN" in done.stdout
    assert "2 skipped, 1 xfailed" in done.stdout
