"""What delivery asks: stops, fences, what an approval froze, own posts that nobody here sent, templates."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TEXT = sqlmodel.sql.sqltypes.AutoString
_PURPOSES = ("acknowledgement", "answer", "resolution")


def upgrade() -> None:
    with op.batch_alter_table("account", schema=None) as batch_op:
        for name in ("recovered_at", "resumed_at", "next_reconcile_at", "reconciled_to"):
            batch_op.add_column(sa.Column(name, sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    with op.batch_alter_table("profile", schema=None) as batch_op:
        batch_op.add_column(sa.Column("blocked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    with op.batch_alter_table("reply", schema=None) as batch_op:
        for name in ("case_version", "thread_mark", "fence"):
            batch_op.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
        for name in ("private", "is_ready", "was_automatic"):
            batch_op.add_column(sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
        for name in ("override", "override_note"):
            batch_op.add_column(sa.Column(name, _TEXT(), nullable=False, server_default=""))
        for name in ("frozen_at", "vanished_at"):
            batch_op.add_column(sa.Column(name, sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column("profile_id", sa.Integer(), nullable=True))
    op.create_index("ix_reply_profile_id", "reply", ["profile_id"])
    op.create_index("ix_reply_account_sending", "reply", ["account_id", "sending_at"])
    op.execute("UPDATE reply SET profile_id = (SELECT profile_id FROM mention WHERE mention.id = reply.mention_id)")
    # What was approved before goes out under the terms of its day: it is compared with its case as it stands now.
    op.execute(
        'UPDATE reply SET case_version = (SELECT version FROM "case" WHERE "case".id = reply.case_id),'
        " thread_mark = coalesce((SELECT max(other.id) FROM mention AS own JOIN mention AS other"
        " ON other.brand_id = own.brand_id AND other.channel = own.channel AND other.place = own.place"
        " AND other.thread = own.thread WHERE own.id = reply.mention_id), 0)"
    )
    op.create_table(
        "stop",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", _TEXT(), nullable=False),
        sa.Column("subject", sa.Integer(), nullable=False),
        sa.Column("automation_only", sa.Boolean(), nullable=False),
        sa.Column("reason", _TEXT(), nullable=False),
        sa.Column("by", _TEXT(), nullable=False),
        sa.Column("set_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("lifted_by", _TEXT(), nullable=False),
        sa.Column("lifted_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stop")),
    )
    op.create_index(
        "uq_stop_open",
        "stop",
        ["scope", "subject", "automation_only"],
        unique=True,
        sqlite_where=sa.text("lifted_at IS NULL"),
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.create_table(
        "own_post_seen",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("external_id", _TEXT(), nullable=False),
        sa.Column("parent_external_id", _TEXT(), nullable=False),
        sa.Column("url", _TEXT(), nullable=False),
        sa.Column("posted_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("seen_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_own_post_seen_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_post_seen")),
        sa.UniqueConstraint("account_id", "external_id", name=op.f("uq_own_post_seen_account_id_external_id")),
    )
    op.create_table(
        "template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("name", _TEXT(), nullable=False),
        sa.Column("purpose", sa.Enum(*_PURPOSES, native_enum=False, length=20), nullable=False),
        sa.Column("channel", _TEXT(), nullable=False),
        sa.Column("lang", _TEXT(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", _TEXT(), nullable=False),
        sa.Column("by", _TEXT(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("retired_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f("fk_template_brand_id_brand")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template")),
        sa.UniqueConstraint(
            "brand_id",
            "name",
            "lang",
            "channel",
            "version",
            name=op.f("uq_template_brand_id_name_lang_channel_version"),
        ),
    )


def downgrade() -> None:
    op.drop_table("template")
    op.drop_table("own_post_seen")
    op.drop_index("uq_stop_open", table_name="stop")
    op.drop_table("stop")
    op.drop_index("ix_reply_account_sending", table_name="reply")
    op.drop_index("ix_reply_profile_id", table_name="reply")
    # In place: a table that others refer to cannot be dropped and made anew, as a batch would on SQLite.
    with op.batch_alter_table("reply", schema=None, recreate="never") as batch_op:
        for column in (
            "profile_id",
            *("vanished_at", "frozen_at", "override_note", "override", "was_automatic", "is_ready", "private"),
            *("fence", "thread_mark", "case_version"),
        ):
            batch_op.drop_column(column)
    with op.batch_alter_table("account", schema=None, recreate="never") as batch_op:
        for column in ("reconciled_to", "next_reconcile_at", "resumed_at", "recovered_at"):
            batch_op.drop_column(column)
    with op.batch_alter_table("profile", schema=None, recreate="never") as batch_op:
        batch_op.drop_column("blocked_at")
