"""orders: put them in, and see what became of them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from app.cli.failures import Failure
from app.cli.output import Format, FormatOption, print_json, print_table, stderr
from app.cli.service import clock, ids, open_service, read_settings
from app.intake.order_import import ImportRefused, import_orders
from app.model.money import Money
from app.model.order import Order, OrderStatus
from app.model.order_items import ZERO, OrderItem
from app.model.order_json import write_orders
from app.model.order_shape import schema as orders_schema
from app.model.times import to_iso
from app.store.accounts import find_seller
from app.store.orders import find_order_ids, load_orders

if TYPE_CHECKING:
    from app.main import Service

_PAGE = 500

SellerId = Annotated[
    str,
    typer.Option(
        envvar="FEEDGATE_SELLER_ID", help="The seller whose orders are meant."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="Orders in, orders out.")
    group.command(
        "import",
        epilog="Example: feedgate orders import orders.json --seller-id A1DEMOSELLER1",
    )(import_file)
    group.command(
        "list",
        epilog="Example: feedgate orders list --seller-id A1DEMOSELLER1 --limit 20",
    )(list_orders)
    group.command(
        epilog="Example: feedgate orders show 026-1234567-1234567 --seller-id"
        " A1DEMOSELLER1 --format json"
    )(show)
    group.command(epilog="Example: feedgate orders schema > orders.schema.json")(schema)
    app.add_typer(group, name="orders")


def import_file(
    file: Annotated[Path, typer.Argument(help="Orders as JSON or OrderReport XML.")],
    seller_id: SellerId,
    marketplace: Annotated[
        str | None,
        typer.Option(
            help="MarketplaceId of OrderReports without MarketplaceName; without it,"
            " the one marketplace that has their currency."
        ),
    ] = None,
) -> None:
    """Put the orders of a file in, all of them or none.

    JSON is as `feedgate orders schema` describes it. The same order again changes
    nothing; a known order with other content is an error.
    """
    if not file.is_file():
        raise Failure(f"{file}: there is no such file.")
    console = stderr()
    with open_service(read_settings()) as service:
        _require_seller(service, seller_id)
        with (
            Progress(console=console, disable=not console.is_terminal) as progress,
            progress.open(file, "rb", description="Importing") as document,
        ):
            try:
                done = import_orders(
                    service.database,
                    document,
                    seller_id,
                    source=f"import {ids()}",
                    now=clock(),
                    marketplace_id=marketplace,
                )
            except ImportRefused as refused:
                raise _refusal(file, refused) from None
    typer.echo(f"{done.added} orders were added, {done.unchanged} were there already.")


def list_orders(
    seller_id: SellerId,
    status: Annotated[
        OrderStatus | None, typer.Option(help="Only orders of this status.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many; without it, all.")
    ] = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """List a seller's orders, newest first."""
    with open_service(read_settings()) as service:
        _require_seller(service, seller_id)
        pages = _pages(service, seller_id, status, limit)
        if output is Format.JSON:
            _print_pages(pages)
            return
        rows = [_row(order) for page in pages for order in page]
    print_table(
        (
            "Order",
            "Status",
            "Channel",
            "Purchased",
            "Ordered",
            "Shipped",
            "Cancelled",
            "To pay",
            "Refunded",
        ),
        rows,
    )


def show(
    amazon_order_id: Annotated[
        list[str], typer.Argument(help="One AmazonOrderID or more.")
    ],
    seller_id: SellerId,
    output: FormatOption = Format.TABLE,
) -> None:
    """Show orders: units ordered, shipped and cancelled, amounts paid and refunded."""
    with open_service(read_settings()) as service:
        _require_seller(service, seller_id)
        with service.database.read() as connection:
            found = load_orders(connection, seller_id, amazon_order_id, history=True)
    unknown = [
        f"{seller_id} has no order {i}." for i in amazon_order_id if i not in found
    ]
    if unknown:
        raise Failure(*unknown)
    orders = [found[each] for each in dict.fromkeys(amazon_order_id)]
    if output is Format.JSON:
        typer.echo(write_orders(orders), nl=False)
        return
    for order in orders:
        _print_order(order)


def schema() -> None:
    """Print the JSON Schema of the files that `import` reads and `show` writes."""
    print_json(orders_schema())


