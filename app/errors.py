"""Every error code, one row each: of refused requests, and of processing reports."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum


class Severity(StrEnum):
    """The ResultCode of a Result; there is none for success."""

    ERROR = "Error"
    WARNING = "Warning"


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a door spells one refusal.

    `mws` is the Code of an ErrorResponse and `status` its HTTP status. `cause` and
    `fix` are sentences for the error catalogue. `names_fault` is not so where the Type
    was empty on the wire (mws-wire 2.6).
    """

    mws: str
    status: int
    cause: str
    fix: str
    names_fault: bool = True

    @property
    def fault(self) -> str:
        """The Type of the error: whose fault it is."""
        if not self.names_fault:
            return ""
        return "Receiver" if self.status >= 500 else "Sender"


class ErrorCode(Enum):
    """Reasons to refuse a request.

    Source: mws-wire 2.7 and 4.7. MWS's error page is lost, so the HTTP statuses of
    the feed codes follow what its clients were written for (docs/decisions).
    """

    INVALID_ACCESS_KEY = Spelling(
        "InvalidAccessKeyId",
        403,
        "The AWSAccessKeyId is unknown or was revoked.",
        "Check the access key; `feedgate accounts list` shows those in force.",
    )
    SIGNATURE_MISMATCH = Spelling(
        "SignatureDoesNotMatch",
        403,
        "The Signature is not the one computed from the request and the secret.",
        "Check the secret, and that the signed host and path are those called.",
    )
    ACCESS_DENIED = Spelling(
        "AccessDenied",
        401,
        "The access key is valid but may not act for that seller.",
        "Give the seller's MWSAuthToken, or the seller that the key belongs to.",
    )
    REQUEST_EXPIRED = Spelling(
        "RequestExpired",
        400,
        "Timestamp or Expires lies outside the window of 15 minutes.",
        "Correct the clock of the calling machine and sign the request anew.",
    )
    MISSING_PARAMETER = Spelling(
        "MissingParameter",
        400,
        "A parameter that every call needs is absent.",
        "Add the parameter that the message names.",
    )
    INVALID_PARAMETER = Spelling(
        "InvalidParameterValue",
        400,
        "A parameter has a value that is not allowed.",
        "Use a value as the message describes it.",
    )
    VALIDATION = Spelling(
        "ValidationError",
        400,
        "A parameter that the operation needs is absent or out of range.",
        "Add or correct the parameter that the message names.",
    )
    MALFORMED_INPUT = Spelling(
        "MalformedInput",
        400,
        "A date is not an ISO 8601 date and time.",
        "Write it as 2026-11-24T12:00:00Z.",
    )
    INVALID_ADDRESS = Spelling(
        "InvalidAddress",
        404,
        "The path, the Version or the Action is not one that is served here.",
        "Check the spelling; the documentation lists what is served.",
    )
    INPUT_STREAM_DISCONNECTED = Spelling(
        "InputStreamDisconnected",
        400,
        "The body ended before its announced length.",
        "Send the request again.",
    )
    INVALID_REQUEST = Spelling(
        "InvalidRequest",
        400,
        "The request lacks what the operation works on, or it cannot be read.",
        "Correct it as the message says.",
    )
    INVALID_FEED_TYPE = Spelling(
        "InvalidFeedType",
        400,
        "The FeedType is unknown, or is not served here.",
        "Use one of the feed types that the message lists.",
    )
    INVALID_MARKETPLACE = Spelling(
        "InvalidMarketplace",
        400,
        "A marketplace id is unknown.",
        "Use the MarketplaceId of a marketplace that the seller sells in.",
    )
    CONTENT_MD5_MISSING = Spelling(
        "ContentMD5Missing",
        400,
        "SubmitFeed came without Content-MD5 header and ContentMD5Value parameter.",
        "Send the base64 MD5 of the body as one of the two.",
    )
    CONTENT_MD5_MISMATCH = Spelling(
        "ContentMD5DoesNotMatch",
        400,
        "The MD5 that was sent is not that of the body that arrived.",
        "Compute it from the bytes as sent, after any change of encoding.",
    )
    INPUT_DATA = Spelling(
        "InputDataError",
        400,
        "The document is invalid, and this service refuses invalid feeds at once.",
        "Correct the document; `feedgate validate` lists every error.",
    )
    INVALID_FEED_SUBMISSION_ID = Spelling(
        "InvalidFeedSubmissionId",
        400,
        "The seller has no feed submission of that id.",
        "Use a FeedSubmissionId that SubmitFeed answered to this seller.",
    )
    RESULT_NOT_READY = Spelling(
        "FeedProcessingResultNotReady",
        404,
        "The feed is not finished yet.",
        "Ask again when GetFeedSubmissionList shows _DONE_.",
    )
    FEED_CANCELED = Spelling(
        "FeedCanceled",
        400,
        "The feed was cancelled, so there is no report.",
        "Submit the feed again if it is still wanted.",
    )
    RESULT_NO_LONGER_AVAILABLE = Spelling(
        "FeedProcessingResultNoLongerAvailable",
        404,
        "The report was removed after its time of retention.",
        "Keep reports on the seller's side.",
    )
    INVALID_REPORT_TYPE = Spelling(
        "InvalidReportType",
        400,
        "The ReportType is unknown, or is not served here.",
        "Use one of the report types that the message lists.",
    )
    INVALID_SCHEDULE_FREQUENCY = Spelling(
        "InvalidScheduleFrequency",
        400,
        "The Schedule is none that reports are made by.",
        "Use one of the schedules that the message lists; _NEVER_ ends one.",
    )
    INVALID_REPORT_REQUEST_ID = Spelling(
        "InvalidReportRequestId",
        400,
        "The seller has no report request of that id.",
        "Use a ReportRequestId that RequestReport answered to this seller.",
    )
    INVALID_REPORT_ID = Spelling(
        "InvalidReportId",
        400,
        "The seller has no report of that id.",
        "Use a ReportId of GetReportList, or the GeneratedReportId of a request.",
    )
    REPORT_NOT_READY = Spelling(
        "ReportNotReady",
        404,
        "GetReport was asked with the id of a request whose report is not there yet.",
        "Ask with the GeneratedReportId when GetReportRequestList shows one.",
    )
    REPORT_NO_LONGER_AVAILABLE = Spelling(
        "ReportNoLongerAvailable",
        404,
        "The report was removed after its time of retention.",
        "Request the report again.",
    )
    INVALID_INPUT_FATAL = Spelling(
        "InvalidInputFatalException",
        400,
        "A call to the Subscriptions section asks for what cannot be done.",
        "Correct the destination or the subscription as the message says.",
    )
    NEXT_TOKEN_CORRUPTED = Spelling(
        "NextTokenCorrupted",
        400,
        "The NextToken cannot be read, or was made for another caller.",
        "Start again with the first call, and percent-encode + / and = in the token.",
    )
    REQUEST_THROTTLED = Spelling(
        "RequestThrottled",
        503,
        "The operation was called more often than its quota restores requests.",
        "Send the same request again after the pause that the message names.",
        names_fault=False,
    )
    QUOTA_EXCEEDED = Spelling(
        "QuotaExceeded",
        503,
        "The hourly quota of the operation is used up.",
        "Wait for the time in the message, or in x-mws-quota-resetsOn.",
        names_fault=False,
    )
    INTERNAL = Spelling(
        "InternalError",
        500,
        "The service failed; the log has the request id.",
        "Send the request again; report the request id if it stays.",
    )
    SERVICE_UNAVAILABLE = Spelling(
        "ServiceUnavailable",
        503,
        "The database, the document store or every gate is busy or out of reach.",
        "Send the same request again after a pause; nothing of it was kept.",
    )


