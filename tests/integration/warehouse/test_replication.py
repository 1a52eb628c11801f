"""The mirror: nothing committed is missed, nothing is landed twice, nothing personal is read."""

from concurrent.futures import ThreadPoolExecutor
from datetime import time

import psycopg
import pytest

from orchestration.replication import landing
from tests.warehouse.sources import NOON, Sources


def test_the_first_extraction_lands_every_row(sources: Sources) -> None:
    first, second = sorted([sources.account(1), sources.account(2)])
    landed = sources.landed("account")
    assert (landed.mode, landed.read, landed.written) == ("full", 2, 2)
    assert sources.raw("id, version, created_at", "customer__account") == [
        (first, 1, NOON),
        (second, 1, NOON),
    ]


def test_an_extraction_without_changes_writes_nothing(sources: Sources) -> None:
    sources.account()
    sources.mirror()
    landed = sources.landed("account")
    assert landed.mode == "changes"
    assert not landed.changed


def test_a_change_is_read_alone(sources: Sources) -> None:
    sources.account(1)
    changed = sources.account(2)
    sources.mirror()
    sources.mirror()
    sources.databases.execute("customer", "UPDATE account SET version = 2 WHERE id = %s", changed)
    landed = sources.landed("account")
    assert (landed.mode, landed.read, landed.written) == ("changes", 1, 1)
    assert sources.raw("version", "customer__account") == [(1,), (2,)]


def test_a_transaction_open_across_two_extractions_is_not_skipped(sources: Sources) -> None:
    sources.mirror()
    with sources.databases.connect("customer") as open_one:
        with open_one.transaction():
            open_one.execute(
                "INSERT INTO account (email, full_name, phone, created_at, updated_at) "
                "VALUES ('late@example.com', 'Late', '+12125550199', now(), now())"
            )
            early = sources.account(1)
            sources.mirror()
            sources.account(2)
            sources.mirror()
            assert (early,) in sources.raw("id", "customer__account")
            assert len(sources.raw("id", "customer__account")) == 2
        sources.mirror()
    assert len(sources.raw("id", "customer__account")) == 3


def test_an_update_open_across_two_extractions_is_not_skipped(sources: Sources) -> None:
    account = sources.account()
    sources.mirror()
    with sources.databases.connect("customer") as open_one:
        with open_one.transaction():
            open_one.execute("UPDATE account SET version = 7 WHERE id = %s", [account])
            sources.account(2)
            sources.mirror()
            sources.mirror()
        sources.mirror()
    assert sources.raw("version", "customer__account") == [(1,), (7,)]


def test_a_deleted_row_goes(sources: Sources) -> None:
    kept, gone = sources.account(1), sources.account(2)
    sources.mirror()
    sources.databases.execute("customer", "DELETE FROM account WHERE id = %s", gone)
    assert sources.landed("account").deleted == 1
    assert sources.raw("id", "customer__account") == [(kept,)]


def test_a_delete_open_across_two_extractions_is_not_skipped(sources: Sources) -> None:
    gone = sources.account()
    sources.mirror()
    with sources.databases.connect("customer") as open_one:
        with open_one.transaction():
            open_one.execute("DELETE FROM account WHERE id = %s", [gone])
            sources.account(2)
            sources.mirror()
            sources.mirror()
            assert len(sources.raw("id", "customer__account")) == 2
        sources.mirror()
    assert (gone,) not in sources.raw("id", "customer__account")


def test_a_row_that_is_deleted_and_comes_back_stays(sources: Sources) -> None:
    account = sources.account(1)
    sources.mirror()
    sources.databases.execute("customer", "DELETE FROM account")
    sources.databases.execute(
        "customer",
        "INSERT INTO account (id, email, full_name, phone, version, created_at, updated_at) "
        "VALUES (%s, 'back@example.com', 'Back', '+12125550199', 5, now(), now())",
        account,
    )
    sources.mirror()
    assert sources.raw("id, version", "customer__account") == [(account, 5)]


def test_a_row_whose_key_changes_leaves_nothing_behind(sources: Sources) -> None:
    expert = sources.expert()
    sources.insert(
        "sysops", "shift", expert_id=expert, weekday=1, starts_at=time(8), ends_at=time(17)
    )
    sources.mirror("sysops")
    sources.databases.execute("sysops", "UPDATE shift SET starts_at = '09:00'")
    sources.mirror("sysops")
    assert sources.raw("starts_at", "sysops__shift") == [(time(9),)]


def test_a_truncated_table_is_read_again(sources: Sources) -> None:
    sources.account()
    sources.mirror()
    sources.databases.execute("customer", "TRUNCATE account CASCADE")
    landed = sources.landed("account")
    assert (landed.mode, landed.deleted) == ("full", 1)
    assert sources.raw("id", "customer__account") == []