def _require_seller(service: Service, seller_id: str) -> None:
    with service.database.read() as connection:
        known = find_seller(connection, seller_id)
    if known is None:
        raise Failure(
            f'There is no seller "{seller_id}": `feedgate accounts list` shows those '
            "that there are."
        )


def _refusal(file: Path, refused: ImportRefused) -> Failure:
    sentences = [f"{file}, {fault}." for fault in refused.faults]
    if refused.more:
        sentences.append(f"{file} has {refused.more} more errors.")
    return Failure(*sentences)


def _pages(
    service: Service, seller_id: str, status: OrderStatus | None, limit: int | None
) -> Iterator[list[Order]]:
    """Read orders page by page, in one transaction, so that none moves meanwhile."""
    after, left = None, limit
    with service.database.read() as connection:
        while left is None or left > 0:
            size = _PAGE if left is None else min(_PAGE, left)
            page_ids = find_order_ids(
                connection, seller_id, status=status, after=after, limit=size
            )
            if not page_ids:
                return
            found = load_orders(connection, seller_id, page_ids, history=True)
            page = [found[amazon_order_id] for amazon_order_id in page_ids]
            yield page
            after = (page[-1].purchase_date, page[-1].amazon_order_id)
            left = None if left is None else left - len(page)


def _print_pages(pages: Iterator[list[Order]]) -> None:
    """Write what `write_orders` would, without holding all orders at once."""
    separator = "[\n"
    for page in pages:
        inner = write_orders(page).removeprefix("[\n").removesuffix("\n]\n")
        typer.echo(separator + inner, nl=False)
        separator = ",\n"
    typer.echo("[]" if separator == "[\n" else "\n]")


def _row(order: Order) -> tuple[object, ...]:
    return (
        order.amazon_order_id,
        order.status,
        order.fulfillment_channel,
        to_iso(order.purchase_date),
        sum(item.quantity_ordered for item in order.items),
        sum(item.quantity_shipped for item in order.items),
        sum(item.quantity_cancelled for item in order.items),
        Money(order.paid, order.currency),
        Money(sum((i.refunded for i in order.items), ZERO), order.currency),
    )


def _print_order(order: Order) -> None:
    def money(amount: Decimal) -> str:
        return str(Money(amount, order.currency))

    facts = {
        "Order": order.amazon_order_id,
        "MerchantOrderID": order.merchant_order_id,
        "Status": order.status,
        "Channel": order.fulfillment_channel,
        "Marketplace": order.marketplace_id,
        "Purchased": to_iso(order.purchase_date),
        "Buyer": f"{order.buyer.name} {order.buyer.email}".strip(),
        "Cancel requested": order.buyer_requested_cancel,
        "To pay": money(order.paid),
        "Charged": money(order.paid if order.charged else ZERO),
        "Refunded": money(sum((item.refunded for item in order.items), ZERO)),
    }
    print_table(("", ""), [fact for fact in facts.items() if fact[1]])
    print_table(
        (
            "Item",
            "MerchantOrderItemID",
            "SKU",
            "Ordered",
            "Shipped",
            "Cancelled",
            "To pay",
            "Refunded",
            "Held",
        ),
        [_item_row(item, order.currency) for item in order.items],
    )
    for shipment in order.shipments:
        units = ", ".join(f"{units} of {code}" for code, units in shipment.items)
        carrier = shipment.carrier_name or shipment.carrier_code or "no carrier"
        number = shipment.tracking_number or "no tracking number"
        when = to_iso(shipment.fulfillment_date)
        typer.echo(f"Shipped {when}: {units}, {carrier}, {number}")
    for each in order.cancellations:
        reason = each.reason or "no reason"
        typer.echo(
            f"Cancelled: {each.quantity} of {each.amazon_order_item_code}, {reason}"
        )
    typer.echo("")


def _item_row(item: OrderItem, currency: str) -> tuple[object, ...]:
    return (
        item.amazon_order_item_code,
        item.merchant_order_item_id,
        item.sku,
        item.quantity_ordered,
        item.quantity_shipped,
        item.quantity_cancelled,
        Money(item.paid, currency),
        Money(item.refunded, currency),
        Money(item.held, currency),
    )
