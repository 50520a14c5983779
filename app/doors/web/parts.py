"""What the pages of the desk may ask, and who is looking at one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request

from app.doors.gates import Gates
from app.doors.web.language import Language
from app.intake.desk_actions import DeskActions
from app.intake.desk_orders import DeskOrders
from app.intake.desk_users import DeskUsers, SignedIn
from app.intake.feed_desk import FeedDesk
from app.intake.health import HealthDesk
from app.intake.mail.desk import MailDesk
from app.intake.schema_desk import SchemaDesk
from app.intake.submissions import Intake
from app.intake.uploads import Uploads
from app.settings import Settings

HOME = "/desk"


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts behind the pages; one for the process, at `app.state.desk`."""

    users: DeskUsers
    orders: DeskOrders
    actions: DeskActions
    intake: Intake
    health: HealthDesk
    mails: MailDesk
    feeds: FeedDesk
    uploads: Uploads
    schemas: SchemaDesk
    gates: Gates
    settings: Settings
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a user who is signed in."""

    request: Request
    desk: Desk
    user: SignedIn
    language: Language

    @property
    def seller_id(self) -> str:
        """Whose data the pages show; no other is ever asked for."""
        return self.user.seller_id


def desk_of(request: Request) -> Desk:
    """Return the parts of the application that a request came to."""
    desk: Desk = request.app.state.desk
    return desk
