-- The rules of accounts, contracts, tickets and surveys.
-- Each query finds what breaks its rule, a row each; demo.now is the moment the world is of.

-- rule: every account has an address, a preference and a card
SELECT id FROM account a
WHERE NOT EXISTS (SELECT FROM address WHERE account_id = a.id)
    OR NOT EXISTS (SELECT FROM notification_preference WHERE account_id = a.id)
    OR NOT EXISTS (SELECT FROM card WHERE account_id = a.id AND status = 'stored');

-- rule: cards are good
SELECT id FROM card WHERE make_date(exp_year, exp_month, 1) <= current_setting('demo.now')::timestamptz::date;

-- rule: every account has a contract
SELECT id FROM account a WHERE NOT EXISTS (SELECT FROM contract WHERE account_id = a.id);

-- rule: a contract ends when it is cancelled
SELECT id FROM contract
WHERE (status = 'cancelled') <> (ends_on IS NOT NULL) OR ends_on < starts_on
    OR version <> CASE status WHEN 'active' THEN 1 ELSE 2 END
    OR ends_on >= (current_setting('demo.now')::timestamptz AT TIME ZONE 'America/New_York')::date
    OR starts_on <> (created_at AT TIME ZONE 'America/New_York')::date
    OR updated_at > current_setting('demo.now')::timestamptz;

-- rule: the address of a contract is the customer's
SELECT c.id FROM contract c JOIN address a ON a.id = c.address_id
WHERE a.account_id <> c.account_id;

-- rule: the contract of a ticket is the customer's and was running
SELECT t.id FROM ticket t JOIN contract c ON c.id = t.contract_id
WHERE c.account_id <> t.account_id
    OR c.starts_on > (t.submitted_at AT TIME ZONE 'America/New_York')::date
    OR c.ends_on < (coalesce(t.resolved_at, t.updated_at)
        AT TIME ZONE 'America/New_York')::date - 14;

-- rule: the timeline ends with the ticket's state
SELECT t.id FROM ticket t
LEFT JOIN LATERAL (
    SELECT * FROM ticket_timeline WHERE ticket_id = t.id ORDER BY version DESC LIMIT 1
) l ON true
WHERE (t.status, t.version, t.updated_at)
    IS DISTINCT FROM (l.status, l.version, l.at);

-- rule: the timeline begins with the submission
SELECT t.id FROM ticket t
LEFT JOIN ticket_timeline l ON l.ticket_id = t.id AND l.version = 0
WHERE (l.status, l.at) IS DISTINCT FROM ('submitted', t.submitted_at);

-- rule: an expert is named while promised, and when it is done
SELECT id FROM ticket
WHERE (status IN ('accepted', 'in_progress', 'resolved', 'closed')) <> (expert_name IS NOT NULL)
    OR (expert_name IS NULL) <> (window_start IS NULL);

-- rule: a resolution is told exactly while it stands
SELECT id FROM ticket
WHERE (status IN ('resolved', 'closed'))
    <> (resolution IS NOT NULL AND resolved_at IS NOT NULL);

-- rule: answers have a score, silence has none
SELECT id FROM survey
WHERE (answered_at IS NULL) <> (score IS NULL)
    OR (answered_at IS NULL AND (comment IS NOT NULL OR would_recommend IS NOT NULL))
    OR answered_at NOT BETWEEN sent_at AND expires_at OR answered_at > current_setting('demo.now')::timestamptz
    OR expires_at <> sent_at + interval '14 days';

-- rule: a survey asks by the template of its ticket's type
SELECT s.id
FROM survey s JOIN ticket t ON t.id = s.ticket_id JOIN ticket_type k ON k.code = t.ticket_type
WHERE s.template <> coalesce(k.survey_template, 'default');

-- rule: answers are to questions of their template, and offered there
SELECT s.id
FROM survey s, jsonb_each(s.answers) a (question, given)
WHERE s.answered_at IS NULL OR NOT EXISTS (
    SELECT FROM survey_template t, jsonb_array_elements(t.questions) q
    WHERE t.code = s.template AND t.version = s.template_version AND q->>'code' = a.question
        AND (SELECT bool_and(q->'choices' @> jsonb_build_array(jsonb_build_object('code', c)))
             FROM jsonb_array_elements(a.given) c)
);

