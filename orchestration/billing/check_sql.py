"""The questions that the checks of a run ask the database.

Each is written against the stored rows and apart from the code that drafted them: a check that
repeats its subject's own reasoning finds nothing. Parameters are those of `cases.parameters`,
`run_id`, `previous_id` (last month's run) and `product_class`.
"""

from sqlalchemy import TextClause, text

from api.billing.invoices.hashes import STORED_ROW_HASH

_RATE = """
    LEFT JOIN LATERAL (
        SELECT rate_millionths FROM tax_rate
        WHERE state = c.state AND product_class = :product_class AND valid_from <= :first
        ORDER BY valid_from DESC LIMIT 1
    ) rate ON true
"""
COUNTED = "i.run_id = :run_id AND i.status NOT IN ('parked', 'void')"
"""The rows that an approval is about."""
_SERVED = """
    c.standing = 'good' AND c.held_since IS NULL AND c.starts_on <= :last
    AND (c.ends_on IS NULL OR (c.ends_on >= :first AND c.ends_on >= c.starts_on))
"""

MISSING = text(f"""
SELECT c.id FROM contract c JOIN plan p ON p.code = c.plan_code {_RATE}
LEFT JOIN invoice i ON i.contract_id = c.id AND i.period_start = :first
    AND (i.status <> 'void' OR i.review = 'outlier')
WHERE {_SERVED} AND rate.rate_millionths IS NOT NULL AND i.id IS NULL
    AND (
        p.interval = 'month'
        -- The first year's day is the start itself; later ones fall into the same month.
        OR (
            to_char(c.starts_on, 'MM') = to_char(CAST(:first AS date), 'MM')
            AND (c.ends_on IS NULL OR c.ends_on >= (
                c.starts_on + make_interval(years => CAST(
                    extract(year FROM CAST(:first AS date)) - extract(year FROM c.starts_on)
                AS int))
            )::date)
        )
    )
ORDER BY c.id
""")  # noqa: S608 - constants

UNBILLABLE = text(f"""
SELECT c.id, c.customer_id, p.code IS NULL AS no_plan
FROM contract c LEFT JOIN plan p ON p.code = c.plan_code {_RATE}
WHERE {_SERVED} AND (p.code IS NULL OR rate.rate_millionths IS NULL)
ORDER BY c.id
""")  # noqa: S608 - constants

SERVED = text(f"SELECT count(*) FROM contract c WHERE {_SERVED}")  # noqa: S608 - constants

TWICE = text(f"""
SELECT i.contract_id FROM invoice i WHERE {COUNTED} GROUP BY i.contract_id HAVING count(*) > 1
""")  # noqa: S608 - constants


def unequal_lines(rows: str) -> TextClause:
    """Of some rows `i`, those that are not the sum of their lines, or negative."""
    return text(f"""
SELECT i.id FROM invoice i
LEFT JOIN LATERAL (
    SELECT sum(amount_cents) AS total, sum(amount_cents) FILTER (WHERE kind = 'tax') AS tax
    FROM invoice_line WHERE invoice_id = i.id
) l ON true
WHERE {rows} AND (
    l.total IS DISTINCT FROM i.total_cents OR coalesce(l.tax, 0) <> i.tax_cents
    OR i.total_cents < 0
    OR (i.carried_cents > 0 AND (i.total_cents > 0 OR i.carried_cents IS DISTINCT FROM (
        SELECT sum(amount_cents) FROM invoice_line
        WHERE invoice_id = i.id AND kind = 'carried_forward'
    )))
)
""")  # noqa: S608 - constants


def other_hash(rows: str) -> TextClause:
    """Of some rows `i`, those that are not what was drafted."""
    return text(f"""
SELECT i.id FROM invoice i WHERE {rows} AND i.row_hash <> {STORED_ROW_HASH}
""")  # noqa: S608 - constants


# A plan's tax is that of the month in which the term that is billed, or given back, began.
_RATE_OF_PLAN = """
    JOIN plan p ON p.code = c.plan_code
    LEFT JOIN LATERAL (
        SELECT rate_millionths FROM tax_rate
        WHERE state = c.state AND product_class = :product_class
            AND valid_from <= CASE p.interval WHEN 'month' THEN CAST(:first AS date) ELSE (
                SELECT max(date_trunc('month', began)) FROM (
                    SELECT (c.starts_on + make_interval(years => CAST(
                        extract(year FROM CAST(:first AS date)) - extract(year FROM c.starts_on)
                    AS int) - ago))::date AS began
                    FROM generate_series(0, 1) AS ago
                ) term WHERE began <= least(coalesce(c.ends_on, :last), :last)
            ) END
        ORDER BY valid_from DESC LIMIT 1
    ) rate ON true
"""


