"""Puts every pair to the real service and writes the score.

python -m tests.fidelity.page            print it
python -m tests.fidelity.page --write    write docs/fidelity.md
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.fidelity.pairs import SECTIONS, Pair, pairs, published, written
from tests.fidelity.shape import differences
from tests.fidelity.world import serves, world

PAGE = Path(__file__).parents[2] / "docs" / "fidelity.md"
Results = dict[Pair, list[str]]

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
        "  MerchantFulfillment, Products, Recommendations, ShipmentInvoicing",
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
