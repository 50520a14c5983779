"""The literals that feed-vocabulary marks as checked, and what becomes of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.engine.documents import (
    ITEM_CODE,
    ORDER_ID,
    XSI,
    acknowledgement,
    adjustment,
    feed,
    fulfillment,
    item,
    message,
    refund,
)

MERCHANT_ORDER = "<MerchantOrderID>A-1</MerchantOrderID>"
MERCHANT_ITEM = "<MerchantOrderItemID>A-1-1</MerchantOrderItemID>"


@dataclass(frozen=True)
class Literal:
    """One document; valid under the strict rules, under the standard ones."""

    name: str
    document: str
    strict: bool
    standard: bool


def _both(valid: bool, name: str, document: str) -> Literal:
    return Literal(name, document, valid, valid)


def literals() -> Iterator[Literal]:
    """Return every document, in the order of the sheet."""
    yield from _envelopes()
    yield from _messages()
    yield from _shared_types()
    yield from _acknowledgements()
    yield from _adjustments()
    yield from _shipments()


def _envelopes() -> Iterator[Literal]:
    one = message(acknowledgement())
    plain = feed(one)
    yield _both(True, "the plain feed", plain)
    hinted = f'{XSI} xsi:noNamespaceSchemaLocation="amzn-envelope.xsd"'
    yield _both(True, "with a schema location", plain.replace(XSI, hinted))
    yield _both(True, "with comments", feed(f"<!-- a --><?p i?>{one}<!-- b -->"))
    yield _both(False, "an attribute", plain.replace("<Header", '<Header a="1"'))
    nil = plain.replace("<StatusCode>", '<StatusCode xsi:nil="true">')
    yield _both(False, "xsi:nil", nil)
    yield _both(False, "text between elements", feed(f"text{one}"))
    lower = plain.replace("AmazonOrderID", "amazonorderid")
    yield _both(False, "a lower-case name", lower)
    yield _both(False, "no Message", feed(""))
    name = "<MarketplaceName>a</MarketplaceName>"
    effective = "<EffectiveDate>2026-11-24T12:00:00Z</EffectiveDate>"
    purge = "<PurgeAndReplace>false</PurgeAndReplace>"
    head = name + purge + effective
    yield _both(True, "a full head", feed(one, after_type=head))
    wrong = effective + purge
    yield _both(False, "EffectiveDate too early", feed(one, after_type=wrong))
    for value, valid in (("true", True), ("1", True), (" 0 ", True), ("TRUE", False)):
        inside = f"<PurgeAndReplace>{value}</PurgeAndReplace>"
        yield _both(valid, f"Purge {value!r}", feed(one, after_type=inside))
    for version, valid in (
        ("1.02", True),
        ("99.99", True),
        (" 1.01", False),
        ("1", False),
        ("1.001", False),
    ):
        yield _both(valid, f"version {version!r}", feed(one, version=version))
    for length, valid in ((0, True), (50, True), (51, False)):
        text = feed(one, merchant="M" * length)
        yield _both(valid, f"a MerchantIdentifier of {length}", text)
    for release, valid in (("1.0", True), ("12345.0", False)):
        inside = f"<OverrideReleaseId>{release}</OverrideReleaseId></Header>"
        text = plain.replace("</Header>", inside)
        yield _both(valid, f"OverrideReleaseId {release}", text)
    for message_type, valid in (
        ("OrderFulfillment", True),
        ("ProcessingReport", True),
        ("OrderReport", False),
        (" OrderAdjustment", False),
    ):
        name = f"MessageType {message_type!r}"
        yield _both(valid, name, feed(one, message_type))


def _messages() -> Iterator[Literal]:
    for message_id, valid in (
        ("1", True),
        ("01", True),
        (" 1 ", True),
        ("9" * 20, True),
        ("1".zfill(20), True),
        ("0", False),
        ("+1", False),
        ("-1", False),
        ("1.0", False),
        ("", False),
        ("1".zfill(21), False),
        ("１２", False),
    ):
        text = feed(message(acknowledgement(), message_id))
        yield _both(valid, f"MessageID {message_id!r}", text)
    twice = message(acknowledgement()) * 2
    yield _both(True, "a MessageID twice", feed(twice))
    for operation, valid in (("Update", True), ("PartialUpdate", True), ("Add", False)):
        inside = f"<OperationType>{operation}</OperationType>"
        text = feed(message(acknowledgement(), operation=inside))
        yield _both(valid, f"OperationType {operation}", text)
    yield _both(False, "two payloads", feed(message(acknowledgement() * 2)))
    other = feed(message(fulfillment()), "OrderAcknowledgement")
    yield _both(True, "a payload that is not the MessageType", other)


def _shared_types() -> Iterator[Literal]:
    for order_id, valid in (
        ("026-1234567-1234567", True),
        ("S01-1234567-1234567", True),
        ("+26-1234567-1234567", True),
        ("é２6-1234567-123456x", True),
        ("_26-1234567-1234567", False),
        (" 26-1234567-1234567", False),
        ("026–1234567–1234567", False),
        ("026-1234567-123456", False),
        ("", False),
    ):
        order = f"<AmazonOrderID>{order_id}</AmazonOrderID>"
        text = feed(message(acknowledgement(order=order)))
        yield _both(valid, f"AmazonOrderID {order_id!r}", text)
    for code, valid in (
        ("1" * 14, True),
        ("1" * 13, False),
        ("1" * 15, False),
        (" " + "1" * 14, False),
    ):
        inside = item(code=f"<AmazonOrderItemCode>{code}</AmazonOrderItemCode>")
        text = feed(message(acknowledgement(items=inside)))
        yield _both(valid, f"AmazonOrderItemCode {code!r}", text)
    for own, valid in (("", True), ("ä" * 50, True), ("a" * 51, False)):
        order = f"{ORDER_ID}<MerchantOrderID>{own}</MerchantOrderID>"
        text = feed(message(acknowledgement(order=order)))
        yield _both(valid, f"MerchantOrderID of {len(own)}", text)
    for amount, valid in (
        ("1", True),
        ("1.5", True),
        (".5", True),
        ("1.", True),
        ("+1.00", True),
        ("-1.00", True),
        ("3.900000", True),
        ("1" * 20, True),
        (" 1.00\n", True),
        ("1.555", False),
        ("1e2", False),
        ("1,00", False),
        ("", False),
        ("1" * 19 + ".55", False),
    ):
        text = feed(message(refund(f"<Amount>{amount}</Amount>")), "OrderAdjustment")
        yield _both(valid, f"Amount {amount!r}", text)
    for currency, strict, standard in (
        ("USD", True, True),
        ("INR", True, True),
        ("MXN", False, True),
        ("EGP", False, True),
        ("usd", False, False),
        ("", False, False),
        ("CHF", False, False),
    ):
        inside = f'<Amount currency="{currency}">1</Amount>'
        text = feed(message(refund(inside)), "OrderAdjustment")
        yield Literal(f"currency {currency!r}", text, strict, standard)


def _acknowledgements() -> Iterator[Literal]:
    for status, strict, standard in (
        ("Success", True, True),
        ("Failure", True, True),
        ("Failed", False, True),
        (" Success", False, False),
        ("success", False, False),
    ):
        text = feed(message(acknowledgement(status)))
        yield Literal(f"StatusCode {status!r}", text, strict, standard)
    for reason, strict, standard in (
        ("NoInventory", True, True),
        ("MerchandiseNotReceived", True, True),
        ("PricingError", False, True),
        ("WeatherDelay", False, True),
        ("BuyerCancelled", False, False),
        ("CustomerCancel", False, False),
        (" NoInventory", False, False),
    ):
        inside = item(f"<CancelReason>{reason}</CancelReason>")
        text = feed(message(acknowledgement("Failure", items=inside)))
        yield Literal(f"CancelReason {reason!r}", text, strict, standard)
    full = item(f"{MERCHANT_ITEM}<CancelReason>NoInventory</CancelReason>")
    odd = acknowledgement("Success", items=full)
    yield _both(True, "Success with CancelReason", feed(message(odd)))
    bare = acknowledgement("Failure", items=item())
    yield _both(True, "an Item without CancelReason", feed(message(bare)))
    units = acknowledgement("Failure", items=item("<Quantity>1</Quantity>"))
    yield Literal("an Item with Quantity", feed(message(units)), False, True)
    by_own = acknowledgement(order=MERCHANT_ORDER)
    yield _both(False, "MerchantOrderID alone", feed(message(by_own)))
    turned = acknowledgement(order=MERCHANT_ORDER + ORDER_ID)
    yield _both(False, "MerchantOrderID first", feed(message(turned)))


def _adjustments() -> Iterator[Literal]:
    reason = "<AdjustmentReason>NoInventory</AdjustmentReason>"
    component = "<Component><Type>{}</Type><Amount>1</Amount></Component>"

    def text(payload: str) -> str:
        return feed(message(payload), "OrderAdjustment")

    smallest = adjustment(MERCHANT_ITEM + reason, order=MERCHANT_ORDER)
    yield _both(True, "the smallest adjustment", text(smallest))
    both = adjustment(order=ORDER_ID + MERCHANT_ORDER)
    yield _both(False, "both order keys", text(both))
    yield _both(False, "both item keys", text(adjustment(ITEM_CODE + MERCHANT_ITEM)))
    for action, valid in (("Refund", True), ("Cancel", True), ("Reverse", False)):
        before = f"<ActionType>{action}</ActionType>"
        yield _both(valid, f"ActionType {action}", text(adjustment(before=before)))
    cod = "<CODCollectionMethod>DirectPayment</CODCollectionMethod>"
    yield _both(True, "a CODCollectionMethod", text(adjustment(before=cod)))
    for word, valid in (
        ("NoInventory", True),
        ("CustomerCancel", True),
        ("RefusedDelivery", True),
        ("BuyerCanceled", False),
        ("BuyerCancelled", False),
    ):
        inside = f"{ITEM_CODE}<AdjustmentReason>{word}</AdjustmentReason>"
        yield _both(valid, f"AdjustmentReason {word}", text(adjustment(inside)))
    for kind, valid in (
        ("Principal", True),
        ("FreeReplacementReturnShipping", True),
        ("CODFee", False),
        ("principal", False),
    ):
        yield _both(valid, f"component {kind}", text(refund(component=kind)))
    units = "<QuantityCancelled>1</QuantityCancelled>"
    rest = "<Quantity>1</Quantity>"
    yield _both(True, "both quantities", text(refund(after=units + rest)))
    yield _both(False, "Quantity first", text(refund(after=rest + units)))
    unwrapped = "<Type>Principal</Type><Amount>1</Amount>"
    for name, inside, valid in (
        ("no Component", unwrapped, False),
        ("a type twice", component.format("Tax") * 2, True),
        ("no component at all", "", False),
    ):
        amounts = f"<ItemPriceAdjustments>{inside}</ItemPriceAdjustments>"
        yield _both(valid, name, text(adjustment(ITEM_CODE + reason + amounts)))
    turned = "<Component><Amount>1</Amount><Type>Tax</Type></Component>"
    amounts = f"<ItemPriceAdjustments>{turned}</ItemPriceAdjustments>"
    yield _both(False, "Amount first", text(adjustment(ITEM_CODE + reason + amounts)))
    for quantity, valid in (("01", True), ("+1", True), ("9" * 23, True), ("0", False)):
        after = f"<QuantityCancelled>{quantity}</QuantityCancelled>"
        name = f"QuantityCancelled {quantity}"
        yield _both(valid, name, text(refund(after=after)))
    for length, valid in ((5, False), (6, True), (12, True), (13, False)):
        claim = f"<PromotionClaimCode>{'P' * length}</PromotionClaimCode>"
        inside = claim + component.format("Shipping")
        taken = f"<PromotionAdjustments>{inside}</PromotionAdjustments>"
        name = f"a PromotionClaimCode of {length}"
        yield _both(valid, name, text(refund(after=taken * 2)))
    paid = component.format("anything at all")
    direct = f"<DirectPaymentAdjustments>{paid}</DirectPaymentAdjustments>"
    yield _both(True, "a direct payment", text(refund(after=direct)))
    for own, valid in ((" ", True), ("", False), ("R" * 51, False)):
        key = f"<MerchantAdjustmentItemID>{own}</MerchantAdjustmentItemID>"
        name = f"a MerchantAdjustmentItemID {own!r}"
        yield _both(valid, name, text(adjustment(ITEM_CODE + key + reason)))


def _shipments() -> Iterator[Literal]:
    def text(*args: str, **kwargs: str) -> str:
        return feed(message(fulfillment(*args, **kwargs)), "OrderFulfillment")

    for date, valid in (
        ("2026-11-24T12:00:00Z", True),
        ("2026-11-24T12:00:00", True),
        ("2026-11-24T12:00:00.123+14:00", True),
        ("2026-11-24T24:00:00", True),
        (" 2026-11-24T12:00:00Z\n", True),
        ("2026-11-24", False),
        ("2026-11-24 12:00:00", False),
        ("2026-11-24T12:00", False),
        ("2026-11-24T12:00:60", False),
        ("2026-02-30T12:00:00", False),
        ("0000-11-24T12:00:00", False),
        ("2026-11-24T12:00:00+15:00", False),
    ):
        yield _both(valid, f"FulfillmentDate {date!r}", text(date))
    now = "2026-11-24T12:00:00Z"
    own_id = "<MerchantFulfillmentID>{}</MerchantFulfillmentID>"
    for value, valid in (("123", True), ("A1", False)):
        name = f"MerchantFulfillmentID {value}"
        yield _both(valid, name, text(before=own_id.format(value)))
    code = "<CarrierCode>UPS</CarrierCode>"
    name = "<CarrierName>Bob</CarrierName>"
    for label, inside, strict, standard in (
        ("CarrierCode", code, True, True),
        ("CarrierName", name, True, True),
        ("an empty CarrierName", "<CarrierName/>", True, True),
        ("CarrierCode and CarrierName", code + name, False, True),
        ("CarrierName and CarrierCode", name + code, False, False),
        ("no carrier", "<ShippingMethod>Air</ShippingMethod>", False, True),
        ("nothing", "", False, True),
        ("ups", "<CarrierCode>ups</CarrierCode>", False, False),
        ("Yodel", "<CarrierCode>Yodel</CarrierCode>", True, True),
        ("4PX", "<CarrierCode>4PX</CarrierCode>", False, True),
        ("YANWEN", "<CarrierCode>YANWEN</CarrierCode>", False, True),
        ("Yanwen", "<CarrierCode>Yanwen</CarrierCode>", False, True),
        ("Boğaziçi", "<CarrierCode>Boğaziçi</CarrierCode>", False, True),
    ):
        data = f"<FulfillmentData>{inside}</FulfillmentData>"
        yield Literal(f"FulfillmentData: {label}", text(now, data), strict, standard)
    cod = "<CODCollectionMethod>DirectPayment</CODCollectionMethod>"
    yield Literal("CODCollectionMethod", text(now, cod), False, True)
    both = text(order=ORDER_ID + MERCHANT_ORDER)
    yield _both(False, "both order keys of a shipment", both)
    own = item("<Quantity>2</Quantity>", MERCHANT_ITEM)
    yield _both(True, "an item by its own id", text(now, own * 2))
    for count, standard in ((1, True), (10, True), (11, False)):
        codes = "<TransparencyCode>AZ:1</TransparencyCode>" * count
        label = f"{count} TransparencyCodes"
        yield Literal(label, text(now, item(codes)), False, standard)
    address = (
        "<ShipFromAddress><Name>A</Name><AddressFieldOne>B</AddressFieldOne>"
        '<CountryCode>{}</CountryCode><PhoneNumber Type="Fax">1</PhoneNumber>'
        "</ShipFromAddress>"
    )
    for country, standard in (("US", True), ("USA", False)):
        label = f"ShipFromAddress in {country}"
        yield Literal(label, text(now, address.format(country)), False, standard)
