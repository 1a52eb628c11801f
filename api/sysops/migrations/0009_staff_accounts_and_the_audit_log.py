"""Staff accounts are kept by administrators, and what they do in an audit log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("actor_roles", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_at", "audit_entry", ["at", "id"])
    op.create_index("ix_audit_entry_subject", "audit_entry", ["subject_kind", "subject_id", "at"])
    op.create_index("ix_audit_entry_actor", "audit_entry", ["actor_id", "at"])
    moment = postgresql.TIMESTAMP(timezone=True)
    op.add_column("staff", sa.Column("tokens_valid_from", moment, nullable=True))
    op.create_table(
        "password_link",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", moment, nullable=True),
        sa.CheckConstraint(
            "kind IN ('invitation', 'password_reset')", name=op.f("ck_password_link_kind")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_password_link_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_password_link")),
        sa.UniqueConstraint("id", name=op.f("uq_password_link_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_password_link_token_hash")),
    )
    op.create_table(
        "failed_sign_in",
        sa.Column("address_hash", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", moment, nullable=False),
        sa.Column("locked_until", moment, nullable=True),
        sa.PrimaryKeyConstraint("address_hash", name=op.f("pk_failed_sign_in")),
    )
    op.create_index(op.f("ix_failed_sign_in_last_at"), "failed_sign_in", ["last_at"])


def downgrade() -> None:
    op.drop_table("failed_sign_in")
    op.drop_table("password_link")
    op.drop_column("staff", "tokens_valid_from")
    op.drop_table("audit_entry")
