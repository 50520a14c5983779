"""What the three buttons of an order share: the order, the form's state, the press."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from fastapi import Response

from app.doors.web.forms import Fields
from app.doors.web.pages import N_, page, see_other
from app.doors.web.parts import HOME, Visit
from app.doors.web.visits import NothingThere
from app.intake.desk_actions import Action, OrderMoved, Press
from app.intake.desk_feeds import DeskFeed
from app.intake.desk_orders import OrderFile
from app.model.order import Order, OrderStatus

MOST_MEMO = 500
FORM_TOKEN = "form_token"  # noqa: S105 # the name of a field

WAITS = N_(
    "Feed %(number)s of this order is still being worked on. Wait for its result."
)
MOVED = N_(
    "The order has changed since this form was opened. Check it, then submit again."
)
_CLOSED = N_("Nothing can be done: the order is %(status)s.")
_AFN = N_("Nothing can be done: the marketplace fulfils this order.")
_NO_NUMBER = N_("Write a whole number, such as 1.")
_TOO_MANY = N_("At most %(most)s.")
_MEMO_TOO_LONG = N_("At most %(most)s characters; there are %(given)s.")
_NOT_ACCEPTED = (
    OrderStatus.PENDING,
    OrderStatus.PENDING_AVAILABILITY,
    OrderStatus.CANCELED,
    OrderStatus.UNFULFILLABLE,
)


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong: a sentence marked by N_, and the values it names."""

    text: str
    values: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Form:
    """A form of an order as it is shown: what was typed, and what is wrong with it.

    `problems` are by field; the one of the empty name is about the form as a whole.
    """

    file: OrderFile
    fields: Fields
    problems: dict[str, Complaint] = field(default_factory=dict)

    @property
    def order(self) -> Order:
        """The order as it is now."""
        return self.file.view.order

    def complain(self, name: str, text: str, **values: object) -> None:
        """Mark a field; the first complaint about it stays."""
        self.problems.setdefault(name, Complaint(text, values))

    def units(self, name: str, most: int) -> int:
        """Read a number of units; empty is 0. Complains over `most` and about text."""
        text = self.fields.text(name)
        if not text:
            return 0
        # Digits of other scripts are no mistake: int() reads them.
        if not re.fullmatch(r"\d{1,9}", text):
            self.complain(name, _NO_NUMBER)
            return 0
        if int(text) > most:
            self.complain(name, _TOO_MANY, most=most)
            return 0
        return int(text)

    def memo(self) -> str | None:
        """Read the seller's memo; complains if it is too long."""
        text = self.fields.text("memo").replace("\r\n", "\n")
        if len(text) > MOST_MEMO:
            self.complain("memo", _MEMO_TOO_LONG, most=MOST_MEMO, given=len(text))
        return text or None


def find_file(visit: Visit, amazon_order_id: str) -> OrderFile:
    """Return an order of the seller; raises NothingThere for any other."""
    file = None
    if re.fullmatch("[0-9A-Za-z-]{19}", amazon_order_id):
        file = visit.desk.orders.file(visit.seller_id, amazon_order_id)
    if file is None:
        raise NothingThere
    return file


def open_form(visit: Visit, amazon_order_id: str, fields: Fields) -> Form:
    """Make the form of an order; complains if nothing can be done with the order."""
    form = Form(find_file(visit, amazon_order_id), fields)
    order = form.order
    if order.fulfillment_channel != "MFN":
        form.complain("", _AFN)
    elif order.status in _NOT_ACCEPTED:
        form.complain("", _CLOSED, status=visit.language.text(order.status.value))
    elif form.file.waiting is not None:
        form.complain("", WAITS, number=form.file.waiting.feed_submission_id)
    return form


def show(visit: Visit, form: Form, template: str, **values: Any) -> Response:
    """Write the page of a form, with status 400 if something is wrong with it."""
    return page(
        visit,
        template,
        status=400 if form.problems and visit.request.method == "POST" else 200,
        form=form,
        file=form.file,
        order=form.order,
        fields=form.fields,
        problems=form.problems,
        form_token=form.file.form_token,
        most_memo=MOST_MEMO,
        **values,
    )


def repeated(visit: Visit, form: Form) -> Response | None:
    """Return the way to what this very form submitted before, if it did."""
    token = form.fields.get(FORM_TOKEN)
    for note, _ in form.file.notes:
        if note.form_token == token:
            return to_progress(note.feed_submission_id)
    return None


def press(
    visit: Visit,
    form: Form,
    action: Action,
    feed: DeskFeed,
    *,
    reason: str | None = None,
    memo: str | None = None,
) -> Response | None:
    """Submit and lead to the progress; None, with a complaint, if the order moved."""
    pressed = Press(
        form.order.amazon_order_id, form.fields.get(FORM_TOKEN), action, reason, memo
    )
    try:
        number = visit.desk.actions.submit(visit.user, pressed, feed)
    except OrderMoved:
        form.complain("", MOVED)
        return None
    return to_progress(number)


def to_progress(feed_submission_id: int) -> Response:
    """Lead to the page that follows a submission."""
    return see_other(f"{HOME}/submissions/{feed_submission_id}")
