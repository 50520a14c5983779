"""Financial events: an index of what moved money, and the totals of their groups."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

SQLITE = sa.text(
    "(kind IN ('RecordShipment', 'PostRefund') OR (kind = 'ImportOrder'"
    " AND instr(content, ',\"charged\":') > 0))"
)
POSTGRESQL = sa.text(
    "(kind IN ('RecordShipment', 'PostRefund') OR (kind = 'ImportOrder'"
    " AND strpos(content, ',\"charged\":') > 0))"
)

# Orders that were charged before count once, in the group of their last change.
DAYS = {
    "sqlite": "CAST(strftime('%s', o.updated_at) AS INTEGER) / 1209600",
    "postgresql": "CAST(floor(extract(epoch FROM o.updated_at) / 1209600) AS INTEGER)",
}


def upgrade() -> None:
    op.create_index(
        "effect_posted",
        "effect",
        ["seller_id", "happened_at", "effect_id"],
        sqlite_where=SQLITE,
        postgresql_where=POSTGRESQL,
    )
    op.create_table(
        "balance_change",
        sa.Column("balance_change_id", BIG_ID, sa.Identity(), primary_key=True),
        sa.Column("seller_id", sa.String(20), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
    )
    op.create_index(
        "balance_change_of_seller",
        "balance_change",
        ["seller_id", "period", "currency"],
    )
    count_charged_orders()


def count_charged_orders() -> None:
    period = DAYS[op.get_context().dialect.name]
    charged = (
        "o.charged"
        if op.get_context().dialect.name == "postgresql"
        else ("o.charged = 1")
    )
    op.get_bind().exec_driver_sql(
        "INSERT INTO balance_change (seller_id, period, currency, amount)"  # noqa: S608
        f" SELECT o.seller_id, {period}, o.currency, SUM(i.paid - i.refunded)"
        " FROM orders o JOIN order_item i ON i.seller_id = o.seller_id"
        " AND i.amazon_order_id = o.amazon_order_id"
        f" WHERE {charged} GROUP BY 1, 2, 3"
    )
