-- The rules of assignments, bookings and runs.
-- Each query finds what breaks its rule, a row each; demo.now is the moment the world is of.

-- rule: experts have the skill, its level and a valid certificate
SELECT a.id FROM assignment a
JOIN expert e ON e.id = a.expert_id JOIN ticket t ON t.id = a.ticket_id
JOIN required_skill r ON r.ticket_type = t.ticket_type
LEFT JOIN expert_skill s ON s.expert_id = a.expert_id AND s.skill = r.skill
WHERE s.level IS NULL OR s.level < r.level OR s.certified_until < (lower(a.during) AT TIME ZONE e.time_zone)::date;

-- rule: visits are inside the expert's radius
SELECT a.id FROM assignment a
JOIN expert e ON e.id = a.expert_id JOIN ticket t ON t.id = a.ticket_id
WHERE e.radius_km < 6371.0088 * acos(least(1, greatest(-1,
    sind(t.latitude) * sind(e.latitude)
    + cosd(t.latitude) * cosd(e.latitude) * cosd(t.longitude - e.longitude))));

-- rule: travel is the way by road
SELECT a.id FROM assignment a
JOIN expert e ON e.id = a.expert_id JOIN ticket t ON t.id = a.ticket_id
WHERE abs(a.travel_km - 1.3 * 6371.0088 * acos(least(1, greatest(-1,
    sind(t.latitude) * sind(e.latitude)
    + cosd(t.latitude) * cosd(e.latitude) * cosd(t.longitude - e.longitude))))) > 0.1;

-- rule: arrival windows are the four of a day
SELECT a.id FROM assignment a
JOIN expert e ON e.id = a.expert_id JOIN ticket t ON t.id = a.ticket_id
WHERE (lower(a.during) AT TIME ZONE e.time_zone)::time NOT IN ('08:00', '10:00', '13:00', '15:00')
    OR upper(a.during) - lower(a.during) <> interval '2 hours'
    OR t.time_zone <> e.time_zone;

-- rule: visits are on the expert's shift
SELECT a.id FROM assignment a
JOIN expert e ON e.id = a.expert_id JOIN ticket t ON t.id = a.ticket_id
WHERE NOT EXISTS (
    SELECT FROM shift s WHERE s.expert_id = a.expert_id
        AND s.weekday = extract(isodow FROM (lower(a.during) AT TIME ZONE e.time_zone))
        AND s.starts_at <= (lower(a.during) AT TIME ZONE e.time_zone)::time
        AND s.ends_at >= (lower(a.during) AT TIME ZONE e.time_zone)::time + interval '2 hours'
);

-- rule: nobody visits during time off
SELECT a.id FROM assignment a
JOIN time_off o ON o.expert_id = a.expert_id AND o.during && a.during;

-- rule: nobody visits on a holiday
SELECT a.id FROM assignment a JOIN expert e ON e.id = a.expert_id
JOIN holiday h ON h.day = (lower(a.during) AT TIME ZONE e.time_zone)::date;

-- rule: holidays are known a year ahead
SELECT 1 WHERE 10 > (
    SELECT count(*) FROM holiday WHERE day > current_setting('demo.now')::timestamptz::date
);

-- rule: no expert is in two places
SELECT a.id FROM assignment a JOIN assignment b
    ON a.expert_id = b.expert_id AND a.id < b.id AND a.during && b.during
WHERE a.status <> 'rejected' AND b.status <> 'rejected';

-- rule: visits are when the customer wished
SELECT a.id FROM assignment a JOIN ticket t ON t.id = a.ticket_id
WHERE a.status IN ('proposed', 'accepted', 'completed') AND jsonb_array_length(t.preferred_windows) > 0 AND NOT EXISTS (
    SELECT FROM jsonb_array_elements(t.preferred_windows) w
    WHERE (w->>'start')::timestamptz <= lower(a.during)
        AND (w->>'end')::timestamptz >= upper(a.during)
);

-- rule: who was excluded is not proposed again
SELECT a.id FROM assignment a JOIN exclusion x
    ON x.ticket_id = a.ticket_id AND x.expert_id = a.expert_id
WHERE a.proposed_at > x.created_at;

-- rule: rejecting, silence and not coming exclude
SELECT a.ticket_id FROM assignment a
FULL JOIN exclusion x ON x.ticket_id = a.ticket_id AND x.expert_id = a.expert_id
    AND a.outcome IN ('rejected', 'expired', 'expert_absent')
WHERE (a.id IS NULL)
    OR (a.outcome IN ('rejected', 'expired', 'expert_absent') AND (x.ticket_id IS NULL
        OR x.reason <> CASE a.outcome
            WHEN 'rejected' THEN 'reject' WHEN 'expired' THEN 'expire' ELSE 'miss' END
        OR x.created_at <> a.decided_at));

