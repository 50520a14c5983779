"""Words for feeds: their types, their statuses, why one waits, why a file is refused.

They are marked here, so that the catalogues have them; templates translate them where
they are shown.
"""

from __future__ import annotations

from app.doors.web.pages import N_
from app.intake.feed_desk import Why
from app.intake.uploads import Trouble
from app.model.feed import FeedStatus

FILES = {
    "_POST_FLAT_FILE_ORDER_ACKNOWLEDGEMENT_DATA_": N_("Order cancellation file"),
    "_POST_FLAT_FILE_PAYMENT_ADJUSTMENT_DATA_": N_("Adjustment file"),
    "_POST_FLAT_FILE_FULFILLMENT_DATA_": N_("Shipping confirmation file"),
}
"""The flat files, by FeedType; source: feed-vocabulary 7."""

XML_FEEDS = {
    "_POST_ORDER_ACKNOWLEDGEMENT_DATA_": N_("Order acknowledgement (XML)"),
    "_POST_PAYMENT_ADJUSTMENT_DATA_": N_("Order adjustment (XML)"),
    "_POST_ORDER_FULFILLMENT_DATA_": N_("Order fulfilment (XML)"),
}

FEED_TYPES = FILES | XML_FEEDS

FEED_STATUSES = {
    FeedStatus.SUBMITTED: N_("Waiting"),
    FeedStatus.IN_PROGRESS: N_("In progress"),
    FeedStatus.DONE: N_("Done"),
    FeedStatus.CANCELLED: N_("Recalled"),
}
"""The statuses that feeds have here, of those that MWS knew."""

CHARSETS = ("UTF-8", "Windows-1252", "ISO-8859-1", "Shift_JIS", "GBK")
"""What the form offers; source: mws-wire 6."""

WHY_NOT = {
    Why.IN_PROGRESS: N_("It is being worked on: %(progress)s of %(messages)s done."),
    Why.RETRY: N_(
        "The last attempt (number %(attempts)s) failed. The next one is due at "
        "%(ready_at)s."
    ),
    Why.NO_WORKER: N_(
        "No worker is running just now. It stays queued at place %(position)s, and "
        "begins once one is."
    ),
    Why.BEHIND: N_(
        "Feeds of one type run in order, and it is at place %(position)s: feed "
        "%(first)s comes before it."
    ),
    Why.OTHERS_FIRST: N_(
        "It is the next one of its type. The workers are busy, and other queues have "
        "waited for longer: %(lanes_before)s."
    ),
    Why.NEXT: N_("It is the next one of its type, and begins in a moment."),
}

TROUBLES = {
    Trouble.NOTHING: N_(
        "The file is empty, or none was chosen. Choose the file that you saved."
    ),
    Trouble.TOO_LONG: N_(
        "The file is longer than %(most)s. Split it, and upload the parts one "
        "after the other."
    ),
    Trouble.WORKBOOK: N_(
        "This is a workbook, or another file that is no text. Open it in the "
        "spreadsheet, save it as Text (Tab delimited), and upload the .txt file."
    ),
    Trouble.OTHER_FILE: N_(
        "This is another kind of file than the one that was chosen. Choose the kind "
        "that it is, or choose the right file."
    ),
    Trouble.NO_HEADINGS: N_(
        "The row with the headings is missing or was changed. Copy it from the "
        "template, above your records."
    ),
    Trouble.COLUMN_MISSING: N_(
        "A required column is missing. Copy the headings from the template."
    ),
    Trouble.NO_RECORDS: N_(
        "There is no record below the headings. Fill in at least one row."
    ),
    Trouble.NO_XML: N_(
        "The file is no well-formed XML. Have your system write it anew; its place is "
        "told below."
    ),
    Trouble.NO_TEXT: N_(
        "The file is no text in the encoding that was assumed. Choose the encoding in "
        "which it was saved, or save it as UTF-8."
    ),
    Trouble.ENCODING: N_(
        "The file is in an encoding that is not accepted. Save it as UTF-8."
    ),
    Trouble.PART_TOO_LONG: N_(
        "A record or message of the file is too long, or there are too many of them. "
        "Split the file."
    ),
    Trouble.MERCHANT: N_(
        "The file is for another seller account. Sign in to that account, or correct "
        "MerchantIdentifier."
    ),
    Trouble.INVALID: N_("The file does not fit its schema, and is not taken in."),
}
