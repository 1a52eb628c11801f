"""Every process finds all tables that its own tables refer to, whatever it imports."""

import subprocess
import sys

import pytest

ENTRY_POINTS = [
    *(f"api.{name}.quantum" for name in ("customer", "sysops", "billing", "analytics")),
    *(f"api.{name}.inbound" for name in ("customer", "sysops", "billing", "analytics")),
    *(f"orchestration.definitions.{name}" for name in ("operations", "billing", "analytics")),
]
RESOLVE = """
import importlib, sys
from sqlalchemy.orm import configure_mappers
from api.kernel.database import Tables
importlib.import_module(sys.argv[1])
configure_mappers()
for mapper in Tables.registry.mappers:
    for table in mapper.tables:
        for key in table.foreign_keys:
            key.column
for base in Tables.__subclasses__():
    for mapper in base.registry.mappers:
        for table in mapper.tables:
            for key in table.foreign_keys:
                key.column
"""


@pytest.mark.parametrize("module", ENTRY_POINTS)
def test_a_process_knows_every_table_that_its_tables_refer_to(module: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RESOLVE, module],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
