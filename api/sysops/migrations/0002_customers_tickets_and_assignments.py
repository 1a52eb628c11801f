"""Customers, tickets and assignments."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assignment_run",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("as_of", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("tickets", sa.Integer(), server_default="0", nullable=False),
        sa.Column("windows", sa.Integer(), server_default="0", nullable=False),
        sa.Column("edges", sa.Integer(), server_default="0", nullable=False),
        sa.Column("assigned", sa.Integer(), server_default="0", nullable=False),
        sa.Column("skipped", sa.Integer(), server_default="0", nullable=False),
        sa.Column("objective", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "status IN ('running', 'finished', 'failed')", name=op.f("ck_assignment_run_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_run")),
    )
    op.create_table(
        "customer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("full_name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("addresses", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
    )
    op.create_table(
        "entitlement",
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("plan_code", sa.String(), nullable=True),
        sa.Column("status", sa.String(), server_default="active", nullable=False),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("standing", sa.String(), server_default="good", nullable=False),
        sa.Column("standing_version", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "standing IN ('good', 'suspended')", name=op.f("ck_entitlement_standing")
        ),
        sa.CheckConstraint("status IN ('active', 'cancelled')", name=op.f("ck_entitlement_status")),
        sa.PrimaryKeyConstraint("contract_id", name=op.f("pk_entitlement")),
    )
    op.create_index("ix_entitlement_customer", "entitlement", ["customer_id"], unique=False)
    op.create_table(
        "ticket",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "number", sa.BigInteger(), sa.Identity(always=False, start=100001), nullable=False
        ),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("contact_name", sa.String(), nullable=False),
        sa.Column("contact_phone", sa.String(), nullable=False),
        sa.Column("line1", sa.String(), nullable=False),
        sa.Column("line2", sa.String(), nullable=True),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("zip", sa.String(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("ticket_type", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("priority", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("preferred_windows", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("resolution", sa.String(), nullable=True),
        sa.Column("submitted_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("sla_due_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("resolved_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("channel IN ('web', 'phone')", name=op.f("ck_ticket_channel")),
        sa.CheckConstraint(
            "priority IN ('urgent', 'high', 'normal', 'low')", name=op.f("ck_ticket_priority")
        ),
        sa.CheckConstraint(
            "status IN ('submitted', 'open', 'escalated', 'assigned', 'accepted', 'in_progress', 'resolved', 'closed', 'cancelled')",
            name=op.f("ck_ticket_status"),
        ),
        sa.ForeignKeyConstraint(
            ["ticket_type"], ["ticket_type.code"], name=op.f("fk_ticket_ticket_type")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sa.UniqueConstraint("number", name=op.f("uq_ticket_number")),
    )
    op.create_index(
        "ix_ticket_customer",
        "ticket",
        ["customer_id", sa.literal_column("submitted_at DESC")],
        unique=False,
    )
    op.create_index(
        "ix_ticket_live",
        "ticket",
        ["updated_at"],
        unique=False,
        postgresql_where=sa.text("status NOT IN ('closed', 'cancelled')"),
    )
    op.create_index(
        "ix_ticket_to_assign",
        "ticket",
        ["submitted_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('open', 'escalated')"),
    )
    op.create_table(
        "assignment",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("travel_km", sa.Double(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("proposed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("answer_by", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("decided_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("completed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "status IN ('proposed', 'accepted', 'rejected', 'expired', 'withdrawn', 'completed')",
            name=op.f("ck_assignment_status"),
        ),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_assignment_expert_id")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["assignment_run.id"], name=op.f("fk_assignment_run_id")
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_assignment_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    op.create_index(
        "ix_assignment_expert",
        "assignment",
        ["expert_id", "during"],
        unique=False,
        postgresql_using="gist",
    )
    op.create_index(
        "ix_assignment_proposed",
        "assignment",
        ["proposed_at"],
        unique=False,
        postgresql_where=sa.text("status = 'proposed'"),
    )
    op.create_index(op.f("ix_assignment_ticket_id"), "assignment", ["ticket_id"], unique=False)
    op.create_index(
        "uq_assignment_active",
        "assignment",
        ["ticket_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('proposed', 'accepted')"),
    )
    op.create_table(
        "assignment_decision",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("expert_id", sa.Uuid(), nullable=True),
        sa.Column("cost", sa.BigInteger(), nullable=True),
        sa.Column("candidates", sa.Integer(), nullable=False),
        sa.Column("removed", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('assigned', 'unserved', 'skipped')",
            name=op.f("ck_assignment_decision_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["expert_id"], ["expert.id"], name=op.f("fk_assignment_decision_expert_id")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["assignment_run.id"], name=op.f("fk_assignment_decision_run_id")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_assignment_decision_ticket_id")
        ),
        sa.PrimaryKeyConstraint("run_id", "ticket_id", name=op.f("pk_assignment_decision")),
    )
    op.create_index(
        "ix_assignment_decision_ticket", "assignment_decision", ["ticket_id"], unique=False
    )
    op.create_table(
        "exclusion",
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_exclusion_expert_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_exclusion_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", "expert_id", name=op.f("pk_exclusion")),
    )
    op.create_table(
        "ticket_event",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("from_status", sa.String(), nullable=True),
        sa.Column("to_status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("assignment_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "actor IN ('customer', 'expert', 'helpdesk', 'manager', 'administrator', 'system')",
            name=op.f("ck_ticket_event_actor"),
        ),
        sa.CheckConstraint(
            "to_status IN ('submitted', 'open', 'escalated', 'assigned', 'accepted', 'in_progress', 'resolved', 'closed', 'cancelled')",
            name=op.f("ck_ticket_event_to_status"),
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_event_ticket_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_event")),
        sa.UniqueConstraint("ticket_id", "version", name=op.f("uq_ticket_event_ticket_id_version")),
    )
    op.create_table(
        "booking",
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("assignment_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("NOT isempty(during)", name=op.f("ck_booking_not_empty")),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_booking_assignment_id")
        ),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_booking_expert_id")),
        sa.UniqueConstraint("assignment_id", name=op.f("uq_booking_assignment_id")),
    )
    # A temporal key, for which neither SQLAlchemy nor Alembic has a word.
    op.execute(
        "ALTER TABLE booking ADD CONSTRAINT pk_booking "
        "PRIMARY KEY (expert_id, during WITHOUT OVERLAPS)"
    )


def downgrade() -> None:
    for table in (
        "booking",
        "ticket_event",
        "exclusion",
        "assignment_decision",
        "assignment",
        "ticket",
        "entitlement",
        "customer",
        "assignment_run",
    ):
        op.drop_table(table)
