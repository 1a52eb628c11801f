"""What the platform has acknowledged, kept outside of it: a line each, written as it comes."""

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any


class Ledger:
    """Facts by kind. A fact is here only if its request was answered with success."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._facts: list[dict[str, Any]] = []

    def write(self, kind: str, **fact: Any) -> None:
        line = {"kind": kind, "at": time.time(), **fact}
        self._file.write(json.dumps(line) + "\n")
        self._facts.append(line)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [fact for fact in self._facts if fact["kind"] == kind]

    def counts(self) -> dict[str, int]:
        """Facts of each kind."""
        return dict(sorted(Counter(fact["kind"] for fact in self._facts).items()))

    def close(self) -> None:
        self._file.close()
