"""The month as Dagster runs it: partitions, checks, schedules."""

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import dagster as dg
import psycopg
import pytest

from api.billing.calendar import Period
from api.kernel import clock
from api.kernel.outside.http_payments import HttpPayments
from orchestration.billing import ledger_assets, reconciling_assets, schedules
from orchestration.billing.assets import REFUND
from orchestration.billing.checking import CHECKS
from orchestration.billing.trial_balance import trial_balance
from orchestration.definitions.billing import defs
from orchestration.local.sandbox.server import Running
from tests.integration.billing.support import make_keys
from tests.orchestration.billing.conftest import charges
from tests.orchestration.billing.test_charging import DECLINED
from tests.orchestration.billing.test_issuing import approve
from tests.orchestration.billing.test_refunds import intend
from tests.orchestration.billing.world import World

# Dagster knows the months that are over by the real clock: these tests live in a real past.
PAST = Period(date(2024, 10, 1))
KEY = "2024-10-01"


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """With a folder: schedules open it again by its address."""
    with dg.DagsterInstance.local_temp(str(tmp_path)) as opened:
        yield opened


@pytest.fixture
async def job(world: World, sandbox: Running, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world whose environment is the code location's."""
    await make_keys(world.databases)
    for name, value in {
        "SQUAD_BILLING_URL": world.databases.url("billing", "biller"),
        "SQUAD_BILLING_CHARGE_URL": world.databases.url("billing", "card_charge"),
        "SQUAD_PROVIDER_RECONCILER_URL": world.databases.url("billing", "provider_reconciler"),
        "SQUAD_PROVIDER_OTHER_ACCOUNTS": '["ch_demo_"]',
        "SQUAD_VAULT_KEK": world.kek,
        "SQUAD_PAYMENTS_URL": f"{sandbox.url}/payments",
        "SQUAD_PAYMENTS_KEY": "test",
        "SQUAD_PAYMENTS_CONNECTIONS": "4",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(clock, "now", lambda: world.now)
    world.now = world.now.replace(year=2024)
    return world


async def run(
    name: str, instance: dg.DagsterInstance, key: str | None = None, config: Any = None
) -> Any:
    """Run a job in another thread, as an own event loop belongs to each step."""
    job = defs.resolve_job_def(name)
    return await asyncio.to_thread(
        job.execute_in_process, instance=instance, partition_key=key, run_config=config
    )


def checks(result: Any) -> dict[str, bool]:
    return {it.check_name: it.passed for it in result.get_asset_check_evaluations()}


async def test_a_month_is_billed_from_draft_to_payment_with_every_check_shown(
    job: World, provider: HttpPayments, instance: dg.DagsterInstance
) -> None:
    job.plan()
    good, bad = job.contract(starts_on=PAST.first), job.contract(starts_on=PAST.first)
    await job.card(good)
    await job.card(bad, DECLINED)
    job.previous_run(2, 4158, PAST)
    result = await run(schedules.RUN_JOB, instance, KEY)
    assert result.success
    found = checks(result)
    assert set(CHECKS) < found.keys()
    assert all(found.values())
    assert job.rows("SELECT status FROM invoice ORDER BY status") == [("declined",), ("paid",)]
    assert len(await charges(provider)) == 1
    before = job.fingerprint()
    again = await run(schedules.RUN_JOB, instance, KEY)
    assert again.success
    assert checks(again) == found
    assert job.fingerprint() == before


async def test_a_held_month_waits_and_the_resume_schedule_carries_on_once_it_is_approved(
    job: World, instance: dg.DagsterInstance
) -> None:
    job.plan()
    await job.card(job.contract(starts_on=PAST.first))
    assert (await run(schedules.RUN_JOB, instance, KEY)).success
    assert job.rows("SELECT status FROM billing_run") == [("held",)]
    assert await tick(schedules.billing_resume_schedule, instance) == []
    await approve(job, PAST)
    (request,) = await tick(schedules.billing_resume_schedule, instance)
    assert request.partition_key == KEY
    assert (await run(schedules.RUN_JOB, instance, KEY)).success
    assert job.rows("SELECT status FROM billing_run") == [("finished",)]
    assert await tick(schedules.billing_resume_schedule, instance) == []


async def test_a_customer_is_billed_again_who_is_named_in_the_configuration_or_was_asked_for(
    job: World, provider: HttpPayments, instance: dg.DagsterInstance
) -> None:
    customer = uuid4()
    job.plan()
    job.previous_run(1, 2079, PAST)
    await job.card(job.contract(starts_on=PAST.first, customer_id=customer))
    assert (await run(schedules.RUN_JOB, instance, KEY)).success
    job.contract(starts_on=PAST.first, customer_id=customer)
    again = {"customers": [str(customer)], "reason": "It came late."}
    config = {"ops": {"billing__draft": {"config": again}}}
    assert (await run(schedules.RUN_JOB, instance, KEY, config)).success
    assert job.rows("SELECT asked_by, reason, drafted FROM rerun") == [
        ("job runner", "It came late.", 1)
    ]
    assert (await run(schedules.FOLLOW_UP_JOB, instance)).success
    assert [it.amount_cents for it in await charges(provider)] == [2079, 2079]
    assert await tick(schedules.billing_resume_schedule, instance) == []
    job.contract(starts_on=PAST.first, customer_id=customer)
    job.execute(
        "INSERT INTO rerun (run_id, customer_id, asked_by, reason, asked_at)"
        " SELECT id, %s, 'x', 'Asked over the API.', now() FROM billing_run WHERE period = %s",
        customer,
        PAST.first,
    )
    (request,) = await tick(schedules.billing_resume_schedule, instance)
    assert request.partition_key == KEY
    assert (await run(schedules.RUN_JOB, instance, KEY)).success
    assert await tick(schedules.billing_resume_schedule, instance) == []
    assert job.rows("SELECT count(*), max(number) FROM invoice") == [(3, 3)]


async def test_a_follow_up_starts_only_when_something_is_open(
    job: World, provider: HttpPayments, instance: dg.DagsterInstance
) -> None:
    assert await tick(schedules.billing_follow_up_schedule, instance) == []
    job.plan()
    contract = job.contract(starts_on=PAST.first)
    await job.card(contract, DECLINED)
    job.previous_run(1, 2079, PAST)
    await job.bill(PAST)
    assert len(await tick(schedules.billing_follow_up_schedule, instance)) == 1
    assert (await run(schedules.FOLLOW_UP_JOB, instance)).success
    assert job.rows("SELECT status FROM invoice") == [("declined",)]
    assert await tick(schedules.billing_follow_up_schedule, instance) == []
    await job.card(contract, days=1)
    assert len(await tick(schedules.billing_follow_up_schedule, instance)) == 1


async def test_a_refund_alone_starts_what_gives_back_and_nothing_else(
    job: World, provider: HttpPayments, instance: dg.DagsterInstance
) -> None:
    job.plan()
    await job.card(job.contract(starts_on=PAST.first))
    job.previous_run(1, 2079, PAST)
    await job.bill(PAST)
    await job.charge(provider, PAST)
    assert await tick(schedules.billing_follow_up_schedule, instance) == []
    await intend(job, job.value("SELECT id FROM invoice"), 500)
    (request,) = await tick(schedules.billing_follow_up_schedule, instance)
    assert request.asset_selection == [REFUND]
    assert (await run(schedules.FOLLOW_UP_JOB, instance)).success
    assert job.rows("SELECT status FROM refund") == [("refunded",)]
    assert [it.refunded_cents for it in await charges(provider)] == [500]


async def test_every_day_the_open_months_are_compared_with_the_provider(
    job: World, provider: HttpPayments, instance: dg.DagsterInstance
) -> None:
    job.plan()
    await job.card(job.contract(starts_on=PAST.first))
    job.previous_run(1, 2079, PAST)
    await job.bill(PAST)
    await job.charge(provider, PAST)
    requests = await tick(reconciling_assets.billing_reconciliation_schedule, instance)
    assert [it.partition_key for it in requests] == ["2024-10-01", "2024-11-01"]
    job.now += timedelta(days=20)
    agreed = await run(reconciling_assets.JOB, instance, "2024-11-01")
    assert checks(agreed) == {"charges_agree": True, "refunds_agree": True}
    job.execute("UPDATE payment SET idempotency_key = 'payment-lost'")
    differing = await run(reconciling_assets.JOB, instance, "2024-11-01")
    assert checks(differing) == {"charges_agree": False, "refunds_agree": True}
    assert job.rows("SELECT kind FROM alert") == [("charge_not_at_provider",)]
    job.now += timedelta(days=30)
    requests = await tick(reconciling_assets.billing_reconciliation_schedule, instance)
    assert [it.partition_key for it in requests] == ["2024-11-01", "2024-12-01"]


async def test_the_whole_ledger_balances_each_posting_and_each_currency(
    job: World, instance: dg.DagsterInstance
) -> None:
    job.plan()
    for _ in range(2):
        job.contract(starts_on=PAST.first)
    job.previous_run(2, 4158, PAST)
    await job.bill(PAST)
    assert checks(await run(ledger_assets.JOB, instance)) == {"trial_balance": True}
    first = job.value("SELECT posting_id FROM ledger_entry LIMIT 1")
    # One cent too much of one posting, too little of the other: together still zero.
    one_cent = f"amount_cents + CASE posting_id WHEN '{first}' THEN 1 ELSE -1 END"
    currency = f"WHERE posting_id = '{first}' AND account = 'tax'"
    for wrong, right in (
        (
            f"UPDATE ledger_entry SET currency = 'CAD' {currency}",
            f"UPDATE ledger_entry SET currency = 'USD' {currency}",
        ),
        (
            f"UPDATE ledger_entry SET amount_cents = {one_cent} WHERE account = 'tax'",
            None,
        ),
    ):
        job.execute(wrong)
        assert checks(await run(ledger_assets.JOB, instance)) == {"trial_balance": False}, wrong
        if right:
            job.execute(right)
            assert checks(await run(ledger_assets.JOB, instance)) == {"trial_balance": True}
    async with job.as_role("biller") as sessions, sessions() as session:
        assert str(first) in str(await trial_balance(session))


def test_nobody_can_change_or_remove_an_entry_of_the_ledger(world: World) -> None:
    rights = world.rows(
        "SELECT rolname, word FROM pg_roles, unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) word"
        " WHERE has_table_privilege(rolname, 'ledger_entry', word) AND NOT rolsuper"
        " AND rolname NOT LIKE 'pg\\_%%' AND rolname <>"
        " (SELECT tableowner FROM pg_tables WHERE tablename = 'ledger_entry')"
    )
    assert rights == []
    for role in ("biller", "card_charge", "billing_api"):
        with (
            world.databases.connect("billing", role) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("DELETE FROM ledger_entry")


async def test_a_month_that_came_from_elsewhere_is_left_as_it_is(
    job: World, instance: dg.DagsterInstance
) -> None:
    job.previous_run(0, 0, PAST)
    before = job.fingerprint()
    assert (await run(schedules.RUN_JOB, instance, "2024-09-01")).success
    assert job.fingerprint() == before


async def test_the_month_that_is_over_is_billed_on_the_first(
    job: World, instance: dg.DagsterInstance
) -> None:
    (request,) = await tick(schedules.billing_run_schedule, instance)
    assert request.partition_key == KEY


async def test_a_month_whose_first_tick_was_missed_is_billed_all_the_same(
    job: World, instance: dg.DagsterInstance
) -> None:
    """The run of another month was under way at that minute, or the job runner was away."""
    job.previous_run(0, 0, PAST)
    assert await tick(schedules.billing_resume_schedule, instance) == []
    job.now += timedelta(hours=6)
    (request,) = await tick(schedules.billing_resume_schedule, instance)
    assert request.partition_key == KEY
    assert (await run(schedules.RUN_JOB, instance, KEY)).success
    assert await tick(schedules.billing_resume_schedule, instance) == []
    job.now += timedelta(days=61)
    requests = await tick(schedules.billing_resume_schedule, instance)
    assert [it.partition_key for it in requests] == ["2024-11-01", "2024-12-01"]


async def tick(schedule: Any, instance: dg.DagsterInstance) -> list[dg.RunRequest]:
    """What a schedule asks for now."""

    def evaluate() -> list[dg.RunRequest]:
        context = dg.build_schedule_context(instance, repository_def=defs.get_repository_def())
        data = schedule.evaluate_tick(context)
        return list(data.run_requests or [])

    return await asyncio.to_thread(evaluate)


def test_every_asset_says_what_it_is_whose_it_is_and_where_it_belongs() -> None:
    for spec in defs.resolve_all_asset_specs():
        assert spec.description, spec.key
        assert spec.owners, spec.key
        assert spec.group_name == "billing", spec.key
        assert spec.kinds, spec.key
