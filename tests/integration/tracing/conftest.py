"""Spans in a file, as a platform without a collector writes them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.kernel import spans
from tests.integration.customer.conftest import api_port, sandbox
from tests.integration.tracing.traced import Traced

__all__ = ["api_port", "sandbox"]


@pytest.fixture
def traced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Traced]:
    spans.close()
    monkeypatch.setenv("SQUAD_TRACE_FILE", os.fspath(tmp_path / "log" / "spans.jsonl"))
    (tmp_path / "log").mkdir()
    yield Traced(tmp_path)
    spans.close()
