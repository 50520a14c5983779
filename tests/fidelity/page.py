"""Puts every pair to the real service and writes the score.

python -m tests.fidelity.page            print it
python -m tests.fidelity.page --write    write docs/fidelity.md
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.fidelity.pairs import SECTIONS, Pair, pairs, published, written
from tests.fidelity.shape import differences
from tests.fidelity.world import serves, world

PAGE = Path(__file__).parents[2] / "docs" / "fidelity.md"
Results = dict[Pair, list[str]]

# Codes that MWS or its clients knew and that no pair asks for, and why.
WITHOUT_PAIR = {
    "AccessToReportDenied": "another seller's report is answered as unknown",
    "Dependency*Exception": "a queue that cannot be reached delays messages, no calls",
    "FeedUnavailable": "in no source of MWS (4.7)",
    "InputStreamDisconnected": "who breaks off a body seldom hears the answer; "
    "tests/doors/test_wire.py sends one so",
    "InternalError, InternalErrorFatalException, `Internal Error`, "
    "NonRetriableInternalError, RetriableInternalError": "a fault of ours, which no "
    "state that we know leads to; it is InternalError in every section",
    "InvalidClientTokenId, MissingClientTokenId": "older names (2.7); here they are "
    "InvalidAccessKeyId and MissingParameter",
    "InvalidQueryParameter": "never seen; unknown parameters were ignored (1.2)",
    "UserAgentHeader...": "clients without a User-Agent are served (1.3)",
}

# Where we know to answer otherwise than recordings do, and why.
DIFFERENCES = (
    "Children of FeedSubmissionInfo stand in the order of the schema; the live "
    "service's lists had another (mws-wire 4.1).",
    "SubmitFeed answers have a Content-Length; recorded ones were chunked (1.4).",
    "Connections are kept where the client keeps them; answers recorded in 2020 said "
    "`Connection: close` (1.4).",
    "Finances, Subscriptions and quota errors have an XML declaration; recorded ones "
    "had none, or another (2.6, 9.1, 9.3).",
    "QuotaExceeded is in the section's namespace; the live one had none, which "
    "Amazon's own C# and Java libraries could not read (2.6).",
    "An infrastructure's own headers (`X-Amz-Date`, `x-amz-rid`, `nnCoection`) are not "
    "sent (1.4).",
    "`_GET_ORDERS_DATA_` is served by RequestReport; MWS only scheduled it (9.5).",
    "A SubmitFeed that is repeated within 15 minutes, parameters and document alike, "
    "answers with the feed that it made first, and with that one's status now; "
    "`FEEDGATE_RESUBMIT_GUARD=off` makes another feed, as MWS did (design D2).",
    "GetFeedSubmissionResult and GetReport with an id of another seller answer as for "
    "an id that nobody has, InvalidFeedSubmissionId and InvalidReportId; MWS had "
    "AccessToFeedProcessingResultDenied and AccessToReportDenied, which tell that "
    "there is one (4.7; design D7).",
    "Orders have no addresses and phone numbers: ShippingAddress, and what else of 8.4 "
    "the order book does not hold, is left out; so it is in reports.",
    "Each report type can be scheduled beside the others; MWS cancelled one of two "
    "(decision 14).",
    "HTTP statuses marked unverified in mws-wire 2.7 and 4.7 are choices (decision 2).",
)


def results(folder: Path) -> Results:
    """Ask every pair; return what differs, None of it where all is as expected."""
    with world(folder) as asked:
        return {
            pair: differences(asked.ask(pair), pair.expected)
            if serves(pair)
            else ["not served"]
            for pair in pairs()
        }


def asked(pairs: Iterable[Pair]) -> Counter[str]:
    """Count the pairs that expect each error code."""
    return Counter(
        fact.removeprefix("code=")
        for pair in pairs
        for fact in pair.expected.split("; ")
        if fact.startswith("code=")
    )


def page(found: Results) -> str:
    """Write the page: the score by section, what fails, what is not there."""
    by_hand = set(written())
    lines = [
        "# How close to MWS",
        "",
        "Made by `make fidelity`, which puts pairs of a request and the expected shape "
        "of its answer to the real service.",
        'A pair "by hand" is a fact of its own from a recording, the documentation or '
        "a client's code; the others are four facts asked",
        "of every operation (unknown key, wrong signature, stale timestamp, burst). "
        "The pairs are in `tests/fidelity/pairs/`, with their sources.",
        "",
        "| Section | Pairs | by hand | as MWS | Score |",
        "| --- | --- | --- | --- | --- |",
    ]
    for section in (*SECTIONS, "All"):
        mine = [pair for pair in found if section in (pair.section, "All")]
        good = sum(not found[pair] for pair in mine)
        hand = sum(pair in by_hand for pair in mine)
        score = f"{good / len(mine):.1%}"
        lines.append(f"| {section} | {len(mine)} | {hand} | {good} | {score} |")
    wrong = [pair for pair in found if found[pair] and found[pair] != ["not served"]]
    lines += ["", "## Pairs that fail", ""]
    lines += [
        f"- `{pair.name}` ({pair.source}): expected `{pair.expected}`" for pair in wrong
    ] or ["None of those whose operation is served."]
    lines += ["", "## Error codes", "", "| Code | Pairs |", "| --- | --- |"]
    lines += [f"| {code} | {count} |" for code, count in sorted(asked(found).items())]
    lines += ["", "Without a pair:", ""]
    lines += [f"- {codes}: {reason}." for codes, reason in WITHOUT_PAIR.items()]
    lines += ["", "## Not served", "", "These answer InvalidAddress (404):", ""]
    missing = {(pair.section, pair.action) for pair in found if not serves(pair)}
    lines += [
        f"- {each.section}: {each.action}"
        for each in published()
        if (each.section, each.action) in missing
    ]
    lines += [
        "- Sellers: GetAuthToken",
        "- whole sections: EasyShip, FulfillmentInboundShipment, FulfillmentInventory, "
        "FulfillmentOutboundShipment,",
        "  MerchantFulfillment, OffAmazonPayments, Products, Recommendations, "
        "ShipmentInvoicing",
        "",
        "## Known differences",
        "",
        *(f"- {each}" for each in DIFFERENCES),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the page, or write it."""
    with tempfile.TemporaryDirectory() as folder:
        found = results(Path(folder))
    text = page(found)
    if "--write" in sys.argv:
        PAGE.write_text(text, encoding="utf-8")
    print(text)
    for pair, wrong in found.items():
        if wrong and wrong != ["not served"]:
            print(f"{pair.name}: {'; '.join(wrong)}")


if __name__ == "__main__":
    main()
