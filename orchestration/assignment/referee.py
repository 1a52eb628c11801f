"""The independent referee: every hard rule again, for every live assignment, in its own SQL.

It shares no code with the engine, so that one mistake cannot hide another. A rule that a manager
has waived for an assignment (`override`) is no violation of it; of others it is.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# Distances here are on a sphere by the law of cosines, not by the engine's haversine formula;
# the two agree to metres, hence the tolerance of 50 m.
VIOLATIONS = {
    "wrong_skill": """
        SELECT count(*) FROM live
        JOIN required_skill r ON r.ticket_type = live.ticket_type
        LEFT JOIN expert_skill s ON s.expert_id = live.expert_id AND s.skill = r.skill
        WHERE ((s.level IS NULL OR s.level < r.level) AND NOT live.waived ? 'skill')
           OR (s.certified_until < (lower(live.during) AT TIME ZONE live.expert_zone)::date
               AND NOT live.waived ? 'certificate_expired')""",
    "out_of_radius": """
        SELECT count(*) FROM live
        WHERE radius_km + 0.05 < 6371.0088 * acos(LEAST(1, GREATEST(-1,
            sind(ticket_lat) * sind(expert_lat)
            + cosd(ticket_lat) * cosd(expert_lat) * cosd(ticket_lon - expert_lon))))
          AND NOT waived ? 'radius'""",
    "inactive_expert": "SELECT count(*) FROM live WHERE NOT expert_active OR NOT staff_active",
    "excluded_expert": """
        SELECT count(*) FROM live
        JOIN exclusion x ON x.ticket_id = live.ticket_id AND x.expert_id = live.expert_id
        WHERE NOT waived ? 'excluded'""",
    "outside_shift": """
        SELECT count(*) FROM live
        WHERE NOT EXISTS (
            SELECT 1 FROM shift s
            WHERE s.expert_id = live.expert_id
              AND s.weekday = extract(isodow FROM lower(live.during) AT TIME ZONE live.expert_zone)
              AND s.starts_at <= (lower(live.during) AT TIME ZONE live.expert_zone)::time
              AND s.ends_at >= (upper(live.during) AT TIME ZONE live.expert_zone)::time)
          AND NOT waived ? 'shift'""",
    "during_time_off": """
        SELECT count(*) FROM live
        JOIN time_off o ON o.expert_id = live.expert_id AND o.during && live.during
        WHERE NOT waived ? 'time_off'""",
    # What had begun when the day became a holiday goes on.
    "on_a_holiday": """
        SELECT count(*) FROM live
        JOIN holiday h ON h.day = (lower(live.during) AT TIME ZONE live.expert_zone)::date
        WHERE ticket_status <> 'in_progress' AND NOT waived ? 'holiday'""",
    "outside_preference": """
        SELECT count(*) FROM live
        WHERE jsonb_array_length(preferred_windows) > 0 AND NOT EXISTS (
            SELECT 1 FROM jsonb_array_elements(preferred_windows) w
            WHERE (w->>'start')::timestamptz <= lower(live.during)
              AND (w->>'end')::timestamptz >= upper(live.during))
          AND NOT waived ? 'preference'""",
    "too_soon": """
        SELECT count(*) FROM live
        WHERE lower(during) < earliest_visit_at AND NOT waived ? 'too_soon'""",
    # A visit that was proposed while the contract was in force stands. Keys tell when a row was
    # made, by the same clock by which contracts go out of force.
    "without_contract": """
        SELECT count(*) FROM live
        WHERE entitled IS NULL
           OR (NOT entitled AND coalesce(uuid_extract_timestamp(id), proposed_at)
                > coalesce(out_of_force_since, '-infinity'))""",
    "overlap": """
        SELECT count(*) FROM live a JOIN live b
          ON a.expert_id = b.expert_id AND a.id < b.id AND a.during && b.during""",
    "too_many_a_day": """
        SELECT count(*) FROM (
            SELECT d.expert_id, (lower(d.during) AT TIME ZONE e.time_zone)::date AS day
            FROM assignment d JOIN expert e ON e.id = d.expert_id
            WHERE (d.status IN ('proposed', 'accepted')
               OR (d.status = 'completed' AND d.completed_at > now() - interval '1 day'))
               -- What a manager put on top of a day does not count in it.
               AND NOT coalesce(d.override->'codes' ? 'visits_a_day', false)
            GROUP BY d.expert_id, day, e.most_visits_a_day
            HAVING count(*) > e.most_visits_a_day
               -- What is done is no live assignment: a day that is over breaks no promise.
               AND bool_or(d.status IN ('proposed', 'accepted'))) full_days""",
    # Each visit as early as can be, a delay carried on; by road 1.3 times as far, 60 km an hour.
    "out_of_reach": """
        SELECT count(*) FROM (
            WITH RECURSIVE planned AS (
                SELECT live.*, make_interval(mins => tt.duration_minutes) AS work,
                       (lower(during) AT TIME ZONE expert_zone)::date AS day,
                       row_number() OVER (
                           PARTITION BY expert_id, (lower(during) AT TIME ZONE expert_zone)::date
                           ORDER BY lower(during)) AS place
                FROM live JOIN ticket_type tt ON tt.code = live.ticket_type
                WHERE NOT waived ? 'out_of_reach'
            ), done AS (
                SELECT expert_id, day, place, ticket_lat, ticket_lon, during,
                       lower(during) + work AS at
                FROM planned WHERE place = 1
                UNION ALL
                SELECT p.expert_id, p.day, p.place, p.ticket_lat, p.ticket_lon, p.during,
                       GREATEST(lower(p.during), d.at + make_interval(
                           secs => 3600 * 1.3 / 60 * 6371.0088 * acos(LEAST(1, GREATEST(-1,
                               sind(p.ticket_lat) * sind(d.ticket_lat)
                               + cosd(p.ticket_lat) * cosd(d.ticket_lat)
                               * cosd(p.ticket_lon - d.ticket_lon)))))) + p.work
                FROM done d JOIN planned p
                  ON p.expert_id = d.expert_id AND p.day = d.day AND p.place = d.place + 1
            )
            SELECT 1 FROM done WHERE at > upper(during) + interval '1 minute') late""",
    "without_booking": """
        SELECT count(*) FROM live
        LEFT JOIN booking b ON b.assignment_id = live.id
        WHERE b.assignment_id IS NULL OR b.during <> live.during
           OR b.expert_id <> live.expert_id""",
    "booking_of_the_past": """
        SELECT count(*) FROM booking b JOIN assignment a ON a.id = b.assignment_id
        WHERE a.status NOT IN ('proposed', 'accepted')""",
    "status_disagrees": """
        SELECT count(*) FROM live
        WHERE (status = 'proposed') <> (ticket_status = 'assigned')""",
}
LIVE = """
WITH live AS (
    SELECT a.id, a.ticket_id, a.expert_id, a.during, a.status,
           a.proposed_at, coalesce(a.override->'codes', '[]') AS waived,
           c.standing = 'good' AND (c.status = 'active' OR c.replaced_by IS NOT NULL) AS entitled,
           c.out_of_force_since,
           t.ticket_type, t.preferred_windows, t.status AS ticket_status, t.earliest_visit_at,
           t.latitude AS ticket_lat, t.longitude AS ticket_lon,
           e.latitude AS expert_lat, e.longitude AS expert_lon, e.radius_km,
           e.time_zone AS expert_zone, e.active AS expert_active, s.active AS staff_active
    FROM assignment a
    JOIN ticket t ON t.id = a.ticket_id
    LEFT JOIN entitlement c ON c.contract_id = t.contract_id
    JOIN expert e ON e.id = a.expert_id
    JOIN staff s ON s.id = a.expert_id
    WHERE a.status IN ('proposed', 'accepted')
)
"""


async def verify(session: AsyncSession) -> dict[str, int]:
    """How many live assignments break each hard rule; all zero when every expert is right."""
    found: dict[str, int] = {}
    for rule, query in VIOLATIONS.items():
        found[rule] = int(await session.scalar(text(LIVE + query)) or 0)
    return found
