"""How visits go and end is coded; parts, notes, and no visit before a ticket's earliest moment."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MOMENT = postgresql.TIMESTAMP(timezone=True)
ACTIONS = (
    "open", "assign", "accept", "reject", "expire", "withdraw", "reschedule", "set_out", "start",
    "no_show", "miss", "follow_up", "complete", "close", "reopen", "escalate", "cancel", "amend",
    "raise_priority",
)  # fmt: skip
OUTCOMES = (
    "resolved", "follow_up", "customer_absent", "expert_absent", "rejected", "expired",
    "withdrawn", "rescheduled", "cancelled",
)  # fmt: skip


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def upgrade() -> None:
    op.add_column(
        "ticket",
        sa.Column("customer_absences", sa.Integer(), server_default="0", nullable=False),
    )
    op.add_column(
        "ticket",
        sa.Column("expert_absences", sa.Integer(), server_default="0", nullable=False),
    )
    op.add_column("ticket", sa.Column("earliest_visit_at", MOMENT, nullable=True))
    op.add_column("ticket_event", sa.Column("action", sa.String(), nullable=True))
    op.create_check_constraint(
        op.f("ck_ticket_event_action"), "ticket_event", f"action IN ({_listed(ACTIONS)})"
    )
    op.add_column("assignment", sa.Column("set_out_at", MOMENT, nullable=True))
    op.add_column("assignment", sa.Column("outcome", sa.String(), nullable=True))
    op.create_check_constraint(
        op.f("ck_assignment_outcome"), "assignment", f"outcome IN ({_listed(OUTCOMES)})"
    )
    op.create_index(
        "ix_assignment_past",
        "assignment",
        ["expert_id", sa.text("completed_at DESC"), sa.text("id DESC")],
        postgresql_where=sa.text("status = 'completed'"),
    )
    op.create_table(
        "visit_part",
        sa.Column("assignment_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("part_number", sa.String(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("purpose IN ('used', 'bring')", name=op.f("ck_visit_part_purpose")),
        sa.CheckConstraint("quantity BETWEEN 1 AND 999", name=op.f("ck_visit_part_quantity")),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_visit_part_assignment_id")
        ),
        sa.PrimaryKeyConstraint("assignment_id", "purpose", "position", name=op.f("pk_visit_part")),
    )
    op.create_table(
        "ticket_note",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["staff.id"], name=op.f("fk_ticket_note_author_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_note_ticket_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_note")),
    )
    op.create_index(op.f("ix_ticket_note_ticket_id"), "ticket_note", ["ticket_id"], unique=False)


def downgrade() -> None:
    op.drop_table("ticket_note")
    op.drop_table("visit_part")
    op.drop_index("ix_assignment_past", table_name="assignment")
    op.drop_column("assignment", "outcome")
    op.drop_column("assignment", "set_out_at")
    op.drop_column("ticket_event", "action")
    op.drop_column("ticket", "earliest_visit_at")
    op.drop_column("ticket", "expert_absences")
    op.drop_column("ticket", "customer_absences")
