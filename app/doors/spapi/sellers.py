"""Sellers v1: where a seller sells. Source: sp-api-wire 10.1."""

from __future__ import annotations

from fastapi import APIRouter

from app.doors.spapi.callers import SellerCaller, limited
from app.doors.spapi.errors import REFUSALS
from app.doors.spapi.parts import Parts
from app.doors.spapi.values import Answer
from app.model.marketplaces import MARKETPLACES

SECTION = "sellers/v1"

router = APIRouter(prefix=f"/{SECTION}", tags=["Sellers v1"], responses=REFUSALS)


class Marketplace(Answer):
    """A marketplace."""

    id: str
    name: str
    countryCode: str
    defaultCurrencyCode: str
    defaultLanguageCode: str
    domainName: str


class Participation(Answer):
    """What a seller does there."""

    isParticipating: bool
    hasSuspendedListings: bool


class MarketplaceParticipation(Answer):
    """A marketplace that a seller sells in."""

    marketplace: Marketplace
    participation: Participation


class GetMarketplaceParticipationsResponse(Answer):
    """All of them, in one list."""

    payload: list[MarketplaceParticipation]


@router.get(
    "/marketplaceParticipations",
    operation_id="getMarketplaceParticipations",
    dependencies=[limited(f"{SECTION}/getMarketplaceParticipations", "0.016", 15)],
)
def get_marketplace_participations(
    caller: SellerCaller, parts: Parts
) -> GetMarketplaceParticipationsResponse:
    """List the marketplaces of the seller."""
    here = Participation(isParticipating=True, hasSuspendedListings=False)
    found = []
    for marketplace_id in sorted(parts.accounts.sells_in(caller.seller_id)):
        known = MARKETPLACES[marketplace_id]
        marketplace = Marketplace(
            id=marketplace_id,
            name=known.sales_channel,
            countryCode=known.country_code,
            defaultCurrencyCode=known.currency,
            defaultLanguageCode=known.language,
            domainName=known.domain_name,
        )
        found.append(
            MarketplaceParticipation(marketplace=marketplace, participation=here)
        )
    return GetMarketplaceParticipationsResponse(payload=found)
