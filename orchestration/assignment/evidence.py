"""What each run keeps so that anybody can solve it again: its input, as files named by content.

A run's manifest names the moment and the hash of every table; a table that did not change since
another run is the same file. Files are Parquet. A manifest is written last, under a name of its
own: a run that dies leaves at most files that nothing refers to.
"""

import hashlib
import io
import os
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from uuid import UUID

import msgspec
import polars as pl

from orchestration.assignment.explain import Decision
from orchestration.assignment.snapshot import Snapshot, snapshot_of

KEEP = timedelta(days=14)
"""How long a run can be replayed; its decisions are kept in the database."""


class EvidenceLost(Exception):
    """The input of a run is not there any more, or not what it was."""


class Manifest(msgspec.Struct, frozen=True):
    """The input of a run: a table's name to the hash of its file."""

    as_of: datetime
    tables: dict[str, str]


@dataclass(frozen=True)
class Evidence:
    """A folder of inputs."""

    folder: Path

    def save(self, run_id: UUID, snapshot: Snapshot) -> str:
        """Keep a run's input; returns the hash that names all of it."""
        tables = {}
        for name, frame in snapshot.frames().items():
            data = _parquet(frame)
            tables[name] = _hash(data)
            file = self._table(tables[name])
            # One that a power loss left empty or torn is written again.
            if not file.exists() or file.read_bytes() != data:
                _write(file, data)
        data = msgspec.json.encode(Manifest(snapshot.as_of, tables))
        _write(self._manifest(run_id), data)
        return _hash(data)

    def load(self, run_id: UUID, snapshot_hash: str) -> Snapshot:
        """A run's input; raises EvidenceLost when it is not what the run had."""
        try:
            data = self._manifest(run_id).read_bytes()
            if _hash(data) != snapshot_hash:
                raise EvidenceLost("The manifest was changed since the run.")
            manifest = msgspec.json.decode(data, type=Manifest)
            frames = {name: self._frame(hash_) for name, hash_ in manifest.tables.items()}
        except FileNotFoundError as error:
            words = f"Inputs are kept for {KEEP.days} days: {error.filename} is gone."
            raise EvidenceLost(words) from None
        return snapshot_of(manifest.as_of, frames)

    def prune(self, now: datetime) -> int:
        """Remove what is older than `KEEP`; returns how many runs."""
        old = (now - KEEP).timestamp()
        manifests = list(self.folder.glob("runs/*.json"))
        gone = [file for file in manifests if file.stat().st_mtime < old]
        for file in gone:
            file.unlink()
        if gone:
            kept = {name for file in set(manifests) - set(gone) for name in _tables_of(file)}
            for file in self.folder.glob("tables/*"):
                # A younger one may belong to a run whose manifest is not written yet.
                if file.stem not in kept and file.stat().st_mtime < old:
                    file.unlink()
        return len(gone)

    def _frame(self, hash_: str) -> pl.DataFrame:
        data = self._table(hash_).read_bytes()
        if _hash(data) != hash_:
            raise EvidenceLost(f"{self._table(hash_)} was changed since the run.")
        return pl.read_parquet(io.BytesIO(data))

    def _table(self, hash_: str) -> Path:
        return self.folder / "tables" / f"{hash_}.parquet"

    def _manifest(self, run_id: UUID) -> Path:
        return self.folder / "runs" / f"{run_id}.json"


def hash_of(decisions: Sequence[Decision]) -> str:
    """One hash of everything that was decided, ticket by ticket."""
    return _hash(msgspec.json.encode(decisions))


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _tables_of(manifest: Path) -> Collection[str]:
    """The tables that a manifest names; a torn one names none."""
    try:
        return msgspec.json.decode(manifest.read_bytes(), type=Manifest).tables.values()
    except msgspec.MsgspecError:
        return ()


def _write(file: Path, data: bytes) -> None:
    """A file is whole or not there, also after a loss of power."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=file.parent, delete=False) as part:
        try:
            part.write(data)
            part.flush()
            os.fsync(part.fileno())
            Path(part.name).replace(file)
        except OSError:
            with suppress(FileNotFoundError):
                Path(part.name).unlink()
            raise
