"""The questions that the checks of a run ask the database.

Each is written against the stored rows and apart from the code that drafted them: a check that
repeats its subject's own reasoning finds nothing. Parameters are those of `cases.parameters`,
`run_id`, `previous_id` (last month's run) and `product_class`.
"""

from sqlalchemy import text

from api.billing.invoices.hashes import STORED_ROW_HASH

_RATE = """
    LEFT JOIN LATERAL (
        SELECT rate_millionths FROM tax_rate
        WHERE state = c.state AND product_class = :product_class AND valid_from <= :first
        ORDER BY valid_from DESC LIMIT 1
    ) rate ON true
"""
_COUNTED = "i.run_id = :run_id AND i.status NOT IN ('parked', 'void')"
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

SERVED = text(f"SELECT count(*) FROM contract c WHERE {_SERVED}")  # noqa: S608

TWICE = text(f"""
SELECT i.contract_id FROM invoice i WHERE {_COUNTED} GROUP BY i.contract_id HAVING count(*) > 1
""")  # noqa: S608 - constants

UNEQUAL_LINES = text(f"""
SELECT i.id FROM invoice i
LEFT JOIN LATERAL (
    SELECT sum(amount_cents) AS total, sum(amount_cents) FILTER (WHERE kind = 'tax') AS tax
    FROM invoice_line WHERE invoice_id = i.id
) l ON true
WHERE {_COUNTED}
    AND (l.total IS DISTINCT FROM i.total_cents OR coalesce(l.tax, 0) <> i.tax_cents)
""")  # noqa: S608 - constants

OTHER_HASH = text(f"""
SELECT i.id FROM invoice i WHERE {_COUNTED} AND i.row_hash <> {STORED_ROW_HASH}
""")  # noqa: S608 - constants

WRONG_TAX = text(f"""
SELECT i.id FROM invoice i JOIN contract c ON c.id = i.contract_id {_RATE}
WHERE {_COUNTED} AND i.tax_cents IS DISTINCT FROM
    round(i.subtotal_cents::numeric * rate.rate_millionths / 1000000)
""")  # noqa: S608 - constants

CREDITS = text("""
SELECT i.id, i.customer_id, i.total_cents FROM invoice i
WHERE i.run_id = :run_id AND i.status = 'parked' AND i.review IS NULL ORDER BY i.id
""")

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
