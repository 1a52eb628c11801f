"""Rows of billing runs: one a closed month, approved by itself and finished."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from api.billing.invoices.rules import AUTOMATIC
from orchestration.local.demo.clocks import EPOCH, MINUTE
from orchestration.local.demo.columns import (
    bigints,
    bytes_of,
    dates,
    integers,
    moments,
    same,
    table,
    uuids,
    words,
)
from orchestration.local.demo.copying import Batch
from orchestration.local.demo.draws import Draws, Ids, uuid7
from orchestration.local.demo.money import MonthOfBills
from orchestration.local.demo.rows.month import Month


@dataclass
class BillingRun:
    """What a run sums up, part by part of its month."""

    bills: MonthOfBills
    id: Ids
    total_cents: int = 0
    last_charge: int = 0
    _hash: Any = field(default_factory=hashlib.sha256)

    def add(self, part: Month) -> None:
        """Parts are added in the order of contract ids, in which rows are hashed."""
        self.total_cents += int(part.total.sum())
        self.last_charge = max(self.last_charge, int(part.charges.first_at.max(initial=0)))
        self._hash.update(part.hashes.tobytes())

    def rows(self, random: Draws) -> Iterator[Batch]:
        bills, count = self.bills, len(self.bills)
        sealed = np.frombuffer(self._hash.digest(), dtype=np.uint8)[None]
        last = max(self.last_charge, bills.issued_at) + MINUTE
        acts = (
            ("drafted", bills.run_at, f"{count} drafted, 0 removed."),
            ("approved", bills.run_at + MINUTE, "Inside all tolerances."),
            ("issued", bills.issued_at, f"{count} invoices issued."),
            ("finished", last, "Every invoice was charged or declined."),
        )
        at = np.array([moment for _, moment, _ in acts])
        first = np.array([bills.period.first.toordinal() - EPOCH], dtype=np.int32)
        run = table(
            id=uuids(self.id),
            period=dates(first),
            status=same("finished", 1),
            invoices=integers(np.array([count])),
            total_cents=bigints(np.array([self.total_cents])),
            rows_hash=bytes_of(sealed),
            approved_hash=bytes_of(sealed),
            approved_by=same(AUTOMATIC, 1),
            approved_at=moments(at[1:2]),
            created_at=moments(at[:1]),
            updated_at=moments(at[3:]),
        )
        yield Batch("billing", "billing_run", run)
        events = table(
            id=uuids(uuid7(at, random)),
            run_id=uuids(np.repeat(self.id, len(acts), axis=0)),
            at=moments(at),
            actor=same(AUTOMATIC, len(acts)),
            act=words([act for act, _, _ in acts]),
            detail=words([detail for _, _, detail in acts]),
        )
        yield Batch("billing", "run_event", events)
