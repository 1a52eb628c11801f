-- The rules of billing runs and invoices.
-- Each query finds what breaks its rule, a row each; demo.now is the moment the world is of.

-- rule: every closed month has a finished run
SELECT month FROM (
    SELECT generate_series(
        (SELECT min(period) FROM billing_run)::timestamp,
        date_trunc('month', current_setting('demo.now')::timestamptz AT TIME ZONE 'America/New_York') - interval '1 month',
        interval '1 month'
    )::date AS month
) m LEFT JOIN billing_run r ON r.period = m.month AND r.status = 'finished'
WHERE r.id IS NULL;

-- rule: no run is of a month that is not over
SELECT id FROM billing_run
WHERE period + interval '1 month'
        > date_trunc('month', current_setting('demo.now')::timestamptz AT TIME ZONE 'America/New_York')
    OR updated_at > current_setting('demo.now')::timestamptz;

-- rule: what is due is billed, and nothing else
SELECT coalesce(d.id, i.contract_id) FROM (
    SELECT c.id, m.first FROM contract c JOIN plan p ON p.code = c.plan_code
    JOIN (
    SELECT period AS first, (period + interval '1 month - 1 day')::date AS last, id AS run_id,
        created_at
    FROM billing_run
) m ON c.starts_on <= m.last AND coalesce(c.ends_on, 'infinity') >= m.first
    WHERE (p.interval = 'month' OR EXISTS (
            SELECT FROM generate_series(0, 20) years
            WHERE (c.starts_on + make_interval(years => years))::date BETWEEN m.first AND m.last
                AND (c.starts_on + make_interval(years => years))::date
                    <= coalesce(c.ends_on, 'infinity')
        ))
        AND NOT (c.standing = 'suspended' AND c.updated_at < m.created_at)
) d
        FULL JOIN invoice i ON i.contract_id = d.id AND i.period_start = d.first
        WHERE d.id IS NULL OR i.id IS NULL;

-- rule: lines sum to the invoice
SELECT i.id FROM invoice i
LEFT JOIN LATERAL (
    SELECT sum(amount_cents) AS total,
        coalesce(sum(amount_cents) FILTER (WHERE kind = 'tax'), 0) AS tax,
        count(*) = max(position) AS counted
    FROM invoice_line WHERE invoice_id = i.id
) l ON true
WHERE (l.total, l.tax, l.counted) IS DISTINCT FROM (i.total_cents, i.tax_cents, true);

-- rule: tax is the state's
SELECT i.id FROM invoice i JOIN contract c ON c.id = i.contract_id
JOIN LATERAL (
    SELECT rate_millionths FROM tax_rate
    WHERE state = c.state AND product_class = 'support_plan'
        AND valid_from <= i.period_start
    ORDER BY valid_from DESC LIMIT 1
) rate ON true
WHERE i.tax_cents <> round(i.subtotal_cents::numeric * rate.rate_millionths / 1000000);

-- rule: a full month costs the plan's price, a part less
SELECT i.id FROM invoice i JOIN contract c ON c.id = i.contract_id
JOIN plan p ON p.code = c.plan_code
JOIN invoice_line l ON l.invoice_id = i.id AND l.position = 1
WHERE CASE
    WHEN p.interval = 'year' OR (c.starts_on <= i.period_start
        AND coalesce(c.ends_on, 'infinity') >= i.period_end)
    THEN l.kind <> 'plan' OR i.subtotal_cents <> p.price_cents
    ELSE l.kind <> 'proration'
        OR abs(i.subtotal_cents - p.price_cents::numeric
            * (least(coalesce(c.ends_on, i.period_end), i.period_end)
                - greatest(c.starts_on, i.period_start) + 1)
            / (i.period_end - i.period_start + 1)) > 1
    END;

-- rule: periods are whole months of their run
SELECT i.id FROM invoice i JOIN billing_run r ON r.id = i.run_id
WHERE (i.period_start, i.period_end)
    <> (r.period, (r.period + interval '1 month - 1 day')::date);

-- rule: numbers have no gap
SELECT count(*) FROM invoice
HAVING count(*) <> coalesce(max(number), 0) OR coalesce(min(number), 1) <> 1
    OR coalesce(max(number), 0)
        <> (SELECT last_number FROM invoice_series WHERE series = 'INV');

-- rule: numbers follow months and contracts
SELECT id FROM (
    SELECT id, number,
        row_number() OVER (ORDER BY period_start, contract_id) AS place
    FROM invoice
) i WHERE number <> place;

-- rule: a run sums its invoices
SELECT r.id FROM billing_run r
LEFT JOIN LATERAL (
    SELECT count(*) AS invoices, coalesce(sum(total_cents), 0) AS total_cents
    FROM invoice WHERE run_id = r.id
) i ON true
WHERE (r.invoices, r.total_cents) <> (i.invoices, i.total_cents);

-- rule: row hashes are those of the rows
SELECT i.id FROM invoice i
WHERE row_hash <> sha256(convert_to(
    i.contract_id || '|' || i.customer_id || '|' || encode(sha256(convert_to(
        i.period_start || '|' || i.period_end || '|' || i.currency || '|'
        || i.subtotal_cents || '|' || i.tax_cents || '|' || i.total_cents || E'\n'
        || (
            SELECT string_agg(
                l.position || '|' || l.kind || '|' || l.amount_cents || '|'
                || length(l.description) || '|' || l.description || E'\n',
                '' ORDER BY l.position
            )
            FROM invoice_line l WHERE l.invoice_id = i.id
        ), 'UTF8')), 'hex'), 'UTF8'));

-- rule: runs were approved for exactly their rows
SELECT r.id FROM billing_run r
LEFT JOIN LATERAL (
    SELECT sha256(coalesce(string_agg(row_hash, ''::bytea ORDER BY contract_id), ''))
        AS hash
    FROM invoice WHERE run_id = r.id
) i ON true
WHERE r.approved_hash IS DISTINCT FROM i.hash OR r.rows_hash IS DISTINCT FROM i.hash;

-- rule: a run's acts are told
SELECT r.id FROM billing_run r WHERE ARRAY['drafted', 'approved', 'issued', 'finished']
    <> ARRAY(SELECT act::text FROM run_event WHERE run_id = r.id ORDER BY at);

-- rule: one-off charges and credits wait for the month that is not over, of contracts that go on
SELECT o.id FROM one_off o JOIN contract c ON c.id = o.contract_id
WHERE o.customer_id <> c.customer_id OR c.standing <> 'good' OR c.ends_on < o.from_period
    OR o.created_at > current_setting('demo.now')::timestamptz
    OR EXISTS (SELECT FROM billing_run r WHERE r.period >= o.from_period);
