-- What two databases must say alike: the rows of both queries are to be the same.

-- rule: tickets are the same on both sides
-- in: customer
SELECT account_id, id, number, contract_id, ticket_type, description, priority, channel, status,
    version, preferred_windows, customer_absences, expert_absences, submitted_at, resolved_at,
    updated_at
FROM ticket;
-- in: sysops
SELECT customer_id, id, number, contract_id, ticket_type, description, priority, channel,
    status, version, preferred_windows, customer_absences, expert_absences, submitted_at,
    resolved_at, updated_at
FROM ticket;

-- rule: photos are the same on both sides, and each has its bytes
-- in: customer
SELECT a.id, ticket_id, version, file_name, media_type, length(content)
FROM attachment a
JOIN attachment_content c ON c.attachment_id = a.id;
-- in: sysops
SELECT id, ticket_id, version, file_name, media_type, size_bytes
FROM ticket_attachment;

-- rule: a ticket's address is one of its customer's
-- in: customer
SELECT t.id, line1, line2, city, state, zip, latitude, longitude, time_zone
FROM ticket t
JOIN address a ON a.id = t.address_id AND a.account_id = t.account_id;
-- in: sysops
SELECT id, line1, line2, city, state, zip, latitude, longitude, time_zone
FROM ticket;

-- rule: the customer's timeline has every event
-- in: customer
SELECT ticket_id, version, status, at, action, reason
FROM ticket_timeline
WHERE version > 0;
-- in: sysops
SELECT ticket_id, version, to_status, at, action, reason
FROM ticket_event;

-- rule: the customer sees the parts that visits used
-- in: customer
SELECT ticket_id, at, part->>'name', part->>'part_number', (part->>'quantity')::int
FROM ticket_timeline, jsonb_array_elements(parts) part;
-- in: sysops
SELECT a.ticket_id, a.completed_at, p.name, p.part_number, p.quantity
FROM visit_part p JOIN assignment a ON a.id = p.assignment_id
WHERE p.purpose = 'used';

-- rule: every resolution has a survey
-- in: customer
SELECT ticket_id, ticket_version
FROM survey;
-- in: sysops
SELECT ticket_id, version
FROM ticket_event
WHERE to_status = 'resolved';

-- rule: the promised visit is told to the customer
-- in: customer
SELECT id, expert_name, window_start, window_end
FROM ticket
WHERE expert_name IS NOT NULL;
-- in: sysops
SELECT a.ticket_id, s.full_name, lower(a.during), upper(a.during)
FROM assignment a
JOIN staff s ON s.id = a.expert_id JOIN ticket t ON t.id = a.ticket_id
WHERE a.status = 'accepted' OR (a.status = 'completed' AND a.completed_at = t.resolved_at);

-- rule: every answer reached analytics
-- in: customer
SELECT id, ticket_id, score, would_recommend, comment IS NOT NULL, answered_at, template,
    template_version
FROM survey
WHERE answered_at IS NOT NULL;
-- in: analytics
SELECT survey_id, ticket_id, score, would_recommend, has_comment, answered_at, template,
    template_version
FROM survey_response;

-- rule: every choice reached analytics
-- in: customer
SELECT id, question, choice
FROM survey, jsonb_each(answers) a (question, given), jsonb_array_elements_text(given) choice;
-- in: analytics
SELECT survey_id, question, choice
FROM survey_choice;

-- rule: survey templates are the same
-- in: customer
SELECT code, version, heading, questions
FROM survey_template;
-- in: sysops
SELECT code, version, heading, questions
FROM survey_template;

-- rule: the directory knows every customer
-- in: customer
SELECT id, version, full_name, email, phone, updated_at
FROM account;
-- in: sysops
SELECT id, version, full_name, email, phone, updated_at
FROM customer;

-- rule: the directory knows every address
-- in: customer
SELECT account_id, line1, line2, city, state, zip, latitude, longitude, time_zone
FROM address;
-- in: sysops
SELECT id, a->>'line1', a->>'line2', a->>'city', a->>'state', a->>'zip',
    (a->>'latitude')::float8, (a->>'longitude')::float8, a->>'time_zone'
