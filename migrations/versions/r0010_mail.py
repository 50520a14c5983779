"""The outbox as mails are sent from it, and whom to write to about an account."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")
WAITING = sa.text("sent_at IS NULL AND given_up_at IS NULL")


def upgrade() -> None:
    waiting = earlier_mails()
    op.drop_index("outbox_waiting", "outbox")
    op.drop_table("outbox")
    outbox = create_outbox()
    op.create_index(
        "outbox_waiting",
        "outbox",
        ["run_after"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    if waiting:
        op.bulk_insert(outbox, waiting)
    op.create_table(
        "seller_contact",
        sa.Column(
            "seller_id",
            sa.String(20),
            sa.ForeignKey("seller.seller_id"),
            primary_key=True,
        ),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("warned_at", MOMENT),
    )


def create_outbox() -> sa.Table:
    return op.create_table(
        "outbox",
        sa.Column("outbox_id", BIG_ID, sa.Identity(), primary_key=True),
        sa.Column("seller_id", sa.String(20), nullable=False),
        sa.Column("source", sa.String(60), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("amazon_order_id", sa.String(19)),
        sa.Column("content", sa.Text()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("run_after", MOMENT, nullable=False),
        sa.Column("owner", sa.String(36)),
        sa.Column("sent_at", MOMENT),
        sa.Column("given_up_at", MOMENT),
        sa.Column("error", sa.Text()),
        sa.UniqueConstraint("source", "place", "kind", name="outbox_once"),
    )


def earlier_mails() -> list[dict[str, object]]:
    """Read the cancellations that no version has sent yet: their mails are owed."""
    rows = op.get_bind().execute(
        sa.text(
            "SELECT stable_id, seller_id, kind, recipient, content, created_at"
            " FROM outbox WHERE sent_at IS NULL ORDER BY outbox_id"
        )
    )
    mails = []
    for row in rows:
        source, place = row.stable_id.rsplit(" ", 1)
        mails.append(
            {
                "seller_id": row.seller_id,
                "source": source,
                "place": int(place),
                "kind": row.kind,
                "recipient": row.recipient,
                "amazon_order_id": json.loads(row.content)["amazon_order_id"],
                "created_at": row.created_at,
                "run_after": row.created_at,
            }
        )
    return mails
