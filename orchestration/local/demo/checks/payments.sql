-- The rules of payments, ledger and reminders.
-- Each query finds what breaks its rule, a row each; demo.now is the moment the world is of.

-- rule: postings sum to zero
SELECT posting_id FROM ledger_entry GROUP BY posting_id HAVING sum(amount_cents) <> 0;

-- rule: every posting has one cause and one moment
SELECT posting_id FROM ledger_entry GROUP BY posting_id
HAVING count(DISTINCT (cause, cause_id, posted_at)) <> 1;

-- rule: issuing is posted to the cent
SELECT i.id FROM invoice i
LEFT JOIN LATERAL (
    SELECT sum(amount_cents) FILTER (WHERE account = 'receivable') AS receivable,
        sum(amount_cents) FILTER (WHERE account = 'revenue') AS revenue,
        coalesce(sum(amount_cents) FILTER (WHERE account = 'tax'), 0) AS tax,
        max(posted_at) AS at
    FROM ledger_entry WHERE invoice_id = i.id AND cause = 'invoice'
) l ON true
WHERE (l.receivable, l.revenue, l.tax, l.at)
    IS DISTINCT FROM (i.total_cents, -i.subtotal_cents, -i.tax_cents, i.issued_at);

-- rule: cash is what was approved
SELECT p.id FROM payment p
LEFT JOIN ledger_entry cash ON cash.cause_id = p.id AND cash.account = 'cash'
LEFT JOIN ledger_entry owed ON owed.cause_id = p.id AND owed.account = 'receivable'
WHERE CASE p.status WHEN 'approved'
    THEN (cash.amount_cents, owed.amount_cents, cash.posted_at)
        IS DISTINCT FROM (p.amount_cents, -p.amount_cents, p.decided_at)
    ELSE cash.id IS NOT NULL OR owed.id IS NOT NULL END;

-- rule: who paid owes nothing, who did not owes all
SELECT i.id FROM invoice i
LEFT JOIN LATERAL (
    SELECT coalesce(sum(amount_cents), 0) AS owed FROM ledger_entry
    WHERE invoice_id = i.id AND account = 'receivable'
) l ON true
WHERE l.owed <> CASE i.status WHEN 'paid' THEN 0 ELSE i.total_cents END;

-- rule: an invoice is paid by its last try
SELECT i.id FROM invoice i
LEFT JOIN LATERAL (
    SELECT * FROM payment WHERE invoice_id = i.id ORDER BY attempt DESC LIMIT 1
) p ON true
WHERE (i.status, p.status) NOT IN (('paid', 'approved'), ('declined', 'declined'))
    OR i.paid_at IS DISTINCT FROM CASE p.status WHEN 'approved' THEN p.decided_at END
    OR (i.status = 'paid') <> (i.reason IS NULL);

-- rule: tries are of the whole sum, counted, one after the other
SELECT p.id FROM payment p JOIN invoice i ON i.id = p.invoice_id
WHERE p.amount_cents <> i.total_cents OR p.customer_id <> i.customer_id
    OR p.created_at < i.issued_at OR p.decided_at < p.created_at
    OR p.decided_at > current_setting('demo.now')::timestamptz OR (p.status = 'declined') <> (p.decline_code IS NOT NULL)
    OR p.idempotency_key <> 'payment-' || p.id
    OR (p.attempt > 1 AND NOT EXISTS (
        SELECT FROM payment q WHERE q.invoice_id = p.invoice_id
            AND q.attempt = p.attempt - 1 AND q.status = 'declined'
            AND q.decided_at < p.created_at
    ));

-- rule: versions count what happened
SELECT i.id FROM invoice i
WHERE version <> 2 + (SELECT count(*) FROM payment WHERE invoice_id = i.id);

-- rule: every decline is followed up
SELECT coalesce(d.invoice_id, p.invoice_id) FROM (
    SELECT invoice_id, count(*) AS declines, min(decided_at) AS first,
        max(decided_at) AS last
    FROM payment WHERE status = 'declined' GROUP BY invoice_id
) p
FULL JOIN dunning d ON d.invoice_id = p.invoice_id
LEFT JOIN invoice i ON i.id = d.invoice_id
WHERE d.invoice_id IS NULL OR p.invoice_id IS NULL OR d.step <> p.declines - 1
    OR d.started_at <> p.first
    OR d.status <> CASE WHEN i.status = 'paid' THEN 'recovered'
        WHEN p.declines = 5 THEN 'exhausted' ELSE 'running' END
    OR (d.status = 'running') <> (d.next_at IS NOT NULL);

-- rule: reminders come on days 1, 3, 7 and 14
SELECT p.id FROM payment p JOIN dunning d ON d.invoice_id = p.invoice_id
WHERE p.attempt > 1 AND p.created_at NOT BETWEEN
    d.started_at + (ARRAY[1, 3, 7, 14])[p.attempt - 1] * interval '1 day' - interval '1 s'
    AND d.started_at + (ARRAY[1, 3, 7, 14])[p.attempt - 1] * interval '1 day'
        + interval '1 hour'
UNION ALL
SELECT invoice_id FROM dunning
WHERE next_at < current_setting('demo.now')::timestamptz - interval '1 hour'
    OR next_at < started_at + (ARRAY[1, 3, 7, 14])[step + 1] * interval '1 day';

-- rule: who stays in debt is suspended, and nobody else
SELECT c.id FROM contract c
LEFT JOIN LATERAL (
    SELECT max(d.updated_at) AS at FROM invoice i
    JOIN dunning d ON d.invoice_id = i.id AND d.status = 'exhausted'
    WHERE i.contract_id = c.id
) d ON true
WHERE (c.standing = 'suspended') <> (d.at IS NOT NULL)
    OR c.standing_version <> (d.at IS NOT NULL)::int
    OR (d.at IS NOT NULL AND c.updated_at <> d.at);

-- rule: alerts are open exactly while something is wrong
SELECT coalesce(a.subject_id, w.id) FROM alert a
FULL JOIN (
    SELECT 'payment_declined' AS kind, invoice_id AS id,
        CASE d.status WHEN 'recovered' THEN 'closed' ELSE 'open' END AS status
    FROM dunning d
    UNION ALL
    SELECT 'contract_suspended', id, 'open' FROM contract WHERE standing = 'suspended'
) w ON w.kind = a.kind AND w.id = a.subject_id
WHERE a.status IS DISTINCT FROM w.status
    OR (a.status = 'closed') <> (a.closed_at IS NOT NULL);

-- rule: somebody is in debt, somebody recovered
SELECT status FROM unnest(ARRAY['recovered', 'exhausted']) status
WHERE NOT EXISTS (SELECT FROM dunning d WHERE d.status = status.status);