-- rule: how an assignment ended is coded
SELECT a.id FROM assignment a
LEFT JOIN ticket_event v ON v.assignment_id = a.id
    AND v.to_status IN ('open', 'resolved', 'cancelled')
WHERE a.outcome IS DISTINCT FROM CASE v.action
    WHEN 'complete' THEN 'resolved' WHEN 'follow_up' THEN 'follow_up'
    WHEN 'no_show' THEN 'customer_absent' WHEN 'miss' THEN 'expert_absent'
    WHEN 'reject' THEN 'rejected' WHEN 'expire' THEN 'expired' WHEN 'withdraw' THEN 'withdrawn'
    WHEN 'reschedule' THEN 'rescheduled' WHEN 'cancel' THEN 'cancelled' END;

-- rule: a visit is given up an hour after its window
SELECT id FROM assignment
WHERE outcome = 'expert_absent'
    AND decided_at NOT BETWEEN upper(during) + interval '1 hour'
        AND upper(during) + interval '65 minutes';

-- rule: parts are of visits that were made
SELECT p.assignment_id FROM visit_part p JOIN assignment a ON a.id = p.assignment_id
WHERE a.outcome <> CASE p.purpose WHEN 'used' THEN 'resolved' ELSE 'follow_up' END;

-- rule: a ticket has one live assignment exactly while it is promised
SELECT t.id FROM ticket t
LEFT JOIN assignment a ON a.ticket_id = t.id AND a.status IN ('proposed', 'accepted')
WHERE (t.status, a.status, a.started_at IS NOT NULL) NOT IN (
        ('assigned', 'proposed', false), ('accepted', 'accepted', false),
        ('in_progress', 'accepted', true)
    )
    AND NOT (a.id IS NULL AND t.status NOT IN ('assigned', 'accepted', 'in_progress'));

-- rule: every proposal is an event of its run
SELECT a.id FROM assignment a
LEFT JOIN ticket_event v ON v.assignment_id = a.id AND v.to_status = 'assigned'
WHERE v.at IS DISTINCT FROM a.proposed_at OR v.ticket_id <> a.ticket_id;

-- rule: who chose by hand is named, and no run is
SELECT a.id FROM assignment a
JOIN ticket_event v ON v.assignment_id = a.id AND v.to_status = 'assigned'
LEFT JOIN staff s ON s.id = a.assigned_by AND 'manager' = ANY (s.roles)
WHERE CASE WHEN a.source = 'manual'
    THEN a.run_id IS NOT NULL OR s.id IS NULL OR v.actor <> 'manager'
        OR v.actor_id IS DISTINCT FROM s.id
    ELSE a.run_id IS NULL OR a.assigned_by IS NOT NULL OR a.pinned OR v.actor <> 'system' END;

-- rule: acceptance is told by both
SELECT a.id FROM assignment a
LEFT JOIN ticket_event v ON v.assignment_id = a.id AND v.to_status = 'accepted'
WHERE (v.id IS NULL AND a.status IN ('accepted', 'completed'))
    OR (v.id IS NOT NULL AND a.status IN ('proposed', 'rejected', 'expired'))
    OR (a.status IN ('accepted', 'completed') AND v.at <> a.decided_at)
    OR (v.id IS NOT NULL AND v.actor_id <> a.expert_id);

-- rule: the start is told by both
SELECT a.id FROM assignment a
LEFT JOIN ticket_event v ON v.assignment_id = a.id AND v.to_status = 'in_progress'
WHERE v.at IS DISTINCT FROM a.started_at;

-- rule: the end is told by both
SELECT a.id FROM assignment a
LEFT JOIN ticket_event v ON v.assignment_id = a.id
    AND v.to_status IN ('open', 'resolved', 'cancelled')
WHERE (a.status IN ('proposed', 'accepted')) <> (v.id IS NULL)
    OR CASE a.status
        WHEN 'completed' THEN v.from_status <> 'in_progress' OR v.at <> a.completed_at
        WHEN 'rejected' THEN
            v.from_status <> 'assigned' OR v.actor <> 'expert' OR v.at <> a.decided_at
        WHEN 'expired' THEN
            v.from_status <> 'assigned' OR v.actor <> 'system' OR v.at <> a.decided_at
        WHEN 'withdrawn' THEN
            v.from_status NOT IN ('assigned', 'accepted') OR v.at <> a.decided_at
        ELSE false END
    OR v.reason IS DISTINCT FROM a.reason;

