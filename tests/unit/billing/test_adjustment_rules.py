"""How far an invoice goes: no sequence of acts gives back more than was paid."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.billing.adjustments import rules
from api.billing.adjustments.rules import NotPossible, Standing
from api.billing.invoices.numbers import number_of, number_text

PAID = Standing(status="paid", total=2079, tax=80)
OPEN = replace(PAID, status="declined")
ACTS = st.tuples(
    st.sampled_from(["credit", "next", "refund", "pay out", "charge"]), st.integers(1, 2500)
)


@given(st.integers(0, 3000), st.integers(0, 300), st.lists(ACTS, max_size=25))
def test_whatever_is_done_in_whatever_order_every_amount_stays_within_its_bound(
    subtotal: int, tax: int, acts: list[tuple[str, int]]
) -> None:
    it = Standing(status="declined", total=subtotal + tax, tax=min(tax, subtotal + tax))
    credit = taken_back = 0
    for kind, wanted in acts:
        before = it
        try:
            match kind:
                case "credit" | "next":
                    amount, place = rules.credit(
                        it, wanted, "invoice" if kind == "credit" else "next_invoice"
                    )
                    taken_back += rules.tax_share(it, amount)
                    it = replace(it, noted=it.noted + amount)
                    if place == "invoice":
                        it = replace(it, credited=it.credited + amount)
                        it = replace(it, status=it.status if it.due else "credited")
                    else:
                        credit += amount
                case "refund" | "pay out":
                    source = "invoice" if kind == "refund" else "credit"
                    amount = rules.refund(it, wanted, source, credit)  # type: ignore[arg-type]
                    if source == "invoice":
                        taken_back += rules.tax_share(it, amount)
                        it = replace(it, noted=it.noted + amount)
                    else:
                        credit -= amount
                    it = replace(it, refunded=it.refunded + amount)
                case _:
                    it = replace(it, status="paid") if it.due else it
        except NotPossible:
            assert it == before
        assert 0 <= it.credited <= it.total
        assert 0 <= it.noted <= it.total
        assert 0 <= it.refunded <= it.paid or (it.refunded == 0 and not it.paid)
        assert credit >= 0
        assert it.due >= 0
    # What was not taken back yet is what a credit note over the rest would take.
    if it.creditable:
        rest = rules.tax_share(it, it.creditable)
        assert taken_back + rest == it.tax


@pytest.mark.parametrize(
    ("it", "wanted", "place", "expected"),
    [
        (OPEN, None, None, (2079, "invoice")),
        (OPEN, 500, "next_invoice", (500, "next_invoice")),
        (PAID, None, None, (2079, "next_invoice")),
        (replace(PAID, noted=2000), None, None, (79, "next_invoice")),
        (replace(OPEN, credited=1000), None, None, (1079, "invoice")),
        (replace(OPEN, status="written_off", credited=500), None, None, (500, "next_invoice")),
    ],
)
def test_what_is_not_said_is_all_of_it_and_the_invoice_while_it_is_unpaid(
    it: Standing, wanted: int | None, place: rules.AppliesTo | None, expected: tuple[int, str]
) -> None:
    assert rules.credit(it, wanted, place) == expected


@pytest.mark.parametrize(
    ("it", "words"),
    [
        (replace(OPEN, status="draft"), "issued"),
        (replace(OPEN, charging=True), "under way"),
        (replace(PAID, noted=2079), "Nothing can still"),
        (replace(OPEN, status="written_off"), "Nothing can still"),
    ],
)
def test_a_credit_note_that_cannot_be_says_why(it: Standing, words: str) -> None:
    with pytest.raises(NotPossible, match=words):
        rules.credit(it, None, None)


def test_credit_can_be_paid_out_up_to_what_the_customer_has_and_the_payment_was() -> None:
    noted = replace(PAID, noted=2079)
    assert rules.refund(noted, None, "credit", 700) == 700
    assert rules.refund(replace(noted, refunded=2000), None, "credit", 700) == 79
    with pytest.raises(NotPossible):
        rules.refund(noted, None, "invoice", 700)


@given(st.integers(1, 10**17))
def test_a_number_is_read_as_it_is_written(number: int) -> None:
    assert number_of(number_text(number)) == number_of(str(number)) == number


@pytest.mark.parametrize("text", ["", "INV-", "INV-0", "CN-00000001", "-5", "1.5"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Expected the number"):
        number_of(text)
