"""Schedules of reports, and how the requests that they make are told from others."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")
PUT_IN = sa.text("kind = 'ImportOrder'")


def upgrade() -> None:
    op.create_table(
        "report_schedule",
        sa.Column(
            "seller_id",
            sa.String(20),
            sa.ForeignKey("seller.seller_id"),
            primary_key=True,
        ),
        sa.Column("report_type", sa.String(64), primary_key=True),
        sa.Column("schedule", sa.String(16), nullable=False),
        sa.Column("scheduled_at", MOMENT, nullable=False),
        sa.Column("start_date", MOMENT, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("report_schedule_due", "report_schedule", ["scheduled_at"])
    op.add_column(
        "report_request",
        sa.Column("scheduled", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_index(
        "effect_put_in",
        "effect",
        ["seller_id", "happened_at"],
        sqlite_where=PUT_IN,
        postgresql_where=PUT_IN,
    )