-- rule: experts come inside the window or little later
SELECT id FROM assignment
WHERE started_at NOT BETWEEN lower(during) AND upper(during) + interval '1 hour'
    OR completed_at NOT BETWEEN started_at AND started_at + interval '4 hours'
    OR (status = 'completed') <> (completed_at IS NOT NULL);

-- rule: an answer is given in time
SELECT a.id FROM assignment a JOIN ticket t ON t.id = a.ticket_id
WHERE a.answer_by <> least(lower(a.during), a.proposed_at + CASE t.priority
        WHEN 'urgent' THEN interval '15 minutes' WHEN 'high' THEN interval '30 minutes'
        WHEN 'normal' THEN interval '60 minutes' ELSE interval '120 minutes' END)
    OR (a.status = 'proposed' AND (a.answer_by <= current_setting('demo.now')::timestamptz OR a.decided_at IS NOT NULL))
    OR (a.status IN ('accepted', 'completed', 'rejected') AND a.decided_at > a.answer_by)
    OR (a.status = 'expired' AND a.decided_at < a.answer_by);

-- rule: bookings are of live assignments, all of them
SELECT coalesce(b.assignment_id, a.id) FROM booking b
FULL JOIN (SELECT * FROM assignment WHERE status IN ('proposed', 'accepted')) a
    ON a.id = b.assignment_id
WHERE a.id IS NULL OR b.assignment_id IS NULL
    OR (a.expert_id, a.during) <> (b.expert_id, b.during);

-- rule: every assignment was decided by its run
SELECT a.id FROM assignment a JOIN assignment_run r ON r.id = a.run_id
LEFT JOIN assignment_decision d ON d.run_id = a.run_id AND d.ticket_id = a.ticket_id
WHERE (d.outcome, d.expert_id, d.cost) IS DISTINCT FROM ('assigned', a.expert_id, a.cost)
    OR a.proposed_at NOT BETWEEN r.started_at AND r.finished_at;

-- rule: every decision to assign has its assignment
SELECT d.ticket_id FROM assignment_decision d
LEFT JOIN assignment a ON a.run_id = d.run_id AND a.ticket_id = d.ticket_id
WHERE (d.outcome = 'assigned') <> (a.id IS NOT NULL);

-- rule: a run counts its decisions
SELECT r.id FROM assignment_run r
LEFT JOIN (
    SELECT run_id, count(*) AS tickets,
        count(*) FILTER (WHERE outcome = 'assigned') AS assigned,
        sum(cost) AS cost
    FROM assignment_decision GROUP BY run_id
) d ON d.run_id = r.id
WHERE (r.tickets, r.assigned, r.objective)
        IS DISTINCT FROM (d.tickets, d.assigned, coalesce(d.cost, 0))
    OR r.started_at > current_setting('demo.now')::timestamptz;

-- rule: tickets were open when a run looked at them
SELECT d.ticket_id FROM assignment_decision d
JOIN assignment_run r ON r.id = d.run_id JOIN ticket t ON t.id = d.ticket_id
WHERE t.submitted_at > r.started_at;

-- rule: experts are told of every proposal
SELECT a.id FROM assignment a
LEFT JOIN notification n ON n.cause = a.id::text AND n.kind = 'visit_proposed'
    AND n.staff_id = a.expert_id
WHERE n.id IS NULL;

-- rule: experts and managers are told of every visit to which nobody came
SELECT a.id FROM assignment a
LEFT JOIN notification n ON n.cause = a.id::text AND n.created_at = a.decided_at
    AND n.kind IN ('visit_missed', 'expert_did_not_come')
WHERE a.outcome = 'expert_absent'
GROUP BY a.id, a.expert_id
HAVING count(*) FILTER (WHERE n.kind = 'visit_missed' AND n.staff_id = a.expert_id) <> 1
    OR count(*) FILTER (WHERE n.kind = 'expert_did_not_come') < 1;

-- rule: experts are told of every visit that is off
SELECT a.id FROM assignment a
JOIN ticket_event v ON v.assignment_id = a.id AND v.actor = 'customer'
LEFT JOIN notification n ON n.cause = a.id::text AND n.kind = 'visit_off'
    AND n.staff_id = a.expert_id AND n.created_at = v.at
WHERE n.id IS NULL;

-- rule: only resolved tickets have articles
SELECT l.id FROM article_link l WHERE NOT EXISTS (
    SELECT FROM ticket_event e
    WHERE e.ticket_id = l.ticket_id AND e.to_status = 'resolved' AND e.at = l.linked_at
);

-- rule: at now there is work of every kind
SELECT status FROM unnest(ARRAY['open', 'assigned', 'accepted', 'in_progress']) status
WHERE NOT EXISTS (SELECT FROM ticket t WHERE t.status = status.status);
