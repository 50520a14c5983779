"""The whole service as `serve` runs it, with a seller and three orders."""

from __future__ import annotations

import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from app.cli.certificate import certificate
from app.cli.server import Tls, listen, served, server
from app.intake.accounts import Credentials
from app.intake.order_import import import_orders
from app.main import Service, build
from app.settings import Settings

CANCELLED, REFUNDED, SHIPPED = (f"026-1234567-000000{n}" for n in (1, 2, 3))
ITEM = "00000000000001"
NODE_FOLDER = Path(__file__).parent / "node"

ENVELOPE = """<?xml version="1.0" encoding="UTF-8"?>
<AmazonEnvelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xsi:noNamespaceSchemaLocation="amzn-envelope.xsd">
  <Header>
    <DocumentVersion>1.01</DocumentVersion>
    <MerchantIdentifier>{seller_id}</MerchantIdentifier>
  </Header>
  <MessageType>{message_type}</MessageType>
  <Message><MessageID>1</MessageID>{message}</Message>
</AmazonEnvelope>
"""
CANCEL = f"""<OrderAcknowledgement>
  <AmazonOrderID>{CANCELLED}</AmazonOrderID>
  <StatusCode>Failure</StatusCode>
  <Item>
    <AmazonOrderItemCode>{ITEM}</AmazonOrderItemCode>
    <CancelReason>NoInventory</CancelReason>
  </Item>
</OrderAcknowledgement>"""
REFUND = f"""<OrderAdjustment>
  <AmazonOrderID>{REFUNDED}</AmazonOrderID>
  <AdjustedItem>
    <AmazonOrderItemCode>{ITEM}</AmazonOrderItemCode>
    <AdjustmentReason>NoInventory</AdjustmentReason>
    <QuantityCancelled>1</QuantityCancelled>
  </AdjustedItem>
</OrderAdjustment>"""
SHIP = f"""<OrderFulfillment>
  <AmazonOrderID>{SHIPPED}</AmazonOrderID>
  <FulfillmentDate>2026-01-02T12:00:00Z</FulfillmentDate>
  <FulfillmentData>
    <CarrierCode>UPS</CarrierCode>
    <ShippingMethod>Ground</ShippingMethod>
    <ShipperTrackingNumber>1Z1</ShipperTrackingNumber>
  </FulfillmentData>
</OrderFulfillment>"""

ORDERS = [
    {
        "amazon_order_id": amazon_order_id,
        "marketplace_id": "ATVPDKIKX0DER",
        "purchase_date": "2026-01-01T10:00:00Z",
        "currency": "USD",
        "buyer": {"name": "Zoë", "email": "zoe@example.test"},
        "items": [
            {
                "amazon_order_item_code": ITEM,
                "sku": "S-1",
                "quantity_ordered": 3,
                "quantity_shipped": shipped,
                "price": {"Principal": "30.00"},
            }
        ],
    }
    for amazon_order_id, shipped in ((CANCELLED, 0), (REFUNDED, 2), (SHIPPED, 0))
]


@dataclass(frozen=True)
class Shop:
    """A running service, a seller of it and a developer who may act for the seller.

    `authority` is the file of certificates to trust, where it serves https.
    """

    service: Service
    url: str
    keys: Credentials
    developer: Credentials
    auth_token: str
    authority: Path | None = None

    def feed(self, message: str) -> bytes:
        """Write a feed of one message."""
        message_type = message[1 : message.index(">")]
        return ENVELOPE.format(
            seller_id=self.keys.seller_id, message_type=message_type, message=message
        ).encode()


@pytest.fixture
def queue_hosts() -> tuple[str, ...]:
    """Where the shop may send notifications; tests that need some say so."""
    return ()


@contextmanager
def opened(
    database_url: str,
    home: Path,
    tls: Tls | None = None,
    queue_hosts: tuple[str, ...] = (),
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Iterator[Shop]:
    """Serve, with a worker, on a free port; ids, and mostly the time, are real."""

    def ids() -> str:
        return str(uuid.uuid4())

    chosen: dict[str, Any] = {
        "home": home,
        "database_url": database_url,
        "queue_hosts": queue_hosts,
    }
    service = build(Settings(**chosen), clock, ids, alone=True)
    accounts = service.accounts
    keys = accounts.create_seller("Books")
    developer = accounts.create_seller("Developer")
    token = accounts.authorise_developer(keys.seller_id, developer.seller_id)
    document = BytesIO(json.dumps(ORDERS).encode())
    import_orders(
        service.database, document, keys.seller_id, source="import 1", now=clock()
    )
    serving = server(service.app, clock, ids, request_line_bytes=8190, tls=tls)
    authority = tls.certificate.with_name("authority.pem") if tls else None
    service.worker.start()
    try:
        with served(serving, listen("127.0.0.1", 0), tls) as url:
            yield Shop(service, url, keys, developer, token, authority)
    finally:
        service.worker.stop()
        service.close()


@pytest.fixture
def shop(
    database_url: str, tmp_path: Path, queue_hosts: tuple[str, ...]
) -> Iterator[Shop]:
    """A shop that is called by http, on each database in turn."""
    with opened(database_url, tmp_path / "home", queue_hosts=queue_hosts) as found:
        yield found


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    """Certificate and key, made by the command and signed by a local authority."""
    folder = tmp_path_factory.mktemp("tls")
    certificate(folder)
    return Tls(folder / "server.pem", folder / "server.key")


@pytest.fixture
def https_shop(sqlite_url: str, tmp_path: Path, tls: Tls) -> Iterator[Shop]:
    """A shop that is called by https; the local authority must be trusted."""
    with opened(sqlite_url, tmp_path / "home", tls) as found:
        yield found


def wait_for(status: Callable[[], str], wanted: str = "_DONE_") -> None:
    """Poll as an integration does; a feed that is never done fails the test."""
    deadline = time.monotonic() + 60
    while (found := status()) != wanted:
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


@pytest.fixture(scope="session")
def node() -> str:
    """Where node is; with REQUIRE_NODE=1 its absence is a failure."""
    found = shutil.which("node")
    reason = None
    if found is None:
        reason = "node is not installed (Debian: apt install nodejs npm)"
    elif not (NODE_FOLDER / "node_modules/amazon-sp-api").is_dir():
        reason = "the Node clients are not installed: run `make .venv/node`"
    if reason and os.environ.get("REQUIRE_NODE") == "1":
        pytest.fail(reason)
    if found is None or reason:
        pytest.skip(reason or "")
    return found
