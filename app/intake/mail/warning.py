"""The warning to a seller whose cancel rate comes near its target, in English."""

from __future__ import annotations

import json

from app.intake.mail.letter import Letter

_OPENING = (
    "{rate} % of your orders were cancelled by you before they were shipped: "
    "{cancelled} of the {counted} that were placed from {first} to {last} (UTC)."
)
_ADVICE = (
    "Target: under {target} %. This mail is sent from {warn} % on, once until the rate "
    "has fallen below that.",
    "Units that cannot be shipped count whichever feed or page cancels them; a "
    "cancellation counts not if the buyer asked for it through the marketplace.",
    "The orders behind it: feedgate health --seller-id {seller_id}",
)


def write_warning(content: str, seller_name: str) -> Letter:
    """Write the warning from its figures, the JSON that `health_watch` has kept."""
    figures = {name: str(value) for name, value in json.loads(content).items()}
    return Letter(
        language="en",
        subject=f"Cancel rate at {figures['rate']} %, target under"
        f" {figures['target']} %",
        greeting=f"Hello {seller_name},",
        opening=_OPENING.format(**figures),
        lines=(),
        details=tuple(line.format(**figures) for line in _ADVICE),
        closing="Feedgate",
    )
