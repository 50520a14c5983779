"""Forms with a file, read as they arrive: the fields in front, then the file."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from app.doors.web.forms import MOST_BYTES, Fields
from app.errors import ErrorCode, ServiceError

_MOST_FIELDS = 50


class FileForm:
    """One multipart form.

    `fields` are those that stand before the file, `file_name` is the file's; a form
    must have its file last, since nothing of it is held. Nothing is read beyond what
    is asked for. Raises ServiceError (InvalidParameterValue) for a body that is no
    such form.
    """

    def __init__(
        self, content_type: str, body: Iterable[bytes], most_bytes: int = MOST_BYTES
    ) -> None:
        """Read as far as the beginning of the file.

        The fields may have up to `most_bytes` together.
        """
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not 0 < len(boundary) <= 200:
            raise _no_form()
        self.fields = Fields()
        self.file_name: str | None = None
        self._data: deque[bytes] = deque()
        self._header: list[bytes] = [b"", b""]
        self._name = ""
        self._value = bytearray()
        self._held = 0
        self._most = most_bytes
        self._ended = False
        self._body = iter(body)
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begins,
                "on_header_field": self._header_name,
                "on_header_value": self._header_value,
                "on_header_end": self._header_ends,
                "on_part_data": self._part_data,
                "on_part_end": self._part_ends,
            },
        )
        while self.file_name is None and self._feed():
            pass

    def file(self) -> Iterator[bytes]:
        """Yield the file piece by piece; nothing if the form has none."""
        while True:
            while self._data:
                yield self._data.popleft()
            if self._ended or not self._feed():
                break
        if self.file_name is not None and not self._ended:
            raise _no_form()

    def _feed(self) -> bool:
        piece = next(self._body, b"")
        try:
            if piece:
                self._parser.write(piece)
        except FormParserError as error:
            raise _no_form() from error
        return bool(piece)

    def _part_begins(self) -> None:
        if len(self.fields) >= _MOST_FIELDS:
            raise _no_form()
        self._name = ""
        self._value = bytearray()
        self._header = [b"", b""]

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header[0] += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1] += data[start:end]

    def _header_ends(self) -> None:
        name, value = self._header
        self._header = [b"", b""]
        if name.lower() != b"content-disposition" or self.file_name is not None:
            return
        _, options = parse_options_header(value)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" in options:
            self.file_name = options[b"filename"].decode("utf-8", "replace")

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._ended:
            return
        if self.file_name is not None:
            self._data.append(data[start:end])
            return
        self._held += end - start
        if self._held > self._most:
            raise _no_form()
        self._value += data[start:end]

    def _part_ends(self) -> None:
        if self.file_name is not None:
            self._ended = True
        elif self._name:
            text = self._value.decode("utf-8", "replace")
            self.fields[self._name] = text.replace("\x00", "")


def _no_form() -> ServiceError:
    return ServiceError(
        ErrorCode.INVALID_PARAMETER,
        "The body is no form with a file, or it broke off: send multipart/form-data "
        "with the file as its last part.",
    )
