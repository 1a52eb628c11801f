"""Change tracking of the tables that the warehouse mirrors."""

from alembic import op

from api.kernel import changes

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEYS = {
    "staff": ("id",),
    "expert": ("id",),
    "expert_skill": ("expert_id", "skill"),
    "shift": ("expert_id", "weekday", "starts_at"),
    "time_off": ("id",),
    "skill": ("code",),
    "device_type": ("code",),
    "ticket_type": ("code",),
    "required_skill": ("ticket_type", "skill"),
    "support_plan": ("code",),
    "entitlement": ("contract_id",),
    "ticket": ("id",),
    "ticket_event": ("id",),
    "assignment_run": ("id",),
    "assignment_decision": ("run_id", "ticket_id"),
    "assignment": ("id",),
    "exclusion": ("ticket_id", "expert_id"),
    "article": ("id",),
    "article_link": ("id",),
    "notification": ("id",),
}


def upgrade() -> None:
    op.execute(changes.begin_ddl())
    for statement in changes.track_ddl(KEYS):
        op.execute(statement)


def downgrade() -> None:
    for statement in changes.untrack_ddl(KEYS):
        op.execute(statement)
    op.execute(changes.end_ddl())
