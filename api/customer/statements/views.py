"""How statements are shown. Amounts are cents."""

from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

import msgspec

from api.customer.statements.documents import words
from api.customer.statements.service import Whole
from api.customer.statements.tables import Statement


class LineView(msgspec.Struct):
    text: str
    cents: int


class StatementView(msgspec.Struct, kw_only=True):
    """An invoice: its lines sum to `total_cents`, and `due_cents` is still to pay.

    `reason` says why a payment failed, `next_try_at` when the card is tried again.
    """

    id: UUID
    number: str
    contract_id: UUID
    status: str
    period_start: date
    period_end: date
    lines: list[LineView]
    total_cents: int
    due_cents: int
    currency: str
    issued_at: datetime
    reason: str | None
    next_try_at: datetime | None

    @classmethod
    def fields(cls, statement: Statement) -> dict[str, Any]:
        names = StatementView.__struct_fields__
        lines = [LineView(text, cents) for text, cents in statement.lines]
        return {name: getattr(statement, name) for name in names} | {"lines": lines}

    @classmethod
    def of(cls, statement: Statement) -> Self:
        return cls(**cls.fields(statement))


class SettlementView(msgspec.Struct, kw_only=True):
    """Something that was done: a `payment`, `credit`, `credit_note`, `refund` or `write_off`.

    `status` is `done`, `declined`, `under_way` or `refused`; `text` says it in words.
    """

    kind: str
    status: str
    at: datetime
    amount_cents: int
    number: str | None
    card_id: UUID | None
    text: str


class StatementDetail(StatementView, kw_only=True):
    """A statement with all that was done about it."""

    settlements: list[SettlementView]

    @classmethod
    def whole(cls, whole: Whole) -> Self:
        return cls(
            **cls.fields(whole.statement),
            settlements=[
                SettlementView(
                    kind=it.kind,
                    status=it.status,
                    at=it.at,
                    amount_cents=it.amount_cents,
                    number=it.number,
                    card_id=it.card_id,
                    text=words(it, whole.cards.get(it.card_id) if it.card_id else None),
                )
                for it in whole.settlements
            ],
        )
