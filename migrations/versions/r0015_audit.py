"""The audit log: chains of what happened, begun with what is in the ledger already."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")
UNPLACED = sa.text("position IS NULL")

HASHED = (
    "seller_id, source, place, position, cause, message_id, amazon_order_id,"
    " amazon_order_item_code, kind, content, happened_at"
)

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def upgrade() -> None:
    link = op.create_table(
        "audit_link",
        sa.Column("link_id", BIG_ID, sa.Identity(), primary_key=True),
        sa.Column("seller_id", sa.String(20), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("cause", sa.String(60), nullable=False),
        sa.Column("source", sa.String(60)),
        sa.Column("first_place", sa.BigInteger()),
        sa.Column("last_place", sa.BigInteger()),
        sa.Column("effects", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("happened_at", MOMENT, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("position", sa.BigInteger(), unique=True),
        sa.UniqueConstraint("seller_id", "number", name="audit_link_number"),
    )
    op.create_index(
        "audit_link_unplaced",
        "audit_link",
        ["link_id"],
        sqlite_where=UNPLACED,
        postgresql_where=UNPLACED,
    )
    head = op.create_table(
        "audit_head",
        sa.Column("seller_id", sa.String(20), primary_key=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    ends: dict[str, tuple[int, str]] = {}
    for seller_id, source in earlier_sources():
        number, earlier = ends.get(seller_id, (0, "0" * 64))
        row = link_of(seller_id, source, number + 1, earlier)
        op.bulk_insert(link, [row])
        ends[seller_id] = (row["number"], row["hash"])
    op.bulk_insert(
        head,
        [
            {"seller_id": seller_id, "number": number, "hash": last}
            for seller_id, (number, last) in ends.items()
        ],
    )


def earlier_sources() -> list[tuple[str, str]]:
    rows = op.get_bind().execute(
        sa.text(
            "SELECT seller_id, source FROM effect GROUP BY seller_id, source"
            " ORDER BY min(effect_id)"
        )
    )
    return [(row.seller_id, row.source) for row in rows]


def link_of(seller_id: str, source: str, number: int, earlier: str) -> dict[str, Any]:
    """Make one link for all that the ledger has of a source: written before links."""
    hashed, count, first, last = hashlib.sha256(), 0, None, None
    cause, happened_at = "", datetime.min.replace(tzinfo=UTC)
    rows = op.get_bind().execute(
        sa.text(
            f"SELECT {HASHED} FROM effect WHERE seller_id = :seller_id"  # noqa: S608
            " AND source = :source ORDER BY place, position"
        ),
        {"seller_id": seller_id, "source": source},
        execution_options={"yield_per": 2_000},
    )
    for row in rows:
        happened_at = row.happened_at
        plain = (*row[:-1], iso(happened_at))
        hashed.update((("," if count else "") + encode(plain)).encode())
        first = row.place if first is None else first
        last, cause, count = row.place, row.cause, count + 1
    values = [earlier, seller_id, number, "Effects", cause, source, first, last]
    values += [count, hashed.hexdigest(), iso(happened_at)]
    return {
        "seller_id": seller_id,
        "number": number,
        "kind": "Effects",
        "cause": cause,
        "source": source,
        "first_place": first,
        "last_place": last,
        "effects": count,
        "content": hashed.hexdigest(),
        "happened_at": happened_at,
        "hash": hashlib.sha256(encode(values).encode()).hexdigest(),
        "position": None,
    }


def iso(value: datetime | str) -> str:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
