"""An index for lists of orders by their last change."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_index(
        "orders_updated_at", "orders", ["seller_id", "updated_at", "amazon_order_id"]
    )
