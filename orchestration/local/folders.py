"""The data folder: made, checked, and removed only when it is certainly ours."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from orchestration.local.errors import LocalError
from orchestration.local.files import private_folder
from orchestration.local.instance import Instance
from orchestration.local.postgres_folder import elsewhere

# Its presence says that the whole folder may be removed.
MARKER = ".sysops-squad"
# Beside logs and secrets: what jobs print and keep, what was published, mails of the sandbox.
PRIVATE = ("dagster", "dbt", "evidence", "sandbox", "warehouse")
README = "The data of a Sysops Squad platform; `squad reset` removes the folder.\n"


def prepare_folders(instance: Instance) -> None:
    """Make the data folder and what is in it; raises LocalError where that is not possible."""
    var = instance.var
    try:
        if not var.exists():
            var.mkdir(parents=True)
            # The server's user passes through, whatever the umask; secrets have their own folder.
            var.chmod(0o755)
        _claim(instance)
        for folder in (instance.log, instance.run, instance.secrets):
            private_folder(folder)
            tempfile.TemporaryFile(dir=folder).close()
        for name in PRIVATE:
            private_folder(var / name)
    except OSError as error:
        place = error.filename or var
        raise LocalError(
            f"{place}: {error.strerror}. The data folder {var} must be writable by user id "
            f"{os.geteuid()}: change its owner, or choose another with SQUAD_VAR."
        ) from error


def _claim(instance: Instance) -> None:
    marker = instance.var / MARKER
    if marker.exists():
        return
    if not instance.is_default and any(instance.var.iterdir()):
        raise LocalError(
            f"SQUAD_VAR is {instance.var}, which holds other files: choose a new or empty folder."
        )
    marker.write_text(README)


def remove_folders(instance: Instance) -> None:
    """Remove all data of the platform for good; raises LocalError when the folder is not ours."""
    var = instance.var
    if not var.exists():
        return
    if not (var / MARKER).exists():
        raise LocalError(
            f"{var} was not made by `squad up` ({MARKER} is missing): remove it by hand."
        )
    if (var / "postgres").is_symlink() and elsewhere(instance).exists():
        shutil.rmtree(elsewhere(instance))
    shutil.rmtree(var)


@contextmanager
def exclusive(instance: Instance, file: str = "squad.lock") -> Iterator[None]:
    """Hold the platform for one command that changes it; raises LocalError when another does.

    Commands with another `file` of theirs do not hinder each other.
    """
    with (instance.run / file).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise LocalError(
                f"Another squad command (pid {lock.read().strip() or 'unknown'}) is changing "
                f"this platform: wait for it."
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
