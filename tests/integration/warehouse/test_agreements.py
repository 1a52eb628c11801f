"""The sums that marts have in common with each other and their sources: each can be broken."""

from collections.abc import Mapping
from pathlib import Path

import psycopg
import pytest

from orchestration.transforms import project
from tests.warehouse.built import Built

ONE = "WHERE {0} = (SELECT {0} FROM marts.{1} LIMIT 1)"
BREAKS = {
    "credit_notes_are_taken_back_in_the_ledger": (
        "UPDATE marts.fct_credit_note SET tax_cents = tax_cents + 1"
    ),
    "intervals_cover_the_life_of_a_ticket": (
        "UPDATE marts.fct_ticket_interval SET minutes = minutes + 1"
    ),
    "invoices_agree_with_their_source": (
        f"DELETE FROM marts.fct_invoice {ONE.format('invoice_id', 'fct_invoice')}"
    ),
    "invoices_are_the_sum_of_their_parts": "UPDATE marts.fct_invoice SET tax_cents = tax_cents + 1",
    "ledger_cash_is_what_stayed": "DELETE FROM marts.fct_refund WHERE status = 'refunded'",
    "ledger_cash_is_what_was_charged": (
        "UPDATE marts.fct_invoice SET collected_cents = collected_cents + 1"
    ),
    "ledger_receivable_is_what_is_owed": (
        "UPDATE marts.fct_invoice SET outstanding_cents = outstanding_cents + 1"
    ),
    "ledger_refunds_are_what_went_back": (
        "DELETE FROM marts.fct_ledger_entry WHERE cause = 'refund'"
    ),
    "lines_sum_to_their_invoice": (
        "UPDATE marts.fct_invoice_line SET amount_cents = amount_cents + 1"
    ),
    "payments_agree_with_their_source": (
        "UPDATE marts.fct_payment SET amount_cents = amount_cents + 1"
    ),
    "postings_balance": (
        "UPDATE marts.fct_ledger_entry SET amount_cents = amount_cents + 1 "
        + ONE.format("entry_id", "fct_ledger_entry")
    ),
    "recurring_revenue_adds_up": (
        "UPDATE marts.fct_contract_month SET mrr_change_cents = mrr_change_cents + 1"
    ),
    "recurring_revenue_starts_where_it_ended": (
        "DELETE FROM marts.fct_contract_month WHERE month_start = "
        "(SELECT month_start FROM marts.fct_contract_month GROUP BY 1 ORDER BY 1 OFFSET 1 LIMIT 1)"
    ),
    "surveys_say_the_same_twice": "UPDATE survey_response SET score = score % 5 + 1",
    "tickets_agree_with_their_source": (
        f"DELETE FROM marts.fct_ticket {ONE.format('ticket_id', 'fct_ticket')}"
    ),
}  # fmt: skip
IN_SEVEN_WAYS = "nothing_happens_long_after_its_ticket"


@pytest.fixture(scope="module")
def tests_of_sums(built: Built) -> Mapping[str, str]:
    """The SQL of each test that stands in a file of its own, as it looks at every row."""
    built.dbt("compile", "--full-refresh", "--select", "test_type:singular")
    folder = Path(built.target_path, "compiled", "sysops_squad", "tests")
    return {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.sql")}


def test_every_agreement_is_broken_here(tests_of_sums: Mapping[str, str]) -> None:
    names = {test.name for test in project.load().tests if test.singular}
    assert {*BREAKS, IN_SEVEN_WAYS} == names == {*tests_of_sums}


@pytest.mark.parametrize("name", sorted(BREAKS))
def test_what_does_not_agree_is_found(
    built: Built, tests_of_sums: Mapping[str, str], name: str
) -> None:
    query = f"SELECT count(*) FROM ({tests_of_sums[name]}) AS found".encode()
    with psycopg.connect(built.databases.url("analytics")) as connection:
        assert connection.execute(query).fetchone() == (0,)
        connection.execute(BREAKS[name].encode())
        found = connection.execute(query).fetchone()
        connection.rollback()
    assert found is not None
    assert found[0] > 0


def test_what_reports_skip_tickets_by_is_found_in_every_way(
    built: Built, tests_of_sums: Mapping[str, str]
) -> None:
    """What happens to a ticket long after its last change."""
    [test] = [one for one in project.load().tests if one.name == IN_SEVEN_WAYS]
    assert test.blocks
    query = f"SELECT DISTINCT what FROM ({tests_of_sums[IN_SEVEN_WAYS]}) AS found"
    late = "(SELECT max(updated_at) FROM marts.fct_ticket) + interval '61 days'"
    early = "timestamptz '2001-01-01'"
    with psycopg.connect(built.databases.url("analytics")) as connection:
        assert connection.execute(query.encode()).fetchall() == []
        for statement in (
            f"UPDATE marts.fct_assignment SET window_start = {late}, status = 'proposed'",
            f"UPDATE marts.fct_assignment SET proposed_at = {early}",
            f"UPDATE marts.fct_visit SET started_at = {late}",
            f"UPDATE marts.fct_survey SET expires_at = {late}",
            f"UPDATE marts.fct_survey_response SET answered_at = {late}",
        ):
            connection.execute(statement.encode())
        found = {row[0] for row in connection.execute(query.encode())}
        connection.rollback()
    assert found == {
        "proposal", "arrival window", "visit", "survey", "answer", "unanswered proposal",
        "late window",
    }  # fmt: skip
