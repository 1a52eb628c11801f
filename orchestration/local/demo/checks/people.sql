-- The rules of staff and of the customer directory.
-- Each query finds what breaks its rule, a row each; demo.now is the moment the world is of.

-- rule: every role has somebody
SELECT role FROM unnest(
    ARRAY['expert', 'helpdesk', 'manager', 'administrator', 'finance']) role
WHERE NOT EXISTS (SELECT FROM staff WHERE active AND roles @> ARRAY[role]);

-- rule: experts are staff with that role
SELECT e.id FROM expert e JOIN staff s ON s.id = e.id WHERE NOT s.roles @> '{expert}';

-- rule: every expert works
SELECT id FROM expert e WHERE NOT EXISTS (SELECT FROM shift WHERE expert_id = e.id);

-- rule: certificates are valid
SELECT expert_id FROM expert_skill WHERE certified_until <= current_setting('demo.now')::timestamptz::date;

-- rule: every ticket type needs something
SELECT code FROM ticket_type t
WHERE NOT EXISTS (SELECT FROM required_skill WHERE ticket_type = t.code);

-- rule: addresses and telephone numbers are nobody's
SELECT id FROM staff WHERE email NOT LIKE '%@squad.example' OR phone !~ '^\+1\d{3}55501\d\d$'
UNION ALL
SELECT id FROM customer
WHERE email NOT LIKE '%@example.com' OR phone !~ '^\+1\d{3}55501\d\d$';

-- rule: customers live near experts
SELECT c.id FROM customer c, jsonb_array_elements(addresses) a
WHERE NOT EXISTS (
    SELECT FROM expert e WHERE e.time_zone = a->>'time_zone'
        AND abs(e.latitude - (a->>'latitude')::float8) < 1
);

-- rule: what was told within two weeks shows how it was sent
SELECT n.id FROM notification n
LEFT JOIN notification_attempt a ON a.notification_id = n.id AND a.channel = n.channel
WHERE n.created_at >= current_setting('demo.now')::timestamptz - interval '14 days'
    AND (
        a.outcome IS DISTINCT FROM CASE n.channel WHEN 'sms' THEN 'delivered' ELSE 'taken' END
        OR (n.delivered_at IS NOT NULL) <> (n.channel = 'sms')
    );
