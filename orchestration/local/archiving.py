"""Whether the changes of the embedded server reach the archive that its backups need."""

import psycopg

from orchestration.local.databases import embedded_server, uses_embedded_server
from orchestration.local.instance import Instance
from orchestration.local.postgres_folder import postgres_folder
from orchestration.local.wal_archive import SWITCH

_FAILING = """
SELECT last_failed_time, last_failed_wal FROM pg_stat_archiver
WHERE last_failed_time > coalesce(last_archived_time, '-infinity')
"""


def archive_problem(instance: Instance) -> str | None:
    """Why a crash now could lose more than a minute; None while all is archived.

    None, too, before the first backup, which switches the archive on, and while the server is
    away: that is told elsewhere.
    """
    if not uses_embedded_server(instance):
        return None
    switch = postgres_folder(instance) / SWITCH
    if not switch.exists():
        return None
    try:
        url = embedded_server(instance).url()
        with psycopg.connect(url, connect_timeout=5) as connection:
            failed = connection.execute(_FAILING).fetchone()
    except psycopg.Error:
        return None
    if failed is None:
        return None
    at, segment = failed
    return (
        f"WAL is not archived: {segment} failed at {at:%Y-%m-%d %H:%M:%S %Z}, into "
        f"{switch.read_text().strip()}; what was changed since is on this disk alone"
    )