class ServiceError(Exception):
    """A refused request; a door writes it in its own spelling."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        """Keep the code, and the sentence that says what would be right."""
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One ResultMessageCode of a processing report.

    `strict` is the number that the strict profile reports in place of `number`, the
    number itself then standing inside the description (design D1). `text` is a
    format string; the values it names come from where the problem is found.
    """

    number: int
    severity: Severity
    cause: str
    fix: str
    text: str
    strict: int | None = None


_E = Severity.ERROR
_W = Severity.WARNING


class ResultCode(Enum):
    """Reasons to refuse a message or a feed, and warnings.

    Source: feed-vocabulary 4.1 (Amazon's numbers) and 4.2 (our own, 715xxx and 718xxx).
    9xxxx are those of flat files.
    """

    SCHEMA_INVALID = ResultRow(
        5000,
        _E,
        "The document breaks the schema.",
        "Correct the element that the text names; nothing of the feed was applied.",
        "Line {line}, {path}: found {found}, expected {expected}.",
    )
    NOT_WELL_FORMED = ResultRow(
        5001,
        _E,
        "The document is not well-formed XML, or not in the encoding it declares.",
        "Correct the document at the position that the text names.",
        "Line {line}, column {column}: {found}, expected {expected}.",
    )
    NOT_PROCESSED = ResultRow(
        5002,
        _E,
        "The feed was given up after its last attempt, before this message.",
        "Send the messages with this code again in a new feed.",
        "{what} not processed: the feed was given up after {attempts} attempts in a "
        "row. Send what is missing again, in a new feed.",
    )
    TOO_MANY_ERRORS = ResultRow(
        5003,
        _E,
        "The feed has more errors than a report lists.",
        "Correct those listed and send the feed again.",
        "{count} more errors are not listed.",
    )
    INFORMATION_MISSING = ResultRow(
        5004,
        _E,
        "A record of a flat file lacks a value, or the file has no record.",
        "Fill in the column that the text names.",
        "Line {line}: {what}, expected {expected}.",
    )
    WRONG_MERCHANT = ResultRow(
        5005,
        _E,
        "MerchantIdentifier is not one of the account's (a warning under the "
        "standard rules, an error under the strict ones).",
        "Send the seller id, a merchant token of the account, or nothing.",
        'MerchantIdentifier is "{found}", expected {expected} or nothing: {outcome}.',
    )
    SHIPMENT_OVER_OPEN = ResultRow(
        18021,
        _E,
        "The shipment has more units than are left to ship.",
        "Leave out units that were cancelled or shipped before.",
        "{order} has {left} left to ship, {asked}: {ordered} ordered, {shipped} "
        "shipped, {cancelled} cancelled.",
    )
    HEADINGS_CHANGED = ResultRow(
        90009,
        _E,
        "A flat file has no headings, or they are not as the template has them.",
        "Copy the headings of the template; `feedgate template` writes it.",
        "Line {line}: found {found}, expected the headings of the {title}: {fix}.",
    )
    COLUMN_MISSING = ResultRow(
        90012,
        _E,
        "A flat file lacks a required column.",
        "Add the columns that the text names; `feedgate template` writes them all.",
        "Line {line}: the headings of the {title} lack {columns}.",
    )
    COLUMN_UNKNOWN = ResultRow(
        90061,
        _W,
        "A heading of a flat file is unknown, so its values are ignored.",
        "Correct the spelling, or leave the column out.",
        'Line {line}: the heading "{found}" is unknown to the {title}, so its values '
        "were ignored.",
    )
    DUPLICATE_MESSAGE_ID = ResultRow(
        715001,
        _E,
        "A MessageID stands twice in one feed.",
        "Number the messages of a feed 1, 2, 3 and so on.",
        "MessageID {message_id} was used before in this feed: every message needs "
        "an id of its own.",
        strict=25,
    )
    WRONG_FEED_TYPE = ResultRow(
        715002,
        _E,
        "The document is of another kind than the FeedType it was sent as.",
        "Send it again with the FeedType that belongs to it.",
        "This looks like {found}, you sent it as {feed_type}.",
        strict=25,
    )
    WRONG_PAYLOAD = ResultRow(
        715003,
        _E,
        "A message holds another element than the MessageType of its envelope says.",
        "Put messages of one kind into one feed.",
        "The message holds {found}, but the MessageType of the feed is {expected}.",
        strict=25,
    )
    WRONG_ROOT = ResultRow(
        715004,
        _E,
        "The document element is not AmazonEnvelope.",
        "Put the messages into an AmazonEnvelope.",
        "The document element is {found}, expected AmazonEnvelope.",
        strict=25,
    )
    TOO_LARGE = ResultRow(
        715005,
        _E,
        "The feed has too many messages, or one of its parts is too large.",
        "Split the feed.",
        "{what} is over the limit of {limit}: {fix}.",
        strict=25,
    )
    DOCTYPE_OR_ENCODING = ResultRow(
        715006,
        _E,
        "The document has a DOCTYPE, or an encoding that is not accepted.",
        "Leave the DOCTYPE out and send UTF-8.",
        "{found} is refused: {fix}.",
        strict=25,
    )
    IGNORED = ResultRow(
        715007,
        _W,
        "PurgeAndReplace or OperationType has a value without meaning for orders.",
        "Leave it out.",
        "{what} was ignored: it has no meaning for order feeds.",
        strict=25,
    )
    SPREADSHEET_LEFTOVERS = ResultRow(
        715008,
        _W,
        "A spreadsheet has put quotes or empty cells into a flat file.",
        "Nothing: they were read as they were meant. Save as Text (Tab delimited).",
        "{what}, the first on line {line}: {outcome}.",
        strict=25,
    )
    ORDER_UNKNOWN = ResultRow(
        718001,
        _E,
        "The seller has no order of that AmazonOrderID.",
        "Check the id, and the seller that the credentials belong to.",
        "{order} is not an order of this seller.",
        strict=18028,
    )
    MERCHANT_ORDER_ID_UNKNOWN = ResultRow(
        718002,
        _E,
        "No acknowledgement stored that MerchantOrderID.",
        "Acknowledge the order with it first, or use the AmazonOrderID.",
        "MerchantOrderID {merchant_order_id} stands for no order of this seller: "
        "acknowledge the order with it first, or use the AmazonOrderID.",
        strict=18028,
    )
    ORDER_PENDING = ResultRow(
        718003,
        _E,
        "The order is still pending.",
        "Wait until it is Unshipped.",
        "{order} is {status}: nothing can be done with it until it is Unshipped.",
        strict=18028,
    )
    ORDER_CANCELED = ResultRow(
        718004,
        _E,
        "The order is already cancelled.",
        "Nothing: a cancelled order stays cancelled.",
        "{order} is Canceled: nothing more can be done with it.",
        strict=18028,
    )
    ORDER_SHIPPED = ResultRow(
        718005,
        _E,
        "Some units of the order are shipped, so it cannot be cancelled whole.",
        "Cancel or refund single units with OrderAdjustment.",
        "{order} has {shipped} of {ordered} units shipped, so it cannot be "
        "cancelled: use OrderAdjustment for the rest.",
        strict=18028,
    )
    ORDER_NOT_SELLER_FULFILLED = ResultRow(
        718006,
        _E,
        "The marketplace fulfils the order (AFN), not the seller.",
        "Leave the order out of order feeds.",
        "{order} is fulfilled by the marketplace (AFN), not by the seller.",
        strict=18028,
    )
    MERCHANT_ID_CONFLICT = ResultRow(
        718007,
        _E,
        "An id of the seller's own is already stored for something else.",
        "Send the id that was stored, or none.",
        "{subject} already stands for {stored}, so it cannot stand for {given}.",
        strict=18028,
    )
    ITEM_UNKNOWN = ResultRow(
        718010,
        _E,
        "The order has no item of that AmazonOrderItemCode.",
        "Use an item code of the order.",
        "{order} has no item {amazon_order_item_code}: its items are {items}.",
        strict=18028,
    )
    MERCHANT_ITEM_ID_UNKNOWN = ResultRow(
        718011,
        _E,
        "No acknowledgement stored that MerchantOrderItemID for the order.",
        "Acknowledge the order with it first, or use the AmazonOrderItemCode.",
        "{order} has no item with MerchantOrderItemID {merchant_order_item_id}: "
        "acknowledge the order with it first, or use the AmazonOrderItemCode.",
        strict=18028,
    )
    ITEM_TWICE = ResultRow(
        718012,
        _E,
        "One message names an item twice.",
        "Put everything about an item into one element.",
        "{item} stands twice in this message: put what concerns it into one element.",
        strict=18028,
    )
    CANCEL_REASON_IGNORED = ResultRow(
        718013,
        _W,
        "A CancelReason came with StatusCode Success.",
        "Leave it out, or send StatusCode Failure to cancel the order.",
        "{item}: CancelReason {reason} was ignored, since StatusCode is Success.",
        strict=18028,
    )
    CANCELLED_WITHOUT_ITEM = ResultRow(
        718014,
        _W,
        "A Failure names no Item, so the order was cancelled without a reason.",
        "Name every item with a CancelReason.",
        "{order} was cancelled without a reason, since the message names no Item.",
        strict=18028,
    )
    PARTIAL_CANCEL = ResultRow(
        718015,
        _E,
        "A Failure would leave units open; an acknowledgement cancels whole orders.",
        "Name every item with open units, or use OrderAdjustment for single units.",
        "{order} would keep {left} open, but an acknowledgement cancels the whole "
        "order: use OrderAdjustment with QuantityCancelled for a part.",
        strict=18028,
    )
    CANCEL_REASON_DEFAULT = ResultRow(
        718016,
        _W,
        "An item of a Failure has no CancelReason.",
        "Give a CancelReason for every item.",
        "{item} was cancelled with reason GeneralAdjustment, since the message gives "
        "no CancelReason for it.",
        strict=18028,
    )
    SHIPPED_BEFORE_ORDER = ResultRow(
        718021,
        _E,
        "FulfillmentDate lies before the order.",
        "Send the time at which the parcel went out.",
        "{order} was placed at {purchase_date}, after FulfillmentDate {given}.",
        strict=5002,
    )
    SHIPPED_IN_FUTURE = ResultRow(
        718022,
        _E,
        "FulfillmentDate lies in the future.",
        "Confirm a shipment when it has gone out, with the zone in the date.",
        "{order}: FulfillmentDate {given} is in the future, it is now {now}.",
        strict=5002,
    )
    CARRIER_MISSING = ResultRow(
        718023,
        _E,
        "The shipment names no carrier (strict rules only).",
        "Give a CarrierCode of the list, or a CarrierName.",
        "{order}: {found}: give a CarrierCode of the list, or a CarrierName.",
        strict=18028,
    )
    TRACKING_REPLACED = ResultRow(
        718024,
        _W,
        "The same units were confirmed before; the tracking data was replaced.",
        "Nothing, if a correction was meant.",
        "{order} was confirmed before with the same units: its carrier and tracking "
        "number were replaced.",
        strict=18028,
    )
    ITEM_PRICE_OVER_BALANCE = ResultRow(
        718031,
        _E,
        "A refund of Principal or Tax is above what is left of it.",
        "Refund at most what the text says is left.",
        "{item} can give back {left} of {component}, not {amount}.",
        strict=18028,
    )
    SHIPPING_OVER_BALANCE = ResultRow(
        718032,
        _E,
        "A refund of Shipping or ShippingTax is above what is left of it.",
        "Refund at most what the text says is left.",
        "{item} can give back {left} of {component}, not {amount}.",
        strict=18028,
    )
    OTHER_OVER_BALANCE = ResultRow(
        718033,
        _E,
        "A refund of another component is above what is left of it.",
        "Refund at most what the text says is left.",
        "{item} can give back {left} of {component}, not {amount}.",
        strict=18028,
    )
    PROMOTION_REFUSED = ResultRow(
        718034,
        _E,
        "A promotion adjustment is positive, above what is left of the promotion, or "
        "names a promotion that the item does not have.",
        "Take back at most what is left, as a negative amount.",
        "{item}: the adjustment of {promotion} is {amount}, but {why}.",
        strict=18028,
    )
    NET_REFUSED = ResultRow(
        718035,
        _E,
        "The refund as a whole is no credit, or above what the item has left.",
        "Refund more than nothing and at most what the buyer still has paid.",
        "The refund of {subject} comes to {net}, but {why}.",
        strict=18028,
    )
    PRINCIPAL_NEGATIVE = ResultRow(
        718036,
        _E,
        "Principal is negative.",
        "Charge the buyer with another component, such as RestockingFee.",
        "{item}: Principal is {amount}, but it cannot be negative.",
        strict=18028,
    )
    WRONG_CURRENCY = ResultRow(
        718037,
        _E,
        "An amount is in another currency than the order.",
        "Send amounts in the currency of the order.",
        "{item}: {component} is {amount}, but the order is in {currency}.",
        strict=18028,
    )
    REASON_CANNOT_CANCEL = ResultRow(
        718038,
        _E,
        "QuantityCancelled came with a reason that cancels nothing.",
        "Use NoInventory or CustomerCancel, or leave QuantityCancelled out.",
        "{item}: QuantityCancelled goes with AdjustmentReason NoInventory or "
        "CustomerCancel, not {reason}.",
        strict=18028,
    )
    CANCEL_OVER_OPEN = ResultRow(
        718039,
        _E,
        "More units are to be cancelled than are neither shipped nor cancelled.",
        "Cancel at most the units that the text says are open.",
        "{item} has {open} neither shipped nor cancelled, so {given} cannot be "
        "cancelled.",
        strict=18028,
    )
    NOTHING_TO_ADJUST = ResultRow(
        718040,
        _E,
        "An adjustment has neither amounts nor QuantityCancelled.",
        "Give one of the two.",
        "{item}: the adjustment has no {missing}.",
        strict=18028,
    )
    LAST_OPEN_UNIT = ResultRow(
        718041,
        _W,
        "An adjustment cancels the last open unit of an order with nothing shipped (a "
        "warning under the standard rules, an error under the strict ones).",
        "Cancel whole orders with OrderAcknowledgement, StatusCode Failure.",
        "{order} has nothing shipped, and this adjustment cancels its last open "
        "units: {outcome}.",
        strict=18028,
    )
    REFUND_HELD = ResultRow(
        718042,
        _W,
        "Nothing is shipped yet, so the refund waits for the first shipment (strict "
        "rules only).",
        "Nothing: it is posted when the first shipment is confirmed.",
        "{order} has nothing shipped yet: the refund is held until the first shipment "
        "is confirmed.",
        strict=18028,
    )
    ADJUSTMENT_REPEATED = ResultRow(
        718043,
        _W,
        "The MerchantAdjustmentItemID was accepted before with the same content.",
        "Use a new id if a second refund is meant.",
        "{item}: the same adjustment was accepted before, so nothing was posted.",
        strict=18028,
    )
    ADJUSTMENT_ID_REUSED = ResultRow(
        718044,
        _E,
        "The MerchantAdjustmentItemID was accepted before with other content.",
        "Use a new id for a new refund.",
        "{item}: the MerchantAdjustmentItemID was accepted before with other content.",
        strict=18028,
    )
    TOO_FINE = ResultRow(
        718045,
        _E,
        "An amount has more decimals than its currency.",
        "Round the amount to the minor unit of the currency.",
        "{item}: {component} {amount} is finer than {currency} allows: {allowed}.",
        strict=18028,
    )
    BELOW_SHARE = ResultRow(
        718046,
        _W,
        "The stated amounts are below the share of the cancelled units.",
        "Nothing, if that was meant; leave the amounts out to refund the share.",
        "{item}: the stated amounts come to {stated}, below the {share} that belong "
        "to the cancelled units; they were applied as stated.",
        strict=18028,
    )

    @property
    def number(self) -> int:
        """The ResultMessageCode under the standard rules."""
        return self.value.number

    def text(self, **values: object) -> str:
        """Fill in the description; its first letter is made a capital."""
        filled = self.value.text.format(**values)
        return filled[:1].upper() + filled[1:]
