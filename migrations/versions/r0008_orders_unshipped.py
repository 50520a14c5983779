"""An index of the orders that windows of time may cancel."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

UNSHIPPED = sa.text("status = 'Unshipped' AND fulfillment_channel = 'MFN'")


def upgrade() -> None:
    op.create_index(
        "orders_unshipped",
        "orders",
        ["purchase_date"],
        sqlite_where=UNSHIPPED,
        postgresql_where=UNSHIPPED,
    )
