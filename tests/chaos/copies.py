"""Every message that is sent, kept so that it can be sent again: late, twice, out of order."""

import psycopg
from psycopg import sql

REPEATED = 20

_KEEP = """
CREATE SCHEMA IF NOT EXISTS chaos;
CREATE TABLE IF NOT EXISTS chaos.message (
    queue text NOT NULL, entrypoint text NOT NULL, payload bytea, headers jsonb
);
CREATE OR REPLACE FUNCTION chaos.keep() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    -- What the experiment itself sends again is here already.
    IF session_user <> current_user THEN
        INSERT INTO chaos.message
        VALUES (TG_TABLE_SCHEMA, NEW.entrypoint, NEW.payload, NEW.headers);
    END IF;
    RETURN NEW;
END $$
"""
_QUEUES = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'to\\_%'"
_TRIGGER = (
    "CREATE TRIGGER kept BEFORE INSERT ON {}.pgqueuer FOR EACH ROW EXECUTE FUNCTION chaos.keep()"
)
_REPEAT = """
INSERT INTO {}.pgqueuer (priority, status, entrypoint, payload, headers)
SELECT 0, 'queued', entrypoint, payload, headers
FROM chaos.message WHERE queue = %s ORDER BY random() LIMIT %s
"""


def copy_messages(url: str) -> None:
    """From now on keeps what a database sends; `url` is its superuser's."""
    with psycopg.connect(url) as connection:
        connection.execute(_KEEP)
        for (queue,) in connection.execute(_QUEUES).fetchall():
            connection.execute(sql.SQL(_TRIGGER).format(sql.Identifier(queue)))


def repeat_messages(url: str, seed: int) -> None:
    """Sends some of all that was ever sent once more, in no order; the same seed, the same ones."""
    with psycopg.connect(url) as connection:
        connection.execute("SELECT setseed(%s)", [seed / 2**31])
        for (queue,) in connection.execute(_QUEUES).fetchall():
            connection.execute(sql.SQL(_REPEAT).format(sql.Identifier(queue)), [queue, REPEATED])
