"""`squad` answers at once: what only some commands need is loaded by those."""

import subprocess
import sys

HEAVY = ("sqlalchemy", "opentelemetry", "litestar", "dagster", "duckdb", "numpy")


def test_a_command_loads_no_library_that_it_does_not_need() -> None:
    code = (
        "import sys, orchestration.local.cli, orchestration.local.commands.context;"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
