"""The customer directory: who is meant by what a caller says, and what there is of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.errors import NotFound
from api.kernel.sets import equals_any
from api.sysops.search.typed import Typed
from api.sysops.search.words import (
    SHORTEST_START,
    Term,
    any_of,
    prepare,
    quoted,
    understand,
    widen,
)
from api.sysops.tickets.tables import Customer, Entitlement

MOST: Final = 20
SHORTEST_WITH_OTHERS: Final = 2
"""Letters of a beginning that is typed beside other words, which leave few: *ada ex*."""
# Of a very common name a thousand are ranked: more words are needed to find one of them anyway.
_RANKED = text("""
    WITH candidate AS MATERIALIZED (
        SELECT customer_id, document FROM customer_index
        WHERE document @@ CAST(:matching AS tsquery) LIMIT 1000
    )
    SELECT customer_id FROM candidate JOIN customer ON customer.id = candidate.customer_id
    ORDER BY
        ts_rank(document, CAST(:preferred AS tsquery))
        + ts_rank(document, CAST(:matching AS tsquery)) DESC,
        full_name, customer_id
    LIMIT :most
""")


@dataclass(frozen=True)
class Found:
    """At most `MOST` customers, the likeliest first, and whether there are more."""

    customers: list[Customer]
    more: bool


async def find(session: AsyncSession, typed: Typed) -> Found:
    """Customers with all that was typed; then those with words that begin so; then nearly so."""
    await prepare(session)
    meaning = await understand(session, typed)
    ids = await _ranked(session, meaning.terms) if not meaning.unknown else []
    if len(ids) <= MOST:
        ids = _joined(ids, await _ranked(session, meaning.terms, begun=True))
    if len(ids) <= MOST:
        meaning = await widen(session, meaning)
        ids = _joined(ids, await _ranked(session, meaning.terms, begun=True))
    query = select(Customer).where(equals_any(Customer.id, ids[:MOST]))
    by_id = {customer.id: customer for customer in await session.scalars(query)}
    customers = [by_id[one] for one in ids[:MOST] if one in by_id]
    return Found(customers, len(ids) > MOST)


async def entitlements_of(
    session: AsyncSession, customers: Collection[UUID]
) -> dict[UUID | None, list[Entitlement]]:
    """What the contracts of each customer entitle to, the newest contract first."""
    query = (
        select(Entitlement)
        .where(equals_any(Entitlement.customer_id, customers))
        .order_by(Entitlement.contract_id.desc())
    )
    held: dict[UUID | None, list[Entitlement]] = {}
    for entitlement in await session.scalars(query):
        held.setdefault(entitlement.customer_id, []).append(entitlement)
    return held


async def load(session: AsyncSession, customer_id: UUID) -> Customer:
    """The customer; raises NotFound."""
    customer = await session.get(Customer, customer_id)
    if customer is None:
        raise NotFound("There is no such customer.")
    return customer


async def _ranked(
    session: AsyncSession, terms: Sequence[Term], *, begun: bool = False
) -> list[UUID]:
    """The best with something of every term; with `begun` also with words that begin so."""
    shortest = SHORTEST_START if len(terms) == 1 else SHORTEST_WITH_OTHERS
    alternatives = [_alternatives(term, shortest if begun else None) for term in terms]
    if not terms or "" in alternatives:
        return []
    matching = " & ".join(f"({one})" for one in alternatives)
    parameters = {
        "matching": matching,
        "preferred": any_of(word for term in terms for word in term.meant) or matching,
        "most": MOST + 1,
    }
    return list(await session.scalars(_RANKED, parameters))


def _alternatives(term: Term, shortest: int | None) -> str:
    """The words of a term; with `shortest`, also those that begin so, if it has as many letters."""
    whole = any_of(term.words)
    if shortest is None or len(term.typed) < shortest or not term.typed.isalpha():
        return whole
    beginning = f"{quoted(term.typed)}:*"
    return f"{whole} | {beginning}" if whole else beginning


def _joined(ids: Sequence[UUID], others: Sequence[UUID]) -> list[UUID]:
    return list(dict.fromkeys([*ids, *others]))[: MOST + 1]
