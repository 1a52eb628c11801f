"""Change tracking of the tables that the warehouse mirrors."""

from alembic import op

from api.kernel import changes

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEYS = {
    "account": ("id",),
    "address": ("id",),
    "notification_preference": ("account_id",),
    "contract": ("id",),
    "card": ("id",),
    "ticket": ("id",),
    "survey": ("id",),
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
