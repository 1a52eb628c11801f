"""A statement as people read it on paper: the same words for the page and for the PDF."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from api.customer.accounts.tables import Account, Address
from api.customer.cards.tables import Card
from api.customer.statements.tables import Statement
from api.kernel.outside.delivery import money
from api.messages import Settlement

ISSUER = ("Penultimate Electronics", "Sysops Squad support plans")
STATUS_WORDS = {
    "issued": "Open: your card is charged within a day",
    "paid": "Paid",
    "declined": "Not paid: your card was declined",
    "credited": "Nothing to pay: credited",
    "written_off": "Nothing to pay",
    "void": "Void",
}
NOTHING_TO_PAY = "Nothing to pay"
"""Of an invoice over nothing, whatever its status."""


@dataclass(frozen=True)
class Row:
    """One line of a table: what, when (or nothing), how much."""

    text: str
    when: str
    amount: str


@dataclass(frozen=True)
class Document:
    """All that is printed, in words and amounts."""

    number: str
    issued: str
    period: str
    status: str
    reason: str | None
    name: str
    address: Sequence[str]
    lines: Sequence[Row]
    total: str
    settlements: Sequence[Row]
    due: str


def document(
    statement: Statement,
    settlements: Sequence[Settlement],
    account: Account,
    address: Address,
    cards: Mapping[UUID, Card],
) -> Document:
    """A statement in words; moments are told in the time zone of the service address."""
    zone = ZoneInfo(address.time_zone)
    currency = statement.currency
    return Document(
        number=statement.number,
        issued=_day(statement.issued_at, zone),
        period=f"{statement.period_start:%B %-d, %Y} to {statement.period_end:%B %-d, %Y}",
        status=STATUS_WORDS[statement.status] if statement.total_cents else NOTHING_TO_PAY,
        reason=statement.reason,
        name=account.full_name,
        address=[
            *filter(None, (address.line1, address.line2)),
            f"{address.city}, {address.state} {address.zip}",
        ],
        lines=[Row(text, "", money(cents, currency)) for text, cents in statement.lines],
        total=money(statement.total_cents, currency),
        settlements=[
            Row(
                words(it, cards.get(it.card_id) if it.card_id else None),
                _day(it.at, zone),
                money(effect_of(it), currency),
            )
            for it in settlements
        ],
        due=money(statement.due_cents, currency),
    )


def words(it: Settlement, card: Card | None) -> str:
    """What was done, for the customer."""
    on_card = f", {card.brand} ending in {card.last4}" if card else ""
    if it.kind == "payment":
        return f"{'Payment' if it.status == 'done' else 'Payment declined'}{on_card}"
    if it.kind == "credit":
        return "Credit from earlier credit notes"
    if it.kind == "credit_note":
        use = {
            "invoice": "lowers this invoice",
            "next_invoice": "lowers your next invoices",
            "refund": "for the refund",
        }[it.applies_to or "invoice"]
        return f"Credit note {it.number}: {use}"
    if it.kind == "refund":
        return {
            "done": f"Refund{on_card}",
            "refused": "Refund that your bank refused: credit for your next invoices",
        }.get(it.status, f"Refund on its way{on_card}")
    return "Given up by us: nothing more to pay"


def effect_of(it: Settlement) -> int:
    """Cents as they are printed: what lowers the debt is negative, money that goes back positive;
    what changes neither is nothing.
    """
    if it.kind == "refund":
        return it.amount_cents if it.status != "refused" else 0
    if it.status == "declined" or it.applies_to in {"next_invoice", "refund"}:
        return 0
    return -it.amount_cents


def _day(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%B %-d, %Y}"
