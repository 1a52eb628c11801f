"""What a person is shown."""

import os
import stat
from io import StringIO
from pathlib import Path

from rich.console import Console

from orchestration.local.instance import Instance
from orchestration.local.memory import Memory, memory_of
from orchestration.local.view import keep_logins, show_logins


def shown(instance: Instance) -> str:
    output = StringIO()
    show_logins(Console(file=output, width=120), instance)
    return output.getvalue()


def test_demo_logins_are_shown_when_there_are_any_and_kept_private(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    assert shown(instance) == ""

    keep_logins(
        instance,
        [{"role": "manager", "login": "meg@example.com", "password": "[red]x", "url": "http://a"}],
    )

    assert "meg@example.com" in shown(instance)
    assert "[red]x" in shown(instance)
    [file] = instance.secrets.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_memory_counts_a_process_with_its_descendants() -> None:
    alone = memory_of(os.getpid(), descendants=False)

    assert alone.resident > 1_000_000
    assert memory_of(os.getpid()).resident >= alone.resident * 0.9
    assert memory_of(None) == Memory()


def test_memory_shared_between_processes_is_unknown_when_one_does_not_tell() -> None:
    assert Memory(1, 2) + Memory(10, 20) == Memory(11, 22)
    assert Memory(1, 2) + Memory(10, None) == Memory(11, None)
