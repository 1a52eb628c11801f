"""What customers chose in surveys beside their scores, and by which template they were asked."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Constant defaults: no row is rewritten. Everybody was asked by the first version until now.
    op.add_column(
        "survey_response",
        sa.Column("template", sa.String(), server_default="default", nullable=False),
    )
    op.add_column(
        "survey_response",
        sa.Column("template_version", sa.Integer(), server_default="1", nullable=False),
    )
    op.create_table(
        "survey_choice",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("choice", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["survey_id"],
            ["survey_response.survey_id"],
            name=op.f("fk_survey_choice_survey_id"),
        ),
        sa.PrimaryKeyConstraint("survey_id", "question", "choice", name=op.f("pk_survey_choice")),
    )


def downgrade() -> None:
    op.drop_table("survey_choice")
    for column in ("template_version", "template"):
        op.drop_column("survey_response", column)
