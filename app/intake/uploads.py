"""Files that a seller uploads by hand: taken in as SubmitFeed does, refused in words.

What no message can be read of is refused at once, so that the person can do something
about it; anything else is told in the processing report.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from app.engine.flat_gate import OPENING_BYTES, is_saved_as
from app.errors import ResultCode
from app.feedtypes import registry
from app.intake.accounts import Caller
from app.intake.feed_requests import FeedInvalid, FeedRequest
from app.intake.submissions import Intake
from app.model.feed import FeedSubmission, Problem

# What a form has beside its file; a body longer than this and the limit is refused.
_FORM_BYTES = 65_536


class Trouble(StrEnum):
    """Why a file is not taken in, for whoever has to do something about it."""

    NOTHING = "nothing"
    TOO_LONG = "too-long"
    WORKBOOK = "workbook"
    OTHER_FILE = "other-file"
    NO_HEADINGS = "no-headings"
    COLUMN_MISSING = "column-missing"
    NO_RECORDS = "no-records"
    NO_XML = "no-xml"
    NO_TEXT = "no-text"
    ENCODING = "encoding"
    PART_TOO_LONG = "part-too-long"
    MERCHANT = "merchant"
    INVALID = "invalid"


_BY_CODE = {
    ResultCode.WRONG_FEED_TYPE: Trouble.OTHER_FILE,
    ResultCode.WRONG_ROOT: Trouble.OTHER_FILE,
    ResultCode.HEADINGS_CHANGED: Trouble.NO_HEADINGS,
    ResultCode.COLUMN_MISSING: Trouble.COLUMN_MISSING,
    ResultCode.INFORMATION_MISSING: Trouble.NO_RECORDS,
    ResultCode.DOCTYPE_OR_ENCODING: Trouble.ENCODING,
    ResultCode.TOO_LARGE: Trouble.PART_TOO_LONG,
    ResultCode.WRONG_MERCHANT: Trouble.MERCHANT,
}


class UploadRefused(Exception):
    """A file is not taken in; `problem` is what the gate says of it, in English."""

    def __init__(self, trouble: Trouble, problem: Problem | None = None) -> None:
        """Keep both."""
        super().__init__(trouble.value)
        self.trouble = trouble
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Upload:
    """What comes with a file.

    `charset` is that of a flat file which does not tell its own; None leaves it to the
    seller's marketplaces. `token` names the form: the same form with the same file
    again is the same submission.
    """

    feed_type: str
    token: str
    charset: str | None = None


class Uploads:
    """Takes files of people in."""

    def __init__(self, intake: Intake, most_bytes: int) -> None:
        """Take in files of up to `most_bytes`, through the intake of every door."""
        self._intake = intake
        self.most_bytes = most_bytes

    def check_length(self, announced: int | None) -> None:
        """Refuse a form that is announced as longer than any that is taken in."""
        if announced is not None and announced > self.most_bytes + _FORM_BYTES:
            raise UploadRefused(Trouble.TOO_LONG)

    def take(
        self, caller: Caller, upload: Upload, pieces: Iterable[bytes]
    ) -> FeedSubmission:
        """Queue a file.

        Raises UploadRefused, and then nothing of it is kept, and ServiceError.
        """
        request = FeedRequest(
            feed_type=upload.feed_type,
            signature=f"upload {upload.token}",
            charset=upload.charset,
            has_digest=False,
            refuse_unread=True,
        )
        watched = _Watched(pieces, self.most_bytes)
        try:
            submission, _ = self._intake.begin(caller, request)(watched)
        except FeedInvalid as error:
            raise _refused(upload, error, watched.opening) from error
        return submission


class _Watched:
    """The pieces of a file; keeps its first bytes, and refuses none and too many."""

    def __init__(self, pieces: Iterable[bytes], most: int) -> None:
        self._pieces = pieces
        self._most = most
        self.opening = b""

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for piece in self._pieces:
            size += len(piece)
            if size > self._most:
                raise UploadRefused(Trouble.TOO_LONG)
            if len(self.opening) < OPENING_BYTES:
                self.opening += piece[:OPENING_BYTES]
            yield piece
        if not size:
            raise UploadRefused(Trouble.NOTHING)


def _refused(upload: Upload, error: FeedInvalid, opening: bytes) -> UploadRefused:
    problem = error.verdict.refusal or error.verdict.errors[0]
    if is_saved_as(opening):
        return UploadRefused(Trouble.WORKBOOK, problem)
    if problem.code is ResultCode.NOT_WELL_FORMED:
        feed_type = registry.by_mws(upload.feed_type)
        flat = feed_type is not None and feed_type.flat_file is not None
        return UploadRefused(Trouble.NO_TEXT if flat else Trouble.NO_XML, problem)
    return UploadRefused(_BY_CODE.get(problem.code, Trouble.INVALID), problem)