def test_ranges_land_as_their_two_ends(sources: Sources) -> None:
    expert = sources.expert()
    sources.databases.execute(
        "sysops",
        "INSERT INTO time_off (expert_id, during, reason) "
        "VALUES (%s, tstzrange('2026-03-02 12:00Z', NULL), 'leave')",
        expert,
    )
    sources.mirror("sysops")
    assert sources.raw("during_start, during_end", "sysops__time_off") == [(NOON, None)]


def test_a_crash_before_the_commit_leaves_everything_to_the_next_extraction(
    sources: Sources,
) -> None:
    account = sources.account(1)
    sources.mirror()
    sources.account(2)
    sources.databases.execute("customer", "DELETE FROM account WHERE id = %s", account)
    before = sources.raw("id", "customer__account")
    kill_a_mirror_at_its_last_step(sources)
    assert sources.raw("id", "customer__account") == before
    sources.mirror()
    assert len(sources.raw("id", "customer__account")) == 1
    assert (account,) not in sources.raw("id", "customer__account")


def kill_a_mirror_at_its_last_step(sources: Sources) -> None:
    """Stop it where it moves the watermark, and end its session in the warehouse."""
    waiting = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
        "AND usename = 'warehouse_loader' AND datname = current_database()"
    )
    with ThreadPoolExecutor(1) as pool, sources.databases.connect("analytics") as blocker:
        with blocker.transaction():
            blocker.execute("LOCK TABLE landing.watermark IN SHARE MODE")
            mirroring = pool.submit(sources.mirror)
            while not sources.databases.rows("analytics", waiting):
                assert not mirroring.done()
        with pytest.raises(psycopg.OperationalError):
            mirroring.result(30)


def test_two_extractions_at_once_take_turns(sources: Sources) -> None:
    sources.account()
    with sources.databases.connect("analytics") as other, other.transaction():
        landing.lock(other, "customer")
        url = sources.databases.url("analytics", "warehouse_loader")
        with (
            psycopg.connect(url, options="-c lock_timeout=50ms") as waiting,
            pytest.raises(psycopg.errors.LockNotAvailable),
        ):
            landing.lock(waiting, "customer")


@pytest.mark.parametrize(
    "difference", ["system_identifier = 1", "timeline = 99", "storage = '1/1'"]
)
def test_another_server_timeline_or_database_is_read_from_the_start(
    sources: Sources, difference: str
) -> None:
    kept = sources.account(1)
    sources.mirror()
    # As after a restore: what was landed since the backup never happened.
    sources.databases.execute("analytics", f"UPDATE landing.watermark SET {difference}")
    sources.databases.execute(
        "analytics", "INSERT INTO raw.customer__account (id) VALUES (gen_random_uuid())"
    )
    landed = sources.landed("account")
    assert (landed.mode, landed.deleted) == ("full", 1)
    assert sources.raw("id", "customer__account") == [(kept,)]
    assert sources.landed("account").mode == "changes"


def test_a_warehouse_restored_from_an_old_backup_reads_everything_again(
    sources: Sources,
) -> None:
    gone = sources.account(1)
    sources.mirror()
    old = sources.databases.rows("analytics", "SELECT min(low_xid)::text FROM landing.watermark")
    sources.databases.execute("customer", "DELETE FROM account WHERE id = %s", gone)
    sources.mirror()
    sources.mirror()
    assert sources.databases.rows("customer", "SELECT * FROM replication.tombstone") == []
    sources.databases.execute(
        "analytics", "INSERT INTO raw.customer__account (id) VALUES (%s)", gone
    )
    sources.databases.execute(
        "analytics", "UPDATE landing.watermark SET low_xid = %s::text::xid8", old[0][0]
    )
    assert sources.landed("account").mode == "full"
    assert sources.raw("id", "customer__account") == []


def test_policies_and_holidays_land_and_a_holiday_that_is_removed_goes(sources: Sources) -> None:
    sources.insert("sysops", "holiday", day=NOON.date(), name="Founders' Day", created_at=NOON)
    sources.mirror("sysops")
    used = sources.raw("policy_id", "sysops__assignment_policy_use")
    policies = sources.raw("id, name, settings ->> 'per_km'", "sysops__assignment_policy")
    assert {row[1] for row in policies} == {
        "balanced", "customer-first", "least-travel", "emergency",
    }  # fmt: skip
    assert [row[1:] for row in policies if row[:1] in used] == [("balanced", "10")]
    assert sources.raw("day, name", "sysops__holiday") == [(NOON.date(), "Founders' Day")]
    sources.databases.execute("sysops", "DELETE FROM holiday")
    sources.mirror("sysops")
    assert sources.raw("day", "sysops__holiday") == []
