"""Every process finds all tables that its own tables refer to, whatever it imports."""

import json
import subprocess
import sys

ENTRY_POINTS = [
    *(f"api.{name}.quantum" for name in ("customer", "sysops", "billing", "analytics")),
    *(f"api.{name}.inbound" for name in ("customer", "sysops", "billing", "analytics")),
    *(f"orchestration.definitions.{name}" for name in ("operations", "billing", "analytics")),
]
LIBRARIES = ("dagster", "litestar", "sqlalchemy.ext.asyncio", "pgqueuer", "asyncpg", "psycopg")
# Each entry point in a process that has loaded nothing of ours; the libraries are loaded once.
RESOLVE = """
import importlib, json, os, sys, traceback

def resolve(module):
    from sqlalchemy.orm import configure_mappers
    importlib.import_module(module)
    configure_mappers()
    from api.kernel.database import Tables
    for base in (Tables, *Tables.__subclasses__()):
        for mapper in base.registry.mappers:
            for table in mapper.tables:
                for key in table.foreign_keys:
                    key.column

libraries, modules = json.loads(sys.argv[1])
for library in libraries:
    importlib.import_module(library)
assert not {name.split(".")[0] for name in sys.modules} & {"api", "orchestration", "warehouse"}
failed = []
for module in modules:
    child = os.fork()
    if child == 0:
        try:
            resolve(module)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1] != 0:
        failed.append(module)
print(json.dumps(failed))
"""


def test_a_process_knows_every_table_that_its_tables_refer_to() -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RESOLVE, json.dumps([LIBRARIES, ENTRY_POINTS])],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert json.loads(ran.stdout) == [], ran.stderr[-2000:]