FROM customer, jsonb_array_elements(addresses) a;

-- rule: entitlements follow contracts
-- in: customer
SELECT id, account_id, plan_code, status, version, standing, standing_version
FROM contract;
-- in: sysops
SELECT contract_id, customer_id, plan_code, status, version, standing, standing_version
FROM entitlement;

-- rule: billing knows every contract
-- in: customer
SELECT c.id, c.account_id, plan_code, status, version, standing, standing_version, starts_on,
    ends_on, state, zip
FROM contract c
JOIN address a ON a.id = c.address_id;
-- in: billing
SELECT id, customer_id, plan_code, status, version, standing, standing_version, starts_on,
    ends_on, state, zip
FROM contract;

-- rule: plans are the same for customers
-- in: customer
SELECT code, version, name, price_cents, currency, interval, active, sla_hours, device_types
FROM support_plan;
-- in: sysops
SELECT code, version, name, price_cents, currency, interval, active, sla_hours, device_types
FROM support_plan;

-- rule: plans are the same for billing
-- in: billing
SELECT code, version, name, price_cents, currency, interval, active
FROM plan;
-- in: sysops
SELECT code, version, name, price_cents, currency, interval, active
FROM support_plan;

-- rule: ticket types are the same
-- in: customer
SELECT code, version, name, device_type, device_name, active, survey_template
FROM ticket_type;
-- in: sysops
SELECT t.code, t.version, t.name, t.device_type, d.name, t.active, t.survey_template
FROM ticket_type t
JOIN device_type d ON d.code = t.device_type;

-- rule: statements are billing's invoices
-- in: customer
SELECT id, account_id, contract_id, number, version, status, period_start, period_end,
    total_cents, currency, issued_at, reason, due_cents, next_try_at
FROM statement;
-- in: billing
SELECT id, customer_id, contract_id, 'INV-' || lpad(number::text, 8, '0'), version, i.status,
    period_start, period_end, total_cents, currency, issued_at, reason,
    CASE WHEN i.status IN ('issued', 'declined') THEN total_cents - credited_cents ELSE 0 END,
    d.next_at
FROM invoice i LEFT JOIN dunning d ON d.invoice_id = i.id
WHERE number IS NOT NULL;

-- rule: statements have billing's payments
-- in: customer
SELECT s.id, it->>'id', it->>'status', (it->>'amount_cents')::bigint, (it->>'at')::timestamptz,
    it->>'card_id'
FROM statement s, jsonb_array_elements(settlements) it;
-- in: billing
SELECT invoice_id, id, CASE status WHEN 'approved' THEN 'done' ELSE status END, amount_cents,
    date_trunc('second', decided_at), card_id
FROM payment;

-- rule: contracts are taxed as billing told
-- in: customer
SELECT c.id, billing_version, billing_held, tax_rate_millionths
FROM contract c;
-- in: billing
SELECT c.id, billing_version, held_since IS NOT NULL, (
    SELECT rate_millionths FROM tax_rate t
    WHERE t.state = c.state AND product_class = 'support_plan' AND valid_from <= (
        SELECT max(period) + interval '1 month' FROM billing_run
    )
    ORDER BY valid_from DESC LIMIT 1
)
FROM contract c;

-- rule: statements have billing's lines
-- in: customer
SELECT s.id, line.place, line.value->>0, line.value->>1
FROM statement s, jsonb_array_elements(lines) WITH ORDINALITY line (value, place);
-- in: billing
SELECT invoice_id, position, description, amount_cents
FROM invoice_line;

-- rule: the vault has every card
-- in: customer
SELECT id, account_id, brand, last4, exp_month, exp_year, created_at
FROM card
WHERE status = 'stored';
-- in: billing
SELECT card_id, customer_id, brand, last4, exp_month, exp_year, created_at
FROM vault_card
WHERE status = 'active';
