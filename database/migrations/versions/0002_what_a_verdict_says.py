"""What a verdict says besides: spam, topics, personal data, what it is not sure of, and the rule that decided."""

import sqlalchemy as sa
import sqlmodel
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


def downgrade() -> None:
    with op.batch_alter_table("verdict", schema=None) as batch_op:
        for column in ("rule", "abstained", "personal_data", "topics", "spam"):
            batch_op.drop_column(column)