def wrong_tax(rows: str) -> TextClause:
    """Of some rows `i`, those whose tax is not the rate of what is taxed by it, rate by rate.

    Those with one-offs are few, and found before anything is summed up.
    """
    return text(f"""
WITH extra AS MATERIALIZED (
    SELECT i.id, i.contract_id, i.tax_cents FROM invoice i
    WHERE i.id IN (SELECT invoice_id FROM invoice_line WHERE one_off_id IS NOT NULL) AND {rows}
)
SELECT i.id FROM invoice i JOIN contract c ON c.id = i.contract_id {_RATE_OF_PLAN}
WHERE {rows} AND i.tax_cents IS DISTINCT FROM
    round(i.subtotal_cents::numeric * rate.rate_millionths / 1000000)
    AND i.id NOT IN (SELECT id FROM extra)
UNION ALL
SELECT i.id FROM extra i
WHERE i.tax_cents IS DISTINCT FROM (
    SELECT sum(round(part.cents::numeric * part.rate_millionths / 1000000)) FROM (
        SELECT sum(l.amount_cents) AS cents,
               CASE WHEN o.id IS NULL THEN rate.rate_millionths ELSE own.rate_millionths END
                   AS rate_millionths
        FROM contract c JOIN invoice_line l ON l.invoice_id = i.id {_RATE_OF_PLAN}
        LEFT JOIN one_off o ON o.id = l.one_off_id
        LEFT JOIN LATERAL (
            SELECT rate_millionths FROM tax_rate
            WHERE state = c.state AND valid_from <= :first AND product_class = o.product_class
            ORDER BY valid_from DESC LIMIT 1
        ) own ON true
        WHERE c.id = i.contract_id AND l.kind NOT IN ('tax', 'carried_forward')
        GROUP BY 2
    ) part
)
""")  # noqa: S608 - constants


# What was due of one-offs when the run was drafted and is on no invoice; the minute is for what was
# entered meanwhile. Without a rate it cannot be billed.
ONE_OFFS_LEFT = text(f"""
SELECT o.id, o.customer_id,
       p.code IS NULL OR rate.rate_millionths IS NULL OR p.currency <> o.currency OR NOT EXISTS (
           SELECT FROM tax_rate t WHERE t.state = c.state AND t.product_class = o.product_class
               AND t.valid_from <= :first
       ) AS unbillable
FROM one_off o JOIN contract c ON c.id = o.contract_id LEFT JOIN plan p ON p.code = c.plan_code
{_RATE}
WHERE o.withdrawn_at IS NULL AND o.from_period <= :first
    AND o.created_at < (
        SELECT max(at) FROM run_event WHERE run_id = :run_id AND act = 'drafted'
    ) - interval '1 minute'
    AND c.standing = 'good' AND c.held_since IS NULL
    AND NOT EXISTS (SELECT FROM invoice_line l WHERE l.one_off_id = o.id)
    AND NOT EXISTS (
        SELECT FROM invoice i WHERE i.run_id = :run_id AND i.contract_id = o.contract_id
            AND i.review = 'outlier' AND i.status = 'void'
    )
ORDER BY o.id
""")  # noqa: S608 - constants

# Lines of one-offs that were withdrawn or say something else.
ONE_OFFS_CHANGED = text(f"""
SELECT l.invoice_id FROM invoice_line l JOIN invoice i ON i.id = l.invoice_id
JOIN one_off o ON o.id = l.one_off_id
WHERE {COUNTED} AND l.one_off_id IS NOT NULL AND (
    o.withdrawn_at IS NOT NULL OR o.contract_id <> i.contract_id OR o.from_period > :first
    OR (l.kind, l.description) <> (o.kind, o.description)
    OR l.amount_cents <> CASE o.kind WHEN 'charge' THEN 1 ELSE -1 END * o.amount_cents
)
ORDER BY 1
""")  # noqa: S608 - constants

CARRIED = text(f"""
SELECT count(*) AS invoices, coalesce(sum(carried_cents), 0)::bigint AS cents
FROM invoice i WHERE {COUNTED} AND i.carried_cents > 0
""")  # noqa: S608 - constants

# Contracts of which billing heard only after last month was billed, or which were held then. One
# without a single day there has nothing to be billed for.
LATE = text("""
SELECT c.id, c.customer_id FROM contract c JOIN plan p ON p.code = c.plan_code
WHERE p.interval = 'month' AND c.standing = 'good' AND c.standing_version = 0
    AND c.held_since IS NULL AND c.starts_on < :first
    AND (c.ends_on IS NULL OR (c.ends_on >= :previous_first AND c.ends_on >= c.starts_on))
    AND NOT EXISTS (
        SELECT FROM invoice i
        WHERE i.contract_id = c.id AND i.period_start = :previous_first
            AND (i.status <> 'void' OR i.review = 'outlier')
    )
ORDER BY c.id
""")

FIGURES = text("""
SELECT count(*) AS invoices, coalesce(sum(total_cents), 0)::bigint AS total_cents
FROM invoice WHERE run_id = :run_id AND status NOT IN ('parked', 'void')
""")
