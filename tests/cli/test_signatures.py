"""explain-signature: the same help, offline, from a saved request."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.doors.caller import FEEDS, Caller

SECRET = "SecretKey/For+Example=0123456789abcdefABCDEF"
CALLER = Caller(
    "http://mws.example.test",
    "AKIAEXAMPLE0KEY00001",
    SECRET,
    "A1TESTSELLER00",
    datetime(2026, 11, 24, 12, tzinfo=UTC),
)


@pytest.fixture
def request_file(tmp_path: Path) -> Path:
    """A signed call as a proxy saved it."""
    form = CALLER.signed("POST", FEEDS, CALLER.parameters("GetFeedSubmissionCount"))
    path = tmp_path / "request.txt"
    path.write_bytes(
        f"POST {FEEDS} HTTP/1.1\r\nHost: mws.example.test\r\n\r\n{form}".encode()
    )
    return path


def test_a_saved_request_shows_its_strings_to_sign(
    feedgate: Command, request_file: Path
) -> None:
    """Without a secret nothing can be said of the signature, and all of the string."""
    done = feedgate("explain-signature", request_file)

    assert done.code == 0
    assert f"POST\nmws.example.test\n{FEEDS}\nAWSAccessKeyId=AKIA" in done.out
    assert "The signature is" not in done.out


@pytest.mark.parametrize(
    ("secret", "code", "sentence"),
    [(SECRET, 0, "is right."), ("another", 1, "is not right.")],
)
def test_with_the_secret_it_says_whether_the_signature_is_right(
    feedgate: Command, request_file: Path, secret: str, code: int, sentence: str
) -> None:
    """The secret comes from the environment, and stays there."""
    done = feedgate("explain-signature", request_file, SECRET=secret)

    assert done.code == code
    assert f"The signature {sentence}" in done.out
    assert secret not in done.out.replace("another key", "")


def test_the_string_of_the_client_is_compared(
    feedgate: Command, request_file: Path, tmp_path: Path
) -> None:
    """From a file, as a client's debug log has it."""
    theirs = tmp_path / "theirs.txt"
    theirs.write_text("POST\nmws.example.test\n/Feeds/2009-01-02\n")

    done = feedgate("explain-signature", request_file, "--string-to-sign", theirs)

    assert "first differs in the path (line 3), at character 17" in done.out
    assert "yours /Feeds/2009-01-02" in done.out


def test_what_is_no_request_is_refused(feedgate: Command, tmp_path: Path) -> None:
    """Such as the body alone."""
    path = tmp_path / "request.txt"
    path.write_text("Action=GetFeedSubmissionCount")

    done = feedgate("explain-signature", path)

    assert done.code == 2
    assert "must begin with a request line" in done.err