-- rule: who does not answer in five days is reminded once
SELECT s.id
FROM survey s
LEFT JOIN survey_reminder r ON r.survey_id = s.id
LEFT JOIN notification n ON n.kind = 'survey_reminder' AND n.cause = s.id::text
WHERE coalesce(r.reminded, false) <> (n.id IS NOT NULL)
    OR s.answered_at <= r.decided_at OR r.decided_at <> s.sent_at + interval '5 days'
    OR n.created_at <> r.decided_at
    OR (r.survey_id IS NULL AND s.answered_at IS NULL
        AND s.sent_at > current_setting('demo.now')::timestamptz - interval '14 days'
        AND s.sent_at <= current_setting('demo.now')::timestamptz - interval '5 days');

-- rule: an answered or old survey closes its ticket
SELECT s.id FROM survey s JOIN ticket t ON t.id = s.ticket_id
WHERE t.status = 'resolved' AND s.ticket_version = t.version
    AND (s.answered_at IS NOT NULL OR t.resolved_at <= current_setting('demo.now')::timestamptz - interval '14 days');

-- rule: statements sum up
SELECT s.id FROM statement s
WHERE total_cents <> (
    SELECT sum((line->>1)::bigint) FROM jsonb_array_elements(lines) line
);

-- rule: customers are told what cannot wait, once, the way they prefer
SELECT t.id FROM (
    SELECT l.ticket_id AS id, l.version, l.at, t.account_id, p.arrival_channel,
        CASE
            WHEN l.status = 'accepted' THEN 'expert_arriving'
            WHEN l.status = 'cancelled' THEN 'ticket_cancelled'
            WHEN l.status = 'resolved' THEN 'survey_invitation'
            WHEN l.action = 'no_show' THEN 'nobody_home'
            WHEN l.action = 'miss' THEN 'expert_did_not_come'
            WHEN l.status = 'open' AND b.status = 'accepted' THEN 'visit_off'
            WHEN l.status = 'open' AND b.status = 'in_progress' THEN 'another_visit'
        END AS kind
    FROM ticket_timeline l
    JOIN ticket t ON t.id = l.ticket_id
    JOIN notification_preference p ON p.account_id = t.account_id
    LEFT JOIN ticket_timeline b ON b.ticket_id = l.ticket_id AND b.version = l.version - 1
) t
FULL JOIN (
    SELECT * FROM notification WHERE ticket_id IS NOT NULL AND kind <> 'survey_reminder'
) n
    ON n.cause = t.id || '/' || t.version AND n.kind = t.kind
WHERE (t.kind IS NOT NULL OR t.id IS NULL) AND (
    n.id IS NULL OR t.id IS NULL OR n.account_id <> t.account_id OR n.created_at <> t.at
    OR n.channel <> CASE WHEN t.kind IN (
            'expert_arriving', 'visit_off', 'nobody_home', 'expert_did_not_come'
        ) THEN t.arrival_channel ELSE 'email' END
    OR n.status <> CASE n.channel WHEN 'sms' THEN 'delivered' ELSE 'sent' END
);

-- rule: nothing was sent before it was written or after now
SELECT id FROM notification
WHERE sent_at < created_at OR sent_at > current_setting('demo.now')::timestamptz;

-- rule: receipts and notices are of invoices that were paid or declined
SELECT n.id FROM notification n
LEFT JOIN statement s ON s.id::text = split_part(n.cause, '/', 1)
WHERE n.kind IN ('invoice_paid', 'payment_declined') AND (
    s.account_id IS DISTINCT FROM n.account_id OR split_part(n.cause, '/', 2)::int > s.version
    OR (n.kind = 'invoice_paid') <> (s.status = 'paid' AND split_part(n.cause, '/', 2)::int = s.version)
);

-- rule: what was told within two weeks shows how it was sent
SELECT n.id FROM notification n
LEFT JOIN notification_attempt a ON a.notification_id = n.id AND a.channel = n.channel
WHERE n.created_at >= current_setting('demo.now')::timestamptz - interval '14 days'
    AND (
        a.outcome IS DISTINCT FROM CASE n.channel WHEN 'sms' THEN 'delivered' ELSE 'taken' END
        OR (n.delivered_at IS NOT NULL) <> (n.channel = 'sms')
    );
