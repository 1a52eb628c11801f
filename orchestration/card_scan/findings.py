"""What a scan tells: places, kinds and last four digits, never a number."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import msgspec

ALLOWED = Path(__file__).with_name("allowed.toml")


@dataclass(frozen=True, slots=True)
class Finding:
    """A place that holds what may be a card number; `kind` is column, file or snapshot."""

    place: str
    kind: str
    last4: str

    def __str__(self) -> str:
        return f"{self.kind} {self.place}: a number that ends in {self.last4}"


@dataclass(slots=True)
class Scanned:
    """What a scan found and how much it looked at; `closed` are places it could not look into."""

    findings: list[Finding] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    tables: int = 0
    files: int = 0
    bytes: int = 0

    @property
    def ok(self) -> bool:
        """Whether everything was looked at, and nothing found."""
        return not self.findings and not self.closed

    def add(self, other: "Scanned") -> None:
        self.findings += other.findings
        self.closed += other.closed
        self.tables += other.tables
        self.files += other.files
        self.bytes += other.bytes


class Allowed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A column of numbers that was reviewed: it is not looked at."""

    database: str
    table: str
    column: str
    why: str


@cache
def allowed() -> Sequence[Allowed]:
    """The entries of `allowed.toml`; raises msgspec.ValidationError naming a bad one."""
    raw = tomllib.loads(ALLOWED.read_text(encoding="utf-8"))
    return msgspec.convert(raw["allowed"], list[Allowed])
