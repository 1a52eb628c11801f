"""Indexing all that a bulk load brought, at once: cheaper than batch by batch.

For the owner of the tables, around a load of many rows into empty tables, in its transaction.
"""

from typing import Final

DERIVED: Final = ("ticket_index", "customer_index", "search_word", "search_code")
"""Tables that hold nothing that could not be made again."""
BEFORE: Final = (
    "ALTER TABLE ticket DISABLE TRIGGER ticket_found",
    "ALTER TABLE customer DISABLE TRIGGER customer_found",
)
AFTER: Final = (
    """
    INSERT INTO ticket_index (ticket_id, submitted_at, document, facets)
    SELECT ticket_id, submitted_at, document, facets FROM ticket_document
    """,
    "INSERT INTO customer_index SELECT customer_id, document FROM customer_document",
    """
    WITH every AS MATERIALIZED (
        SELECT unnest(tsvector_to_array(document)) AS word FROM ticket_index
        UNION SELECT unnest(tsvector_to_array(document)) FROM customer_index
    ), codes AS (
        INSERT INTO search_code SELECT word FROM every WHERE word ~ '[0-9@.]'
    )
    INSERT INTO search_word SELECT word FROM every WHERE word !~ '[0-9@.]'
    """,
    "ALTER TABLE ticket ENABLE TRIGGER ticket_found",
    "ALTER TABLE customer ENABLE TRIGGER customer_found",
)
