"""Policies of assignment in versions, holidays, and when an expert was silent last."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from api.kernel import changes

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# As they were when this was written: later versions are rows, and not changes of this.
_BALANCED = {
    "horizon_working_days": 5,
    "lead_minutes": 60,
    "nearest_experts": 40,
    "per_km": 10,
    "per_hour_late": {"urgent": 240, "high": 120, "normal": 60, "low": 30},
    "per_hour_waiting": {"urgent": 8, "high": 4, "normal": 2, "low": 1},
    "per_visit_that_day": 15,
    "per_level_above": 20,
    "per_unknown_customer": 40,
    "per_silence": 100,
    "silence_days": 7,
}
_PRESETS = {
    "balanced": ("A fair mean of travel, promptness and load.", _BALANCED),
    "customer-first": (
        "Early windows and known faces, however far the way.",
        _BALANCED
        | {
            "per_km": 4,
            "per_hour_late": {"urgent": 600, "high": 300, "normal": 150, "low": 75},
            "per_hour_waiting": {"urgent": 24, "high": 12, "normal": 6, "low": 4},
            "per_unknown_customer": 120,
        },
    ),
    "least-travel": (
        "The shortest ways, as long as promises are kept.",
        _BALANCED
        | {
            "per_km": 25,
            "per_hour_waiting": {"urgent": 4, "high": 2, "normal": 1, "low": 0},
            "per_visit_that_day": 5,
            "per_level_above": 5,
            "per_unknown_customer": 10,
        },
    ),
    "emergency": (
        "After a storm: everybody as soon as possible, two working days ahead.",
        _BALANCED
        | {
            "horizon_working_days": 2,
            "lead_minutes": 30,
            "per_km": 2,
            "per_hour_late": {"urgent": 2000, "high": 1000, "normal": 200, "low": 50},
            "per_hour_waiting": {"urgent": 60, "high": 30, "normal": 6, "low": 1},
            "per_visit_that_day": 0,
            "per_level_above": 0,
            "per_unknown_customer": 0,
        },
    ),
}
KEYS = {"assignment_policy": ("id",), "assignment_policy_use": ("id",), "holiday": ("day",)}


def upgrade() -> None:
    _make_tables()
    for statement in changes.track_ddl(KEYS):
        op.execute(statement)
    op.add_column(
        "expert",
        sa.Column("last_silent_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
    )
    # When it was is not known any more: it counts from now on, and fades like any other.
    op.execute("UPDATE expert SET last_silent_at = now() WHERE silences > 0")


def _make_tables() -> None:
    moment = postgresql.TIMESTAMP(timezone=True)
    policy = op.create_table(
        "assignment_policy",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("version > 0", name=op.f("ck_assignment_policy_version")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["staff.id"], name=op.f("fk_assignment_policy_created_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_policy")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_assignment_policy_name_version")),
    )
    op.create_table(
        "assignment_policy_use",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("used_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["policy_id"],
            ["assignment_policy.id"],
            name=op.f("fk_assignment_policy_use_policy_id"),
        ),
        sa.ForeignKeyConstraint(
            ["used_by"], ["staff.id"], name=op.f("fk_assignment_policy_use_used_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_policy_use")),
    )
    op.create_table(
        "holiday",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_holiday")),
    )
    presets = [
        {
            "name": name,
            "version": 1,
            "settings": settings,
            "note": note,
            "created_at": sa.func.now(),
        }
        for name, (note, settings) in _PRESETS.items()
    ]
    for preset in presets:
        op.execute(policy.insert().values(preset))
    op.execute(
        "INSERT INTO assignment_policy_use (policy_id, since)"
        " SELECT id, now() FROM assignment_policy WHERE name = 'balanced'"
    )


def downgrade() -> None:
    op.drop_column("expert", "last_silent_at")
    for statement in changes.untrack_ddl(KEYS):
        op.execute(statement)
    for table in ("holiday", "assignment_policy_use", "assignment_policy"):
        op.drop_table(table)
