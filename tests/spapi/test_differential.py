"""One feed through either door: the same orders, and the same report byte for byte.

The golden corpus goes through the MWS door in tests/golden; here the whole of it goes
through the Selling Partner API and is compared with the same files.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from app.cli.case import SELLER_ID, Case, create_seller, differences, serving
from app.cli.feeds import content_type_of
from app.main import Service
from app.model.feed import Rules
from app.store.tables import FIRST_FEED_SUBMISSION_ID, metadata
from tests.golden.test_corpus import CASES
from tests.running import wait_until
from tests.spapi.api import FEEDS, Api, fetch, put

# What stays between two cases: the worker, the seller and the client.
KEPT = ("worker", "seller", "marketplace_participation", "merchant_token", "lwa_")


@dataclass(frozen=True)
class Served:
    """A service under one rule profile, and a client of the seller of all cases."""

    service: Service
    api: Api

    def empty(self) -> None:
        """Let the next case find no feed and no order."""
        with self.service.database.write() as connection:
            for table in reversed(metadata.sorted_tables):
                if not table.name.startswith(KEPT) and table.name != "access_key":
                    connection.execute(table.delete())
            connection.exec_driver_sql(
                f"UPDATE sqlite_sequence SET seq = {FIRST_FEED_SUBMISSION_ID - 1}"
                " WHERE name = 'feed_submission'"
            )

    def submit(self, case: Case, number: int, feed_type: str) -> str:
        """Take a feed through all the steps; return its report."""
        content_type = content_type_of(feed_type, case.charset)
        made = self.api.post(f"{FEEDS}/documents", {"contentType": content_type}).json()
        uploaded = put(made["url"], case.feed(number).read_bytes(), content_type)
        assert uploaded.status_code == 200, uploaded.text
        body = {
            "feedType": feed_type.strip("_"),
            "marketplaceIds": ["ATVPDKIKX0DER"],
            "inputFeedDocumentId": made["feedDocumentId"],
        }
        if case.skip_invalid:
            body["feedOptions"] = {"on-invalid-message": "skip"}
        created = self.api.post(f"{FEEDS}/feeds", body)
        assert created.status_code == 202, created.text
        path = f"{FEEDS}/feeds/{created.json()['feedId']}"
        wait_until(lambda: self.api.get(path).json()["processingStatus"] == "DONE")
        result = self.api.get(path).json()["resultFeedDocumentId"]
        document = self.api.get(f"{FEEDS}/documents/{result}").json()
        report = fetch(document["url"]).content
        if document.get("compressionAlgorithm") == "GZIP":
            report = gzip.decompress(report)
        return report.decode()


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[Rules], Served]]:
    """One server for all cases of a rule profile."""
    running: dict[Rules, Served] = {}
    with ExitStack() as stack:

        def of(rules: Rules) -> Served:
            if rules not in running:
                home = tmp_path_factory.mktemp(rules.value)
                service, url = stack.enter_context(serving(rules, home))
                create_seller(service)
                client = service.lwa.create_client("Golden case", SELLER_ID)
                running[rules] = Served(service, stack.enter_context(Api(url, client)))
            return running[rules]

        yield of


@pytest.mark.parametrize(("case", "rules"), CASES)
def test_a_case_comes_out_as_through_the_mws_door(
    served: Callable[[Rules], Served], case: Case, rules: Rules
) -> None:
    """Reports and orders are those that the MWS door gives as well."""
    door = served(rules)
    door.empty()

    found = differences(
        case, rules, door.service, lambda *feed: door.submit(case, *feed)
    )

    assert not [each.diff() for each in found]
