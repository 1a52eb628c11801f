"""The data folder is made where it may be, and removed only when it is ours."""

import stat
from pathlib import Path

import pytest

from orchestration.local.errors import LocalError
from orchestration.local.folders import MARKER, exclusive, prepare_folders, remove_folders
from orchestration.local.instance import Instance


def test_a_new_data_folder_keeps_logs_sockets_and_secrets_private(tmp_path: Path) -> None:
    instance = Instance(tmp_path / "var")

    prepare_folders(instance)
    prepare_folders(instance)

    for folder in (instance.log, instance.run, instance.secrets):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_with_other_files_is_neither_used_nor_removed(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    instance = Instance(tmp_path)

    with pytest.raises(LocalError, match="holds other files: choose a new or empty folder"):
        prepare_folders(instance)
    with pytest.raises(LocalError, match=rf"{MARKER} is missing\): remove it by hand"):
        remove_folders(instance)

    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_path_through_a_file_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(LocalError, match=r"Not a directory. The data folder .* must be writable"):
        prepare_folders(Instance(tmp_path / "file" / "var"))


def test_a_folder_that_was_made_is_removed(tmp_path: Path) -> None:
    instance = Instance(tmp_path / "var")
    prepare_folders(instance)

    remove_folders(instance)
    remove_folders(instance)

    assert not instance.var.exists()


def test_only_one_command_changes_a_platform_at_a_time(tmp_path: Path) -> None:
    instance = Instance(tmp_path / "var")
    prepare_folders(instance)

    with exclusive(instance), pytest.raises(LocalError, match=r"Another squad command \(pid \d+\)"):
        exclusive(instance).__enter__()

    with exclusive(instance):
        pass
