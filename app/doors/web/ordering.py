"""What the buttons of an order share: their pages, the form's state, the press."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

from fastapi import APIRouter, Response

from app.doors.web.forms import Fields
from app.doors.web.pages import N_, page, see_other
from app.doors.web.parts import HOME, Visit
from app.doors.web.visits import NothingThere, Posting, SentFields, Visiting
from app.intake.desk_actions import Action, OrderMoved, Press
from app.intake.desk_feeds import DeskFeed
from app.intake.desk_orders import OrderFile
from app.model.order import Order, OrderStatus

MOST_MEMO = 500
FORM_TOKEN = "form_token"  # noqa: S105 # the name of a field

_WAITS = N_(
    "Feed %(number)s of this order is still being worked on. Wait for its result."
)
_MOVED = N_(
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
    One that `is_closed` is not shown: nothing that is typed would help.
    """

    visit: Visit
    file: OrderFile
    fields: Fields
    problems: dict[str, Complaint] = field(default_factory=dict)
    is_closed: bool = False

    @property
    def order(self) -> Order:
        """The order as it is now."""
        return self.file.view.order

    def complain(self, name: str, text: str, **values: object) -> None:
        """Mark a field; the first complaint about it stays."""
        self.problems.setdefault(name, Complaint(text, values))

    def close(self, text: str, **values: object) -> None:
        """Say why the button does nothing for the order as it is."""
        self.complain("", text, **values)
        self.is_closed = True

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


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a form comes to that nothing is wrong with: a feed, and why."""

    feed: DeskFeed
    reason: str | None = None


class Button(ABC):
    """One button of an order: its form, and the feed that it submits.

    `action` is its name in addresses and notes, `template` shows its form.
    """

    action: ClassVar[Action]
    template: ClassVar[str]

    def filled(self, order: Order) -> Fields:
        """Return what a new form has in its fields."""
        return Fields()

    @abstractmethod
    def check(self, form: Form) -> None:
        """Close the form if the button does nothing for the order."""

    @abstractmethod
    def read(self, form: Form) -> Pressed | Response | None:
        """Read what was typed.

        Returns the feed; or a page to show before; or None, after complaints.
        """

    @abstractmethod
    def values(self, form: Form) -> dict[str, Any]:
        """Return what the template needs besides the form."""

    def ask(self, form: Form) -> Response:
        """Show the form."""
        form.fields = self.filled(form.order)
        return self._show(form)

    def send(self, form: Form) -> Response:
        """Submit, unless something is wrong with the form."""
        # Before all else: pressed twice, it leads to what the first press did.
        for note, _ in form.file.notes:
            if note.form_token == form.fields.get(FORM_TOKEN):
                return _to_progress(note.feed_submission_id)
        if form.fields.get("step") == "edit":
            return self._show(form)
        read = None if form.is_closed else self.read(form)
        memo = form.memo()
        if form.problems or read is None:
            return self._show(form)
        if isinstance(read, Response):
            return read
        return self._press(form, read, memo)

    def _press(self, form: Form, pressed: Pressed, memo: str | None) -> Response:
        press = Press(
            form.order.amazon_order_id,
            form.fields.get(FORM_TOKEN),
            self.action,
            pressed.reason,
            memo,
        )
        visit = form.visit
        try:
            number = visit.desk.actions.submit(visit.user, press, pressed.feed)
        except OrderMoved:
            form.complain("", _MOVED)
            return self._show(form)
        return _to_progress(number)

    def _show(self, form: Form) -> Response:
        return show(form, self.template, **self.values(form))


def add_button(router: APIRouter, button: Button) -> None:
    """Serve the pages of a button."""

    def ask(visit: Visiting, amazon_order_id: str) -> Response:
        return button.ask(_open(visit, amazon_order_id, Fields(), button))

    def send(visit: Posting, fields: SentFields, amazon_order_id: str) -> Response:
        return button.send(_open(visit, amazon_order_id, fields, button))

    path = f"/orders/{{amazon_order_id}}/{button.action}"
    router.add_api_route(path, ask, methods=["GET"])
    router.add_api_route(path, send, methods=["POST"])


def find_file(visit: Visit, amazon_order_id: str) -> OrderFile:
    """Return an order of the seller; raises NothingThere for any other."""
    file = None
    if re.fullmatch("[0-9A-Za-z-]{19}", amazon_order_id):
        file = visit.desk.orders.file(visit.seller_id, amazon_order_id)
    if file is None:
        raise NothingThere
    return file


def _open(visit: Visit, amazon_order_id: str, fields: Fields, button: Button) -> Form:
    """Make the form of an order; complains if nothing can be done with the order."""
    form = Form(visit, find_file(visit, amazon_order_id), fields)
    order = form.order
    if order.fulfillment_channel != "MFN":
        form.close(_AFN)
    elif order.status in _NOT_ACCEPTED:
        form.close(_CLOSED, status=visit.language.text(order.status.value))
    elif form.file.waiting is not None:
        form.complain("", _WAITS, number=form.file.waiting.feed_submission_id)
    else:
        button.check(form)
    return form


def show(form: Form, template: str, **values: Any) -> Response:
    """Write the page of a form, with status 400 if something is wrong with it."""
    is_sent = form.visit.request.method == "POST"
    return page(
        form.visit,
        template,
        status=400 if form.problems and is_sent else 200,
        form=form,
        order=form.order,
        fields=form.fields,
        problems=form.problems,
        form_token=form.file.form_token,
        most_memo=MOST_MEMO,
        **values,
    )


def _to_progress(feed_submission_id: int) -> Response:
    return see_other(f"{HOME}/submissions/{feed_submission_id}")
