"""feeds and dead-letters: submissions of all sellers, and what was given up."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from app.cli.failures import Failure
from app.cli.output import Format, FormatOption, print_json, print_table
from app.cli.service import clock, open_service, read_settings
from app.model.feed import FeedStatus
from app.model.times import to_iso
from app.store import keeping, listing
from app.store.keeping import KeptFeed
from app.store.listing import Wanted

FeedId = Annotated[
    int, typer.Argument(help="FeedSubmissionId.", metavar="FEED_SUBMISSION_ID")
]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="Most that are shown.")]


class Kind(StrEnum):
    """What can be given up."""

    FEED = "feed"
    MAIL = "mail"
    NOTIFICATION = "notification"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    feeds = typer.Typer(help="Feed submissions of all sellers, for the operator.")
    feeds.command("list", epilog="Example: feedgate feeds list --given-up")(list_feeds)
    feeds.command(epilog="Example: feedgate feeds show 50000000001")(show)
    feeds.command(epilog="Example: feedgate feeds retry 50000000001")(retry)
    feeds.command(epilog="Example: feedgate feeds cancel 50000000001")(cancel)
    app.add_typer(feeds, name="feeds")
    dead = typer.Typer(help="Feeds, mails and notifications that were given up.")
    dead.command("list", epilog="Example: feedgate dead-letters list --format json")(
        list_dead_letters
    )
    dead.command("retry", epilog="Example: feedgate dead-letters retry mail 17")(
        retry_dead_letter
    )
    app.add_typer(dead, name="dead-letters")


def list_feeds(
    seller_id: Annotated[str | None, typer.Option(help="Only this seller's.")] = None,
    status: Annotated[
        FeedStatus | None, typer.Option(help="Only those in this status.")
    ] = None,
    given_up: Annotated[
        bool, typer.Option("--given-up", help="Only those given up.")
    ] = False,
    limit: Limit = 100,
    output: FormatOption = Format.TABLE,
) -> None:
    """List feed submissions, newest first."""
    with open_service(read_settings()) as service, service.database.read() as reading:
        found = keeping.list_feeds(
            reading, limit=limit, seller_id=seller_id, status=status, given_up=given_up
        )
    if output is Format.JSON:
        print_json([_to_json(feed) for feed in found])
        return
    print_table(
        ("Feed", "Seller", "Type", "Status", "Submitted", "Messages", "Errors", ""),
        [
            (
                feed.feed_submission_id,
                feed.seller_id,
                feed.feed_type,
                feed.status,
                to_iso(feed.submitted_at),
                feed.messages,
                feed.with_error,
                "given up" if feed.given_up else "",
            )
            for feed in found
        ],
    )


def show(feed_submission_id: FeedId, output: FormatOption = Format.TABLE) -> None:
    """Show all that is known of a submission; its report is `feedgate report`."""
    with open_service(read_settings()) as service, service.database.read() as reading:
        shown = _to_json(_found(keeping.find_feed(reading, feed_submission_id)))
    if output is Format.JSON:
        print_json(shown)
    else:
        print_table(("What", "Value"), list(shown.items()))


def retry(feed_submission_id: FeedId) -> None:
    """Begin a submission anew that was given up.

    It goes on behind the last batch that was applied: nothing is applied twice. The
    report that said that it was given up is replaced in the end.
    """
    with open_service(read_settings()) as service:
        try:
            with service.database.write() as writing:
                report = keeping.retry_feed(writing, feed_submission_id)
        except keeping.NotGivenUp:
            with service.database.read() as reading:
                feed = _found(keeping.find_feed(reading, feed_submission_id))
            given_up = ", and was not given up" if not feed.given_up else ""
            raise Failure(
                f"Feed {feed_submission_id} is {feed.status}{given_up}: only a feed "
                "that was given up can be tried again; a seller may send the "
                "document of any other anew."
            ) from None
        if report is not None:
            service.documents.delete(report)
    typer.echo(f"Feed {feed_submission_id} is queued again.")


def cancel(feed_submission_id: FeedId) -> None:
    """Recall a submission of which nothing was applied yet, as its seller could."""
    with open_service(read_settings()) as service:
        with service.database.read() as reading:
            feed = _found(keeping.find_feed(reading, feed_submission_id))
        wanted = Wanted(feed_submission_ids=[feed_submission_id])
        with service.database.write() as writing:
            [now] = listing.cancel(
                writing, feed.seller_id, wanted, limit=1, now=clock()
            )
    if now.status is not FeedStatus.CANCELLED:
        raise Failure(
            f"Feed {feed_submission_id} is {now.status}: only a feed of which nothing "
            "was applied yet can be cancelled."
        )
    typer.echo(f"Feed {feed_submission_id} is cancelled.")


def list_dead_letters(limit: Limit = 100, output: FormatOption = Format.TABLE) -> None:
    """List what was given up after its last attempt, and why."""
    with open_service(read_settings()) as service, service.database.read() as reading:
        found = keeping.dead_letters(reading, limit=limit)
    if output is Format.JSON:
        print_json([_plain(asdict(each)) for each in found])
        return
    print_table(
        ("Kind", "Number", "Seller", "About", "Given up", "Reason"),
        [
            (
                each.kind,
                each.number,
                each.seller_id,
                each.about,
                to_iso(each.given_up_at) if each.given_up_at else "",
                each.reason,
            )
            for each in found
        ],
    )


def retry_dead_letter(
    kind: Annotated[Kind, typer.Argument(help="What it is.")],
    number: Annotated[int, typer.Argument(help="Its number, as it is listed.")],
) -> None:
    """Try something once more that was given up."""
    if kind is Kind.FEED:
        retry(number)
        return
    with open_service(read_settings()) as service, service.database.write() as writing:
        if kind is Kind.MAIL:
            done = keeping.retry_mail(writing, number, clock())
        else:
            done = keeping.retry_notification(writing, number)
    if not done:
        raise Failure(
            f"There is no {kind} {number} that was given up: "
            "`feedgate dead-letters list` shows them."
        )
    typer.echo(f"The {kind} {number} is tried once more.")


def _found(feed: KeptFeed | None) -> KeptFeed:
    if feed is None:
        raise Failure("There is no such feed submission; `feedgate feeds list` helps.")
    return feed


def _to_json(feed: KeptFeed) -> dict[str, Any]:
    return _plain(asdict(feed))


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: to_iso(value) if isinstance(value, datetime) else value
        for name, value in values.items()
    }
