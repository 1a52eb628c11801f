"""Staff, catalogue and experts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # For the keys and indexes over an expert and a span of time.
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.create_table(
        "device_type",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_device_type")),
    )
    op.create_table(
        "skill",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_skill")),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("full_name", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
    )
    op.create_index(
        "uq_staff_email_lower", "staff", [sa.literal_column("lower(email)")], unique=True
    )
    op.create_table(
        "support_plan",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("price_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), server_default="USD", nullable=False),
        sa.Column("interval", sa.String(), nullable=False),
        sa.Column("sla_hours", sa.Integer(), nullable=False),
        sa.Column("device_types", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.CheckConstraint("interval IN ('month', 'year')", name=op.f("ck_support_plan_interval")),
        sa.CheckConstraint("price_cents >= 0", name=op.f("ck_support_plan_price_cents")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_support_plan")),
    )
    op.create_table(
        "expert",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("zip", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("radius_km", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("silences", sa.Integer(), server_default="0", nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("radius_km BETWEEN 1 AND 500", name=op.f("ck_expert_radius_km")),
        sa.ForeignKeyConstraint(["id"], ["staff.id"], name=op.f("fk_expert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert")),
    )
    op.create_table(
        "ticket_type",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("device_type", sa.String(), nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.CheckConstraint(
            "duration_minutes BETWEEN 15 AND 120", name=op.f("ck_ticket_type_duration_minutes")
        ),
        sa.ForeignKeyConstraint(
            ["device_type"], ["device_type.code"], name=op.f("fk_ticket_type_device_type")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_ticket_type")),
    )
    op.create_table(
        "expert_skill",
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("certified_until", sa.Date(), nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 5", name=op.f("ck_expert_skill_level")),
        sa.ForeignKeyConstraint(
            ["expert_id"], ["expert.id"], name=op.f("fk_expert_skill_expert_id")
        ),
        sa.ForeignKeyConstraint(["skill"], ["skill.code"], name=op.f("fk_expert_skill_skill")),
        sa.PrimaryKeyConstraint("expert_id", "skill", name=op.f("pk_expert_skill")),
    )
    op.create_index(op.f("ix_expert_skill_skill"), "expert_skill", ["skill"], unique=False)
    op.create_table(
        "required_skill",
        sa.Column("ticket_type", sa.String(), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 5", name=op.f("ck_required_skill_level")),
        sa.ForeignKeyConstraint(["skill"], ["skill.code"], name=op.f("fk_required_skill_skill")),
        sa.ForeignKeyConstraint(
            ["ticket_type"], ["ticket_type.code"], name=op.f("fk_required_skill_ticket_type")
        ),
        sa.PrimaryKeyConstraint("ticket_type", "skill", name=op.f("pk_required_skill")),
    )
    op.create_table(
        "shift",
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.Time(), nullable=False),
        sa.Column("ends_at", sa.Time(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_shift_order")),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name=op.f("ck_shift_weekday")),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_shift_expert_id")),
        sa.PrimaryKeyConstraint("expert_id", "weekday", "starts_at", name=op.f("pk_shift")),
    )
    op.create_table(
        "time_off",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.CheckConstraint("NOT isempty(during)", name=op.f("ck_time_off_not_empty")),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_time_off_expert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_off")),
    )
    op.create_index(
        "ix_time_off_expert_during",
        "time_off",
        ["expert_id", "during"],
        unique=False,
        postgresql_using="gist",
    )


def downgrade() -> None:
    for table in (
        "time_off",
        "shift",
        "required_skill",
        "expert_skill",
        "ticket_type",
        "expert",
        "support_plan",
        "staff",
        "skill",
        "device_type",
    ):
        op.drop_table(table)
