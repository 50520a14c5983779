"""The state of request quotas, which nobody misses after a crash."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "quota",
        sa.Column("seller_id", sa.String(20), primary_key=True),
        sa.Column("access_key_id", sa.String(40), primary_key=True),
        sa.Column("bucket", sa.String(80), primary_key=True),
        sa.Column("full_at", sa.BigInteger(), nullable=False),
        sa.Column("window_start", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Integer(), nullable=False),
        sqlite_with_rowid=False,
    )
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE quota SET UNLOGGED")
