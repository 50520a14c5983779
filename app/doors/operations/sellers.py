"""Sellers 2011-07-01: where a seller sells."""

from __future__ import annotations

from app.doors.answers import Answer, element, leaf
from app.doors.call import (
    SERVICE_STATUS_QUOTA,
    Call,
    Services,
    operation,
    service_status,
)
from app.doors.sections import SELLERS, SELLERS_BACK_END
from app.errors import ErrorCode, ServiceError
from app.intake.quotas import Quota
from app.model.marketplaces import MARKETPLACES, Marketplace

QUOTA = Quota(15, 60, shared="ListMarketplaceParticipations")


@operation("ListMarketplaceParticipations", SELLERS, SELLERS_BACK_END, QUOTA)
def list_marketplace_participations(call: Call, services: Services) -> Answer:
    """Return all marketplaces of the seller; there is never a second page."""
    sold_in = sorted(services.accounts.sells_in(call.caller.seller_id))
    participations = [
        element(
            "Participation",
            leaf("MarketplaceId", marketplace_id),
            leaf("SellerId", call.caller.seller_id),
            leaf("HasSellerSuspendedListings", "No"),
        )
        for marketplace_id in sold_in
    ]
    marketplaces = [_marketplace(MARKETPLACES[each]) for each in sold_in]
    return call.answer(
        element("ListParticipations", *participations),
        element("ListMarketplaces", *marketplaces),
    )


@operation("ListMarketplaceParticipationsByNextToken", SELLERS, SELLERS_BACK_END, QUOTA)
def list_marketplace_participations_by_next_token(
    call: Call, services: Services
) -> Answer:
    """Refuse every token: the list gives none, since it answers all at once."""
    call.required("NextToken")
    raise ServiceError(
        ErrorCode.NEXT_TOKEN_CORRUPTED,
        "The NextToken was not made by ListMarketplaceParticipations, which answers "
        "with all marketplaces at once.",
    )


@operation("GetServiceStatus", SELLERS, SELLERS_BACK_END, SERVICE_STATUS_QUOTA)
def get_service_status(call: Call, services: Services) -> Answer:
    """Say that the section is served."""
    return service_status(call)


def _marketplace(marketplace: Marketplace) -> str:
    return element(
        "Marketplace",
        leaf("MarketplaceId", marketplace.marketplace_id),
        leaf("Name", marketplace.sales_channel),
        leaf("DefaultCountryCode", marketplace.country_code),
        leaf("DefaultCurrencyCode", marketplace.currency),
        leaf("DefaultLanguageCode", marketplace.language),
        leaf("DomainName", marketplace.domain_name),
    )
