"""A database or disk out of reach, told to whoever asked."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from app.errors import ErrorCode, ServiceError
from app.store.backends import is_outage

P = ParamSpec("P")
R = TypeVar("R")

_log = logging.getLogger(__name__)


def outages_refused(function: Callable[P, R]) -> Callable[P, R]:
    """Refuse with ServiceUnavailable while the database or the disk is out of reach."""

    @functools.wraps(function)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            if not is_outage(error):
                raise
            # The driver's own error: SQLAlchemy's text has the statement's values.
            reason = getattr(error, "orig", None) or error
            _log.warning("out of reach: %s: %s", type(error).__name__, reason)
            raise ServiceError(
                ErrorCode.SERVICE_UNAVAILABLE,
                "The service cannot reach its database or its documents; send the "
                "same request again after a pause.",
            ) from error

    return asked
