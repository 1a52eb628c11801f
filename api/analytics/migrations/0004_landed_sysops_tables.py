"""The sysops tables as they land: the columns that the replicator may read, no other."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE raw.sysops__staff (
    id uuid, roles text[], active boolean, created_at timestamptz, updated_at timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_sysops__staff PRIMARY KEY (id)
);
CREATE TABLE raw.sysops__expert (
    id uuid, zip text, state text, time_zone text, radius_km integer, active boolean,
    silences integer, updated_at timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_sysops__expert PRIMARY KEY (id)
);
CREATE TABLE raw.sysops__expert_skill (
    expert_id uuid, skill text, level integer, certified_until date,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_sysops__expert_skill PRIMARY KEY (expert_id, skill)
);
CREATE TABLE raw.sysops__shift (
    expert_id uuid, weekday integer, starts_at time, ends_at time,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_sysops__shift PRIMARY KEY (expert_id, weekday, starts_at)
);
CREATE TABLE raw.sysops__time_off (
    id uuid, expert_id uuid, during_start timestamptz, during_end timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_sysops__time_off PRIMARY KEY (id)
);
CREATE TABLE raw.sysops__skill (
    code text, name text,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_sysops__skill PRIMARY KEY (code)
);
CREATE TABLE raw.sysops__device_type (
    code text, name text,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_sysops__device_type PRIMARY KEY (code)
);
CREATE TABLE raw.sysops__ticket_type (
    code text, version integer, name text, device_type text, duration_minutes integer,
    active boolean,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_sysops__ticket_type PRIMARY KEY (code)
);
CREATE TABLE raw.sysops__required_skill (
    ticket_type text, skill text, level integer,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_sysops__required_skill PRIMARY KEY (ticket_type, skill)
);
CREATE TABLE raw.sysops__support_plan (
    code text, version integer, name text, price_cents bigint, currency text, interval text,
    sla_hours integer, device_types text[], active boolean,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_sysops__support_plan PRIMARY KEY (code)
);
CREATE TABLE raw.sysops__entitlement (
    contract_id uuid, customer_id uuid, plan_code text, status text, version integer, standing text,
    standing_version integer,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_sysops__entitlement PRIMARY KEY (contract_id)
);
CREATE TABLE raw.sysops__ticket (
    id uuid, number bigint, customer_id uuid, contract_id uuid, state text, zip text,
    time_zone text, ticket_type text, priority text, channel text, status text, version integer,
    submitted_at timestamptz, sla_due_at timestamptz, resolved_at timestamptz,
    updated_at timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_sysops__ticket PRIMARY KEY (id)
);
CREATE TABLE raw.sysops__ticket_event (
    id uuid, ticket_id uuid, version integer, at timestamptz, actor text, actor_id uuid,
    from_status text, to_status text, assignment_id uuid,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_sysops__ticket_event PRIMARY KEY (id)
);
CREATE TABLE raw.sysops__assignment_run (
    id uuid, started_at timestamptz, finished_at timestamptz, as_of timestamptz, status text,
    policy text, tickets integer, windows integer, edges integer, assigned integer, skipped integer,
    objective bigint,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_sysops__assignment_run PRIMARY KEY (id)
);
CREATE TABLE raw.sysops__assignment_decision (
    run_id uuid, ticket_id uuid, outcome text, expert_id uuid, cost bigint, candidates integer,
    removed jsonb, reason text,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_sysops__assignment_decision PRIMARY KEY (run_id, ticket_id)
);
CREATE TABLE raw.sysops__assignment (
    id uuid, ticket_id uuid, expert_id uuid, run_id uuid, during_start timestamptz,
    during_end timestamptz, status text, travel_km double precision, cost bigint,
    proposed_at timestamptz, answer_by timestamptz, decided_at timestamptz, started_at timestamptz,
    completed_at timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_sysops__assignment PRIMARY KEY (id)
);
CREATE TABLE raw.sysops__exclusion (
    ticket_id uuid, expert_id uuid, created_at timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_sysops__exclusion PRIMARY KEY (ticket_id, expert_id)
);
CREATE TABLE raw.sysops__article (
    id uuid, device_type text, status text, author_id uuid, created_at timestamptz,
    updated_at timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_sysops__article PRIMARY KEY (id)
);
CREATE TABLE raw.sysops__article_link (
    id uuid, ticket_id uuid, article_id uuid, linked_at timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_sysops__article_link PRIMARY KEY (id)
);
CREATE TABLE raw.sysops__notification (
    id uuid, staff_id uuid, ticket_id uuid, kind text, channel text, status text,
    created_at timestamptz, sent_at timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_sysops__notification PRIMARY KEY (id)
);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    for table in (
        "sysops__staff",
        "sysops__expert",
        "sysops__expert_skill",
        "sysops__shift",
        "sysops__time_off",
        "sysops__skill",
        "sysops__device_type",
        "sysops__ticket_type",
        "sysops__required_skill",
        "sysops__support_plan",
        "sysops__entitlement",
        "sysops__ticket",
        "sysops__ticket_event",
        "sysops__assignment_run",
        "sysops__assignment_decision",
        "sysops__assignment",
        "sysops__exclusion",
        "sysops__article",
        "sysops__article_link",
        "sysops__notification",
    ):
        op.execute(f"DROP TABLE raw.{table}")
