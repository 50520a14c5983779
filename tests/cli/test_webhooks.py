"""webhooks: endpoints made, listed, changed and removed by command."""

from __future__ import annotations

from tests.cli.conftest import Command

SELLER = "A1SELLER000001"
URL = "https://127.0.0.1:9/hooks"
LOCAL = {"WEBHOOK_NETWORKS": "127.0.0.1/32"}


def test_the_life_of_an_endpoint(feedgate: Command) -> None:
    """Its secrets are shown once, when they are made, and never again."""
    feedgate("accounts", "create", "Books", "--seller-id", SELLER)
    made = feedgate(
        *("webhooks", "add", SELLER, URL, "--event", "refund.posted"),
        *("--event", "feed.done", "--format", "json"),
        **LOCAL,
    ).json
    endpoint_id = made["endpoint_id"]
    again = feedgate("webhooks", "rotate", endpoint_id, "--format", "json").json

    feedgate("webhooks", "disable", endpoint_id)
    listed = feedgate("webhooks", "list", "--format", "json")
    (endpoint,) = listed.json
    assert (endpoint["url"], endpoint["seller_id"]) == (URL, SELLER)
    assert endpoint["events"] == ["feed.done", "refund.posted"]
    assert endpoint["disabled_at"]
    table = feedgate("webhooks", "list", "--seller-id", SELLER).out
    for secret in (made["secret"], again["secret"]):
        assert secret.startswith("whsec_")
        assert secret not in listed.out + table
    assert made["secret"] != again["secret"]

    assert feedgate("webhooks", "enable", endpoint_id).code == 0
    shown = feedgate("webhooks", "deliveries", endpoint_id, "--format", "json")
    assert shown.json == []
    assert feedgate("webhooks", "remove", endpoint_id).code == 0
    assert feedgate("webhooks", "list", "--format", "json").json == []


def test_mistakes_are_told_in_a_sentence(feedgate: Command) -> None:
    """What was wrong, and with which value."""
    feedgate("accounts", "create", "Books", "--seller-id", SELLER)

    refused = feedgate("webhooks", "add", SELLER, URL)
    assert refused.code == 2
    assert refused.sentences == [
        "feedgate: The URL is refused: 127.0.0.1 is not a public address "
        "(FEEDGATE_WEBHOOK_NETWORKS)."
    ]
    unknown = feedgate("webhooks", "remove", "nothing")
    assert unknown.sentences == ['feedgate: There is no endpoint "nothing".']
    again = feedgate("webhooks", "resend", "nothing")
    assert again.sentences == ['feedgate: There is no delivery "nothing".']
    wrong = feedgate("webhooks", "list", WEBHOOK_NETWORKS="10.0.0.1/8")
    assert wrong.code == 2
    assert '"10.0.0.1/8" is no network such as 10.1.0.0/16' in wrong.err
