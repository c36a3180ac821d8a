"""What a verdict says besides: spam, topics, personal data, doubt, the rule that decided, whether people look at it."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("verdict", schema=None) as batch_op:
        batch_op.add_column(sa.Column("spam", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("topics", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("personal_data", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("abstained", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("rule", sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("needs_review", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(
        "ix_verdict_needs_review",
        "verdict",
        ["mention_id"],
        sqlite_where=sa.text("needs_review = 1"),
        postgresql_where=sa.text("needs_review"),
    )


def downgrade() -> None:
    op.drop_index("ix_verdict_needs_review", table_name="verdict")
    with op.batch_alter_table("verdict", schema=None) as batch_op:
        for column in ("needs_review", "rule", "abstained", "personal_data", "topics", "spam"):
            batch_op.drop_column(column)
