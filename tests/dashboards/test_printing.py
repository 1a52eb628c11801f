"""The management report says the same numbers as the pages, on paper."""

from datetime import date
from typing import Any

import pytest

from dashboards import printing
from dashboards.printing import Section, printed
from warehouse.reports import Column, Table


@pytest.mark.parametrize(
    ("name", "number", "said", "shown"),
    [
        ("mrr_cents", 1_234_567, "MRR", "$12,346"),
        ("sla_attainment_share", 0.956, "SLA attainment", "95.6 %"),
        ("resolve_p90_hours", 30.0, "Resolve 90th percentile", "30.0 h"),
        ("late_minutes", 30.0, "Late", "30 min"),
        ("submitted_24h", 1_234, "Submitted in 24 h", "1,234"),
        ("share", None, "Share", "–"),
        ("since", date(2026, 3, 2), "Since", "2026-03-02"),
    ],
)
def test_a_figure_reads_as_on_its_page(name: str, number: Any, said: str, shown: str) -> None:
    column = Column.named(name)
    assert printing.label(name, column.unit) == said
    assert printing.value(column, number) == shown


def test_a_summary_stands_beside_the_one_before() -> None:
    columns = (Column.named("submitted"), Column.named("satisfied_share"))
    now, before = Table(columns, [(12, 0.5)]), Table(columns, [(9, None)])
    alone = printed([Section("Tickets", now, "Now")], ["As of today – in Łódź"])
    both = printed([Section("Tickets", now, "Now", before, "Before")], ["As of today"])
    assert alone.startswith(b"%PDF-")
    assert both.count(b"/Type /Page\n") == 1
    many = printed([Section("Tickets", now, "Now", before, "Before")] * 20, [])
    assert many.count(b"/Type /Page\n") > 1
