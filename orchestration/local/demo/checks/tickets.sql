-- The rules of tickets and their events.
-- Each query finds what breaks its rule, a row each; demo.now is the moment the world is of.

-- rule: versions count from 1 without a gap
SELECT ticket_id FROM ticket_event GROUP BY ticket_id
HAVING count(*) <> max(version) OR min(version) <> 1;

-- rule: every ticket has events
SELECT id FROM ticket t
WHERE NOT EXISTS (SELECT FROM ticket_event WHERE ticket_id = t.id);

-- rule: the first event opens what was submitted
SELECT id FROM ticket_event
WHERE version = 1 AND (from_status, to_status) IS DISTINCT FROM ('submitted', 'open');

-- rule: each event begins where the last one ended
SELECT id FROM (
    SELECT id, from_status, at, lag(to_status) OVER events AS before,
        lag(at) OVER events AS earlier
    FROM ticket_event WINDOW events AS (PARTITION BY ticket_id ORDER BY version)
) e WHERE before <> from_status OR earlier > at;

-- rule: only allowed transitions happened
SELECT id FROM ticket_event WHERE (from_status, to_status) NOT IN (
    ('submitted', 'open'), ('open', 'assigned'), ('escalated', 'assigned'),
    ('assigned', 'accepted'), ('assigned', 'open'), ('accepted', 'open'), ('open', 'escalated'),
    ('escalated', 'open'), ('accepted', 'in_progress'), ('in_progress', 'open'),
    ('in_progress', 'resolved'), ('resolved', 'closed'), ('resolved', 'open'), ('closed', 'open'),
    ('open', 'cancelled'), ('escalated', 'cancelled'), ('assigned', 'cancelled'),
    ('accepted', 'cancelled')
);

-- rule: an action leads where the rules say
SELECT id FROM ticket_event
WHERE action IS NULL OR to_status <> CASE action
    WHEN 'assign' THEN 'assigned' WHEN 'accept' THEN 'accepted' WHEN 'start' THEN 'in_progress'
    WHEN 'complete' THEN 'resolved' WHEN 'close' THEN 'closed' WHEN 'escalate' THEN 'escalated'
    WHEN 'cancel' THEN 'cancelled' ELSE 'open' END;

-- rule: an escalation says why
SELECT id FROM ticket_event WHERE (action = 'escalate') <> (escalation IS NOT NULL);

-- rule: visits for nothing are counted
SELECT t.id FROM ticket t
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE action = 'no_show') AS nobody_home,
        count(*) FILTER (WHERE action = 'miss') AS nobody_came
    FROM ticket_event WHERE ticket_id = t.id
) e ON true
WHERE (t.customer_absences, t.expert_absences) <> (e.nobody_home, e.nobody_came);

-- rule: nothing happened before its submission or after now
SELECT e.id FROM ticket_event e JOIN ticket t ON t.id = e.ticket_id
WHERE e.at < t.submitted_at OR e.at > current_setting('demo.now')::timestamptz;

-- rule: a ticket is what its last event made of it
SELECT t.id FROM ticket t
JOIN LATERAL (
    SELECT * FROM ticket_event WHERE ticket_id = t.id ORDER BY version DESC LIMIT 1
) e ON true
WHERE (t.status, t.version, t.updated_at)
    IS DISTINCT FROM (e.to_status, e.version, e.at);

-- rule: somebody acted, or the platform
SELECT id FROM ticket_event WHERE (actor = 'system') <> (actor_id IS NULL);

-- rule: experts and office are staff, customers are themselves
SELECT e.id FROM ticket_event e JOIN ticket t ON t.id = e.ticket_id
LEFT JOIN staff s ON s.id = e.actor_id
WHERE actor <> 'system' AND CASE actor WHEN 'customer' THEN e.actor_id <> t.customer_id
    ELSE s.id IS NULL OR NOT s.roles @> ARRAY[actor::text] END;

-- rule: the helpdesk took the calls
SELECT t.id FROM ticket t JOIN ticket_event e ON e.ticket_id = t.id AND e.version = 1
WHERE e.actor <> CASE t.channel WHEN 'phone' THEN 'helpdesk' ELSE 'customer' END;

-- rule: a resolution has its time and its words
SELECT t.id FROM ticket t
LEFT JOIN LATERAL (
    SELECT max(at) AS at FROM ticket_event
    WHERE ticket_id = t.id AND to_status = 'resolved'
) r ON true
WHERE t.resolved_at IS DISTINCT FROM
        CASE WHEN t.status IN ('resolved', 'closed') THEN r.at END
    OR (t.status IN ('resolved', 'closed') AND t.resolution IS NULL);

-- rule: what was resolved two weeks ago is closed
SELECT id FROM ticket
WHERE status = 'resolved' AND resolved_at <= current_setting('demo.now')::timestamptz - interval '14 days';

-- rule: nothing is reopened after two weeks
SELECT e.id FROM ticket_event e
WHERE e.from_status IN ('resolved', 'closed') AND e.to_status = 'open' AND NOT EXISTS (
    SELECT FROM ticket_event r WHERE r.ticket_id = e.ticket_id
        AND r.to_status = 'resolved' AND r.version < e.version
        AND r.at >= e.at - interval '14 days'
);

-- rule: the SLA is the plan's
SELECT t.id FROM ticket t JOIN entitlement c ON c.contract_id = t.contract_id
JOIN support_plan p ON p.code = c.plan_code
WHERE t.sla_due_at <> t.submitted_at + make_interval(hours => p.sla_hours)
    OR t.priority <> CASE
        WHEN p.sla_hours <= 24 THEN 'urgent' WHEN p.sla_hours <= 72 THEN 'high'
        WHEN p.sla_hours <= 96 THEN 'normal' ELSE 'low' END;

-- rule: the plan covers the device
SELECT t.id FROM ticket t JOIN entitlement c ON c.contract_id = t.contract_id
JOIN support_plan p ON p.code = c.plan_code JOIN ticket_type k ON k.code = t.ticket_type
WHERE NOT k.device_type = ANY (p.device_types);

-- rule: the contract is the customer's
SELECT t.id FROM ticket t LEFT JOIN entitlement c ON c.contract_id = t.contract_id
WHERE c.customer_id IS DISTINCT FROM t.customer_id;

-- rule: open tickets have a contract in force
SELECT t.id FROM ticket t JOIN entitlement c ON c.contract_id = t.contract_id
WHERE t.status NOT IN ('resolved', 'closed', 'cancelled')
    AND (c.status <> 'active' OR c.standing <> 'good');

-- rule: the next number is free
SELECT max(number) FROM ticket
HAVING max(number) > (SELECT last_value FROM ticket_number_seq);

-- rule: ids tell when a row was made
SELECT id FROM ticket
WHERE abs(extract(epoch FROM uuid_extract_timestamp(id) - submitted_at)) > 0.001
UNION ALL
SELECT id FROM ticket_event
WHERE abs(extract(epoch FROM uuid_extract_timestamp(id) - at)) > 0.001;
