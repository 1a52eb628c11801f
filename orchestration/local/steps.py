"""The work of `squad up` beside starting processes, in order; each step is harmless to repeat.

A step is a function of the instance and of `note`, which shows a person one line.
"""

import subprocess
from typing import Final

from orchestration.local.blueprint import Note, Step
from orchestration.local.databases import DATABASES, admin_url
from orchestration.local.errors import LocalError
from orchestration.local.instance import Instance
from orchestration.local.secrets import SecretStore

HERE = "orchestration.local.steps"

MIGRATE: Final = Step("Creating databases, roles and tables", f"{HERE}:create_databases")

# Between the databases and the services.
PREPARE: Final = (
    Step("Compiling the assignment solver, beside what follows", f"{HERE}:compile_solver"),
    MIGRATE,
    Step("Making the vault's keys", "orchestration.local.vault:make_keys"),
    Step("Loading the demo world", "orchestration.local.demo.filling:fill"),
    Step("Preparing Dagster", f"{HERE}:prepare_dagster"),
)

# When every service is ready.
FIRST_JOBS = "orchestration.local.first_jobs"
COMPLETE: Final = (
    Step("Assigning experts to the open tickets", f"{FIRST_JOBS}:assign"),
    Step("Billing the last closed month", f"{FIRST_JOBS}:bill"),
    Step("Filling the warehouse and publishing the reports", f"{FIRST_JOBS}:publish"),
)


def compile_solver(instance: Instance, note: Note) -> None:
    """The first assignment would wait for it; the result is kept."""
    from orchestration.assignment.matching import edition
    from orchestration.local import environment

    if any(edition.folder().rglob("*.nbi")):
        note("compiled before")
        return
    with (instance.log / "compile-solver.log").open("w") as log:
        subprocess.Popen(  # noqa: S603 - our own command, no shell
            [environment.programs() / "python", "-m", "orchestration.assignment.warm_up"],
            env=environment.common(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def create_databases(instance: Instance, note: Note) -> None:
    """Every database with its roles, at its newest migration."""
    from orchestration.local import bootstrap

    store = SecretStore(instance.secrets)
    for database in DATABASES:
        revision = bootstrap.prepare(database, admin_url(instance, database), store.role_password)
        note(f"{database} is at {revision}" if revision else f"{database} is there")


def prepare_dagster(instance: Instance, note: Note) -> None:
    """Dagster's home folder, for this platform's ports, and its tables.

    Left to its own processes, which start together, two would make the same table.
    """
    from orchestration.local import environment, wiring
    from orchestration.local.dagster_home import write_dagster_home

    write_dagster_home(instance)
    note("configuration written")
    done = subprocess.run(  # noqa: S603 - our own command, no shell
        [str(environment.programs() / "dagster"), "instance", "migrate"],
        env=environment.common() | wiring.dagster(instance),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise LocalError(f"Dagster could not prepare its database: {' '.join(last)}")
    note("tables there")
