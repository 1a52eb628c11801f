"""Which rows changed, and which are gone: what the warehouse needs to mirror a table.

Every tracked table has a column `row_xid`, the id of the transaction that last wrote the
row. A reader keeps the `xmin` of the snapshot it read with: every transaction below it had
ended, so `row_xid >= xmin` finds all that changed since, also what a transaction commits
that was open while the reader read. Wall-clock times cannot promise that. Ids are `xid8`:
64 bits, never reused. A deleted row, or a row whose key changed, leaves a tombstone.

Inserts cost a column default and one index entry, updates a small trigger, deletes one
statement. TRUNCATE needs no trace: the reader sees that the table's file is another one.
"""

from collections.abc import Iterator, Mapping, Sequence

COLUMN = "row_xid"
SCHEMA = "replication"

Keys = Mapping[str, Sequence[str]]
"""Tracked tables with the columns of their primary key."""

_COMMON = """
CREATE SCHEMA replication;

CREATE TABLE replication.tombstone (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_tombstone PRIMARY KEY,
    table_name text NOT NULL,
    key jsonb NOT NULL,
    row_xid xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX ix_tombstone_row_xid ON replication.tombstone (table_name, row_xid);

-- Tombstones below this transaction are forgotten: a reader that is further behind must
-- read everything again.
CREATE TABLE replication.horizon (
    only_row boolean CONSTRAINT pk_horizon PRIMARY KEY DEFAULT true CHECK (only_row),
    forgotten_before xid8 NOT NULL
);
INSERT INTO replication.horizon (forgotten_before) VALUES ('0');

CREATE FUNCTION replication.stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.row_xid := pg_current_xact_id();
    RETURN NEW;
END $$;

-- They write with their owner's rights: whoever may delete a row needs none on tombstones.
CREATE FUNCTION replication.bury() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO replication.tombstone (table_name, key)
    SELECT TG_TABLE_NAME, (
        SELECT jsonb_object_agg(name, to_jsonb(gone) -> name) FROM unnest(TG_ARGV) AS name
    )
    FROM gone;
    RETURN NULL;
END $$;

CREATE FUNCTION replication.bury_old_key() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO replication.tombstone (table_name, key)
    SELECT TG_TABLE_NAME, jsonb_object_agg(name, to_jsonb(OLD) -> name)
    FROM unnest(TG_ARGV) AS name;
    RETURN NULL;
END $$;

CREATE FUNCTION replication.forget(before xid8) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    forgotten bigint;
BEGIN
    DELETE FROM replication.tombstone WHERE row_xid < before;
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    IF forgotten > 0 THEN
        UPDATE replication.horizon SET forgotten_before = greatest(forgotten_before, before);
    END IF;
    RETURN forgotten;
END $$;
REVOKE ALL ON FUNCTION replication.forget(xid8) FROM PUBLIC;
"""


def begin_ddl() -> str:
    """What a database needs before its first tracked table."""
    return _COMMON


def end_ddl() -> str:
    return f"DROP SCHEMA {SCHEMA} CASCADE"


def track_ddl(tables: Keys) -> Iterator[str]:
    """Statements that track each table from now on; rows already there count as new."""
    for table, key in tables.items():
        columns = ", ".join(key)
        names = ", ".join(f"'{column}'" for column in key)
        moved = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in key)
        yield f"ALTER TABLE {table} ADD COLUMN row_xid xid8 NOT NULL DEFAULT pg_current_xact_id()"
        yield f"CREATE INDEX ix_{table}_row_xid ON {table} (row_xid)"
        yield (
            f"CREATE TRIGGER row_changed BEFORE UPDATE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION replication.stamp()"
        )
        yield (
            f"CREATE TRIGGER row_gone AFTER DELETE ON {table} "
            f"REFERENCING OLD TABLE AS gone "
            f"FOR EACH STATEMENT EXECUTE FUNCTION replication.bury({names})"
        )
        yield (
            f"CREATE TRIGGER row_moved AFTER UPDATE OF {columns} ON {table} "
            f"FOR EACH ROW WHEN ({moved}) "
            f"EXECUTE FUNCTION replication.bury_old_key({names})"
        )


def untrack_ddl(tables: Keys) -> Iterator[str]:
    for table in tables:
        for trigger in ("row_changed", "row_gone", "row_moved"):
            yield f"DROP TRIGGER {trigger} ON {table}"
        yield f"ALTER TABLE {table} DROP COLUMN row_xid"


def is_tracking(kind: str, name: str | None) -> bool:
    """Whether a column or an index belongs to the tracking and so is in no model."""
    return (kind == "column" and name == COLUMN) or (
        kind == "index" and (name or "").endswith(f"_{COLUMN}")
    )
