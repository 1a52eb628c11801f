"""What search reads: documents of words made from tickets and customers, and every word known.

All of it is made from other tables (the views `ticket_document` and `customer_document` say how)
and can be made again. It holds names, addresses and what people wrote: the API's role alone reads
it.
"""

from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Moment, one_of
from api.sysops.base import Base


class SearchBacklog(Base):
    """What changed since it was last indexed: triggers add rows, `indexing` takes them off."""

    __tablename__ = "search_backlog"
    __table_args__ = (one_of("kind", ("ticket", "customer")),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str]
    row_id: Mapped[UUID]


class TicketIndex(Base):
    """The words of a ticket and of its customer, heaviest where people are named.

    `facets` are what filters ask for and what seldom changes: `type:laptop-hardware`, `state:TX`,
    `channel:phone`, `priority:high`, and `day:2026-03-31`, the day of submission in UTC, by which
    the newest of many matches are found without reading the older ones.
    """

    __tablename__ = "ticket_index"
    __table_args__ = (
        Index("ix_ticket_index_document", "document", "facets", postgresql_using="gin"),
        Index("ix_ticket_index_newest", "submitted_at", "ticket_id"),
    )

    ticket_id: Mapped[UUID] = mapped_column(
        ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True
    )
    submitted_at: Mapped[Moment]
    document: Mapped[str] = mapped_column(TSVECTOR)
    facets: Mapped[list[str]] = mapped_column(ARRAY(TEXT))


class CustomerIndex(Base):
    """The words of a customer: name, e-mail, phone and addresses."""

    __tablename__ = "customer_index"
    __table_args__ = (Index("ix_customer_index_document", "document", postgresql_using="gin"),)

    customer_id: Mapped[UUID] = mapped_column(
        ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True
    )
    document: Mapped[str] = mapped_column(TSVECTOR)


class SearchWord(Base):
    """Every word of letters that is, or was, in a document: what a misspelt one may stand for."""

    __tablename__ = "search_word"
    __table_args__ = (
        Index(
            "ix_search_word_near",
            "word",
            postgresql_using="gin",
            postgresql_ops={"word": "gin_trgm_ops"},
        ),
    )

    # In the order of its bytes, so that the key finds the beginnings of words, too.
    word: Mapped[str] = mapped_column(TEXT(collation="C"), primary_key=True)


class SearchCode(Base):
    """Every number and address in a document, of people and of things, to be found by a part.

    They are many more than the words, which therefore have a table of their own.
    """

    __tablename__ = "search_code"
    __table_args__ = (
        Index(
            "ix_search_code_part",
            "code",
            postgresql_using="gin",
            postgresql_ops={"code": "gin_trgm_ops"},
        ),
    )

    code: Mapped[str] = mapped_column(TEXT(collation="C"), primary_key=True)
