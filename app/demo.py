"""The demo seller: an account with orders in every state, and feeds that fit them."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

from app.intake.accounts import Accounts
from app.intake.desk_users import DeskUsers
from app.intake.lwa import Lwa
from app.intake.order_import import import_orders
from app.model.times import from_iso, to_iso
from app.resources import demo_folder
from app.store.backends import Database
from app.store.orders import find_order_ids, load_orders

SELLER_ID = "A1DEMOSELLER1"
DESK_LOGIN = "demo"
MERCHANT_TOKEN = "M_DEMO_1234567"  # noqa: S105 # what old feeds carry, no secret
MARKETPLACES = ("ATVPDKIKX0DER", "A1PA6795UKMFR9", "A1F83G8C2ARO7P", "A1VC38T7YXB528")
FEEDS = ("cancel.xml", "refund.xml", "ship.xml")

_DATA = demo_folder()
# The data was written for this moment; its dates move to when it is loaded.
_WRITTEN = datetime(2026, 11, 24, 12, tzinfo=UTC)
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_MOST_ORDERS = 1_000


class NotEmpty(Exception):
    """The database has sellers, but not the demo's: nothing was put in."""


@dataclass(frozen=True, slots=True)
class Demo:
    """What demo.json holds: how to call the service, and the orders that were put in.

    `orders` maps AmazonOrderIDs to the states in which they were put in.
    """

    base_url: str
    access_key: str
    secret: str
    seller_id: str
    auth_token: str
    marketplace_id: str
    orders: dict[str, str]
    desk_login: str = ""
    desk_password: str = ""
    client_id: str = ""
    client_secret: str = ""
    refresh_token: str = ""


def load_demo(
    database: Database,
    accounts: Accounts,
    desk_users: DeskUsers,
    lwa: Lwa,
    home: Path,
    *,
    base_url: str,
    source: str,
    now: datetime,
) -> Demo:
    """Make the demo seller, its orders and sample feeds, if they are not there yet.

    Writes demo.json and the folder demo/ into `home`, in it sp-api.env for shells;
    later starts keep everything and only renew `base_url`. If demo.json was lost, the
    seller gets new keys. Raises NotEmpty for a database with other sellers only.
    """
    path = home / "demo.json"
    sellers = {account.seller_id for account in accounts.list()}
    if SELLER_ID in sellers and path.exists():
        kept = json.loads(path.read_text(encoding="utf-8"))
        demo = Demo(**(kept | {"base_url": base_url}))
    elif sellers and SELLER_ID not in sellers:
        raise NotEmpty
    else:
        demo = _make(database, accounts, base_url, source, now, known=bool(sellers))
        _write_feeds(home / "demo", now - _WRITTEN)
    if not demo.desk_login:
        demo = replace(
            demo, desk_login=DESK_LOGIN, desk_password=_desk_password(desk_users)
        )
    if not demo.client_id:
        client = lwa.create_client("Demo", SELLER_ID)
        demo = replace(
            demo,
            client_id=client.client_id,
            client_secret=client.client_secret or "",
            refresh_token=client.refresh_token or "",
        )
    (home / "demo").mkdir(exist_ok=True)
    _write_privately(home / "demo" / "sp-api.env", _for_shells(demo))
    _write_privately(path, json.dumps(asdict(demo), indent=2) + "\n")
    return demo


def _for_shells(demo: Demo) -> str:
    """Write what the Selling Partner API is called with as variables of a shell."""
    values = {
        "SP_API_URL": demo.base_url,
        "LWA_CLIENT_ID": demo.client_id,
        "LWA_CLIENT_SECRET": demo.client_secret,
        "LWA_REFRESH_TOKEN": demo.refresh_token,
    }
    return "".join(f"{name}='{value}'\n" for name, value in values.items())


def _desk_password(desk_users: DeskUsers) -> str:
    """Make the demo's user of the desk, or give the one there is a new password."""
    if any(user.login == DESK_LOGIN for user in desk_users.list()):
        return desk_users.reset_password(DESK_LOGIN)
    return desk_users.create(SELLER_ID, DESK_LOGIN)


def _make(
    database: Database,
    accounts: Accounts,
    base_url: str,
    source: str,
    now: datetime,
    *,
    known: bool,
) -> Demo:
    if known:
        credentials = accounts.rotate(SELLER_ID)
        auth_token = accounts.authorise_developer(SELLER_ID, SELLER_ID)
    else:
        credentials = accounts.create_seller(
            "Demo", SELLER_ID, MARKETPLACES, (MERCHANT_TOKEN,)
        )
        auth_token = credentials.auth_token or ""
    return Demo(
        base_url=base_url,
        access_key=credentials.access_key_id,
        secret=credentials.secret,
        seller_id=SELLER_ID,
        auth_token=auth_token,
        marketplace_id=MARKETPLACES[0],
        orders=_put_orders_in(database, source, now),
    )


def _put_orders_in(database: Database, source: str, now: datetime) -> dict[str, str]:
    """Put the demo's orders in, unless there are orders, and return their states."""
    with database.read() as connection:
        order_ids = find_order_ids(connection, SELLER_ID, limit=_MOST_ORDERS)
    if not order_ids:
        orders = _moved(_read("orders.json"), now - _WRITTEN)
        document = BytesIO(orders.encode())
        import_orders(database, document, SELLER_ID, source=source, now=now)
    with database.read() as connection:
        order_ids = find_order_ids(connection, SELLER_ID, limit=_MOST_ORDERS)
        found = load_orders(connection, SELLER_ID, order_ids)
    return {order_id: found[order_id].status.value for order_id in sorted(order_ids)}


def _write_feeds(folder: Path, shift: timedelta) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in FEEDS:
        (folder / name).write_text(_moved(_read(name), shift), encoding="utf-8")


def _read(name: str) -> str:
    return (_DATA / name).read_text(encoding="utf-8")


def _moved(text: str, shift: timedelta) -> str:
    """Move every time in a text by so much, to the second."""
    whole = timedelta(seconds=shift // timedelta(seconds=1))
    return _DATE.sub(lambda found: to_iso(from_iso(found[0]) + whole), text)


def _write_privately(path: Path, text: str) -> None:
    """Write a file that holds a secret: whole or not at all, for its owner only."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)
