"""One platform on this machine: its data folder, its ports, and the operator's settings.

`SQUAD_VAR` and `SQUAD_PORT_OFFSET` select another one, so that several stand side by side.
While a platform runs, what it was started with is on record in its data folder: the later
commands must look at the ports that it really uses, whatever their own shell says.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.local.errors import LocalError
from orchestration.local.files import write_private

PROJECT_ROOT = Path(__file__).resolve().parents[2]
PREFIX = "SQUAD_"
HIGHEST_PORT = 65_535


@dataclass(frozen=True)
class Instance:
    """Where one platform keeps its data, and the `SQUAD_` variables it was started with."""

    var: Path
    port_offset: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)
    root: Path = PROJECT_ROOT

    @property
    def log(self) -> Path:
        """One file a process."""
        return self.var / "log"

    @property
    def run(self) -> Path:
        """Sockets, process ids and heartbeats: worthless once the platform is down."""
        return self.var / "run"

    @property
    def secrets(self) -> Path:
        """Keys and passwords; nobody but the owner may enter."""
        return self.var / "secrets"

    @property
    def is_default(self) -> bool:
        return self.var == self.root / "var"

    def port(self, default: int) -> int:
        """The default port moved by this platform's offset."""
        return default + self.port_offset

    def heartbeat(self, name: str) -> Path:
        """The file that a process without a port touches while it is well."""
        return self.run / f"{name}.heartbeat"

    def setting(self, name: str, default: str) -> str:
        """The operator's own value of a `SQUAD_` variable."""
        return self.settings.get(name, default)


def from_environment(environ: Mapping[str, str] = os.environ) -> Instance:
    """The platform that the environment names; raises LocalError on an offset that cannot be."""
    var = Path(environ.get("SQUAD_VAR") or PROJECT_ROOT / "var").expanduser().resolve()
    offset = environ.get("SQUAD_PORT_OFFSET") or "0"
    # The highest port of the process list is 8501, the lowest 1025.
    if not offset.lstrip("-").isdecimal() or not 0 <= int(offset) <= HIGHEST_PORT - 8501:
        raise LocalError(
            f"SQUAD_PORT_OFFSET is {offset!r}: set it to a whole number from 0 to "
            f"{HIGHEST_PORT - 8501}."
        )
    settings = {
        name: value
        for name, value in environ.items()
        if name.startswith(PREFIX)
        and name not in {"SQUAD_VAR", "SQUAD_PORT_OFFSET", "SQUAD_PROCESS"}
    }
    return Instance(var, int(offset), settings)


def _record_file(var: Path) -> Path:
    return var / "secrets" / "instance.json"


def record(instance: Instance) -> None:
    """Remember what the platform is started with; private, as settings may hold passwords."""
    known = {"port_offset": instance.port_offset, "settings": dict(instance.settings)}
    write_private(_record_file(instance.var), json.dumps(known, indent=1))


def forget(instance: Instance) -> None:
    """The platform is down: the next `up` starts from its own environment."""
    _record_file(instance.var).unlink(missing_ok=True)


def recorded(instance: Instance) -> Instance:
    """The instance as the running platform was started, or as given when none is on record."""
    try:
        known = json.loads(_record_file(instance.var).read_text())
    except FileNotFoundError:
        return instance
    except PermissionError as error:
        raise LocalError(
            f"{instance.secrets} is closed to you (user id {os.geteuid()}): run squad as the user "
            f"who owns it, or choose another folder with SQUAD_VAR."
        ) from error
    return Instance(instance.var, known["port_offset"], known["settings"], instance.root)
