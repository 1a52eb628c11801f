"""What plans cost before: a month is billed at the price that was in force in it."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

FORWARD = """
CREATE TABLE former_price (
    plan_code varchar NOT NULL CONSTRAINT fk_former_price_plan_code_plan REFERENCES plan (code),
    until date NOT NULL,
    price_cents bigint NOT NULL,
    CONSTRAINT pk_former_price PRIMARY KEY (plan_code, until)
)
"""


def upgrade() -> None:
    op.execute(FORWARD)


def downgrade() -> None:
    op.execute("DROP TABLE former_price")
