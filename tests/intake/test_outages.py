"""A full disk and a database that is gone: nothing is half done, nothing is lost."""

from __future__ import annotations

import hashlib
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.engine.threads import ParserThreads
from app.errors import ErrorCode, ServiceError
from app.intake.accounts import Accounts, Caller, Key
from app.intake.feed_requests import FeedRequest
from app.intake.orders import OrderDesk
from app.intake.seals import Seals
from app.intake.submissions import FeedQuery, Intake
from app.intake.tokens import NextTokens
from app.settings import Settings
from app.store.backends import Database, open_database
from app.store.documents import FileDocuments, md5_base64
from tests.held import HeldClock
from tests.intake.cable import Cable
from tests.waiting import eventually

FEED = b"<AmazonEnvelope>" + b"<!-- long -->" * 20_000 + b"</AmazonEnvelope>"

NewIntake = Callable[[Database], Intake]


@pytest.fixture
def new_intake(
    documents: FileDocuments, seals: Seals, tmp_path: Path, clock: HeldClock
) -> Iterator[NewIntake]:
    """Make an intake on a database."""
    threads = ParserThreads(1)
    chosen: dict[str, Any] = {"home": tmp_path}

    def make(database: Database) -> Intake:
        return Intake(
            database,
            documents,
            Accounts(database, seals, clock),
            NextTokens(seals),
            threads,
            Settings(**chosen),
            clock,
        )

    yield make
    threads.close()


@pytest.fixture
def caller(accounts: Accounts) -> Caller:
    """A seller with a key."""
    made = accounts.create_seller("Books", "A1SELLER000001")
    return Caller(made.access_key_id, made.seller_id)


def request(signature: str = "signature") -> FeedRequest:
    md5 = md5_base64(hashlib.md5(FEED).digest())
    return FeedRequest("_POST_ORDER_FULFILLMENT_DATA_", signature, content_md5=md5)


def files(folder: Path) -> list[Path]:
    return [path for path in (folder / "documents").rglob("*") if path.is_file()]


def submissions(database: Database) -> int:
    with database.read() as connection:
        query = text("SELECT count(*) FROM feed_submission")
        number: int = connection.execute(query).scalar_one()
        return number


@contextmanager
def refused() -> Iterator[None]:
    with pytest.raises(ServiceError) as error:
        yield
    assert error.value.code is ErrorCode.SERVICE_UNAVAILABLE


@contextmanager
def full_disk(bytes_left_a_file: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_left_a_file, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_is_full_while_the_feed_arrives_refuses_it(
    new_intake: NewIntake, database: Database, caller: Caller, tmp_path: Path
) -> None:
    """503, and nothing is left of the feed; with room again it is taken in."""
    intake = new_intake(database)

    with refused(), full_disk(100_000):
        intake.submit(caller, request(), iter([FEED[:90_000], FEED[90_000:]]))
    left = files(tmp_path), submissions(database)
    intake.submit(caller, request(), [FEED])

    assert left == ([], 0)
    assert len(files(tmp_path)) == submissions(database) == 1


def test_a_database_whose_disk_is_full_keeps_no_document(
    new_intake: NewIntake, sqlite_url: str, seals: Seals, tmp_path: Path
) -> None:
    """The document was stored already, and goes again (queue-design 1)."""
    database = open_database(sqlite_url)
    made = Accounts(database, seals, HeldClock()).create_seller("Books")
    caller = Caller(made.access_key_id, made.seller_id)
    intake = new_intake(database)
    with database.write() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))

    with refused():
        for number in count():
            intake.submit(caller, request(f"signature {number}"), [FEED])

    assert len(files(tmp_path)) == submissions(database)
    database.close()


@pytest.fixture
def cable(postgresql_url: str) -> Iterator[Cable]:
    """A cable to PostgreSQL, whole."""
    with Cable(postgresql_url) as whole:
        yield whole


@pytest.fixture
def behind_cable(cable: Cable) -> Iterator[Database]:
    """The database at the other end of the cable."""
    database = open_database(cable.url)
    yield database
    database.close()


@pytest.fixture
def seller(behind_cable: Database, seals: Seals) -> Caller:
    """A seller of the database behind the cable."""
    made = Accounts(behind_cable, seals, HeldClock()).create_seller("Books")
    return Caller(made.access_key_id, made.seller_id)


def test_a_database_that_is_gone_refuses_every_question(
    cable: Cable,
    behind_cable: Database,
    seller: Caller,
    seals: Seals,
    new_intake: NewIntake,
) -> None:
    """503 for whatever is asked, and answers again when it is back."""
    intake = new_intake(behind_cable)
    accounts = Accounts(behind_cable, seals, HeldClock())
    key = Key(seller.access_key_id, seller.seller_id, "secret")
    questions: list[Callable[[], object]] = [
        lambda: intake.submit(seller, request(), [FEED]),
        lambda: intake.list(seller, FeedQuery(), 10),
        lambda: intake.count(seller, FeedQuery()),
        lambda: intake.cancel(seller, FeedQuery(ids=("1",)), 10),
        lambda: intake.result(seller, "50000000001"),
        lambda: OrderDesk(behind_cable).get_orders(seller.seller_id, ["026"]),
        lambda: accounts.key_in_force(seller.access_key_id),
        lambda: accounts.authorise(key, seller.seller_id, "amzn.mws.token"),
    ]
    cable.cut()

    for ask in questions:
        with refused():
            ask()
    cable.mend()

    assert intake.count(seller, FeedQuery()) == 0


def test_a_database_that_goes_while_the_feed_arrives_keeps_nothing(
    cable: Cable,
    behind_cable: Database,
    seller: Caller,
    new_intake: NewIntake,
    tmp_path: Path,
) -> None:
    """The document was complete and right, but could not be queued."""
    intake = new_intake(behind_cable)

    def pieces() -> Iterator[bytes]:
        yield FEED[:1000]
        cable.cut()
        yield FEED[1000:]

    with refused():
        intake.submit(seller, request(), pieces())
    cable.mend()

    assert (files(tmp_path), submissions(behind_cable)) == ([], 0)


def test_a_feed_whose_commit_was_not_confirmed_keeps_its_document(
    cable: Cable,
    behind_cable: Database,
    seller: Caller,
    new_intake: NewIntake,
    tmp_path: Path,
) -> None:
    """The client is told to come back, and finds what was queued all the same."""
    intake = new_intake(behind_cable)
    receive = intake.begin(seller, request())

    cable.cut_at_commit_of("INSERT INTO feed_submission")

    with refused():
        receive([FEED])
    cable.mend()
    eventually(lambda: submissions(behind_cable))
    submission, _ = intake.submit(seller, request(), [FEED])

    assert submission.feed_submission_id == 50_000_000_001
    assert submissions(behind_cable) == 1
    (document,) = files(tmp_path)
    assert document.read_bytes() == FEED
