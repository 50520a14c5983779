"""What the Admin API takes and gives, as JSON shapes."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.intake.accounts import AccountView, Credentials
from app.intake.admin import Told
from app.model.effects import ChargeOrder, Effect, ImportOrder, Refund
from app.model.feed import FeedSubmission
from app.model.money import MINOR_UNIT_DECIMALS
from app.model.times import to_iso


class Imported(BaseModel):
    """How many orders were new, and how many were there with the same content."""

    added: int
    unchanged: int


class Orders(BaseModel):
    """Orders in the shape of `feedgate orders schema`, newest first."""

    orders: list[dict[str, Any]]
    next: str | None = Field(description="`after` of the next page; null: no more.")


class Submission(BaseModel):
    """One feed submission; times are UTC, in ISO 8601."""

    feed_submission_id: str
    seller_id: str
    feed_type: str
    status: str
    submitted_at: str
    started_at: str | None
    completed_at: str | None

    @classmethod
    def of(cls, submission: FeedSubmission) -> Submission:
        """Write a submission."""
        return cls(
            feed_submission_id=str(submission.feed_submission_id),
            seller_id=submission.seller_id,
            feed_type=submission.feed_type,
            status=submission.status.value,
            submitted_at=to_iso(submission.submitted_at),
            started_at=_iso(submission.started_at),
            completed_at=_iso(submission.completed_at),
        )


class Submissions(BaseModel):
    """Submissions, newest first."""

    submissions: list[Submission]
    next: int | None = Field(description="`before` of the next page; null: no more.")


class NewSeller(BaseModel):
    """A seller to be made."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(
        min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f]$"
    )
    seller_id: str | None = Field(None, pattern="^[A-Z0-9]{10,20}$")
    marketplace_ids: list[str] | None = Field(None, min_length=1, max_length=50)
    merchant_tokens: list[str] = Field([], max_length=50)


class NewCredentials(BaseModel):
    """What was made; the secrets are shown this once."""

    seller_id: str
    access_key: str
    secret: str
    auth_token: str | None

    @classmethod
    def of(cls, made: Credentials) -> NewCredentials:
        """Write credentials."""
        return cls(
            seller_id=made.seller_id,
            access_key=made.access_key_id,
            secret=made.secret,
            auth_token=made.auth_token,
        )


class AccessKey(BaseModel):
    """A seller's access key, without its secret."""

    access_key: str
    created_at: str
    revoked_at: str | None


class Seller(BaseModel):
    """A seller."""

    seller_id: str
    name: str
    created_at: str
    marketplace_ids: list[str]
    merchant_tokens: list[str]
    access_keys: list[AccessKey]

    @classmethod
    def of(cls, view: AccountView) -> Seller:
        """Write an account."""
        return cls(
            seller_id=view.seller_id,
            name=view.name,
            created_at=to_iso(view.created_at),
            marketplace_ids=list(view.marketplace_ids),
            merchant_tokens=list(view.merchant_tokens),
            access_keys=[
                AccessKey(
                    access_key=key.access_key_id,
                    created_at=to_iso(key.created_at),
                    revoked_at=_iso(key.revoked_at),
                )
                for key in view.access_keys
            ],
        )


class Sellers(BaseModel):
    """Sellers by id."""

    sellers: list[Seller]
    next: str | None = Field(description="`after` of the next page; null: no more.")


class Money(BaseModel):
    """An amount."""

    currency: str
    amount: str


class EffectShape(BaseModel):
    """One effect; `amount` is what is charged or given back, if anything is."""

    cursor: str
    seller_id: str
    amazon_order_id: str
    amazon_order_item_code: str | None
    kind: str
    amount: Money | None
    details: dict[str, Any]
    source: str
    feed_submission_id: str | None
    message_id: str | None
    cause: str
    happened_at: str

    @classmethod
    def of(cls, told: Told, currency: str) -> EffectShape:
        """Write an effect of an order of that currency."""
        source, _, number = told.source.partition(" ")
        effect = told.effect
        total = None
        if isinstance(effect, Refund):
            total = effect.net
        elif isinstance(effect, ChargeOrder):
            total = effect.amount
        return cls(
            cursor=str(told.cursor),
            seller_id=told.seller_id,
            amazon_order_id=told.amazon_order_id,
            amazon_order_item_code=effect.item,
            kind=effect.kind,
            amount=None if total is None else money(total, currency),
            details=_details(effect, currency),
            source=told.source,
            feed_submission_id=number if source == "feed" else None,
            message_id=told.message_id,
            cause=told.cause,
            happened_at=to_iso(told.happened_at),
        )


class Effects(BaseModel):
    """Effects, and the cursor to send as `after` next."""

    effects: list[EffectShape]
    next: str


def money(amount: Decimal, currency: str) -> Money:
    """Write an amount with the decimals of its currency."""
    decimals = MINOR_UNIT_DECIMALS[currency]
    return Money(currency=currency, amount=f"{amount:.{decimals}f}")


# How the pairs of a field are written: the names of their halves.
_PAIRS = {
    "components": ("type", "amount"),
    "promotions": ("promotion", "amount"),
    "direct_payments": ("type", "amount"),
}


def _details(effect: Effect, currency: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(effect.to_content())
    if isinstance(effect, ImportOrder):
        return content
    for field in fields(effect):
        value = getattr(effect, field.name)
        if not value:
            continue
        if field.name in _PAIRS:
            name, amount = _PAIRS[field.name]
            content[field.name] = [
                {name: each, amount: money(given, currency).model_dump()}
                for each, given in value
            ]
        elif field.name == "items":
            own = "merchant_order_item_id"
            content["items"] = [
                {
                    "amazon_order_item_code": code,
                    ("quantity" if isinstance(given, int) else own): given,
                }
                for code, given in value
            ]
        elif field.name == "amount":
            content["amount"] = money(value, currency).model_dump()
        elif field.name == "adjustment":
            own_id = value.merchant_adjustment_item_id
            content["adjustment"] = {"merchant_adjustment_item_id": own_id}
    return content


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else to_iso(moment)
