"""Signature help: what we would have signed, shown to developers who ask for it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from app.doors.explanation import explain
from app.doors.query import Query
from app.doors.signature import Signed
from tests.doors.caller import FEEDS, Caller, Reply
from tests.doors.conftest import Running

COUNT = "GetFeedSubmissionCount"
HEADER = "X-Feedgate-String-To-Sign"
LINE = "Action=A&MWSAuthToken=amzn.mws.1&Version=2009-01-01"
SIGNED = Signed("POST", "mws.example:8443", FEEDS, Query.read(LINE.encode()))


def string(host: str = "mws.example", path: str = FEEDS, line: str = LINE) -> str:
    return f"POST\n{host}\n{path}\n{line}"


def refused(caller: Caller, theirs: str | None = None) -> Reply:
    """Call with a wrong secret, and tell what was signed."""
    forged = replace(caller, secret="not-the-secret")
    text = forged.signed("POST", FEEDS, forged.parameters(COUNT))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if theirs is not None:
        headers[HEADER] = theirs
    return caller.send("POST", FEEDS, text.encode(), headers)


def test_a_wrong_signature_is_explained_for_each_candidate_host(
    start: Callable[..., Running],
) -> None:
    """The client prints its own string, and the eye finds the difference."""
    running = start(explain=True, public_hosts="mws.amazonservices.com")
    netloc = urlsplit(running.url).netloc

    reply = refused(running.caller)

    assert (reply.status, reply.code) == (403, "SignatureDoesNotMatch")
    for host in (netloc, "127.0.0.1", f"http://{netloc}", "mws.amazonservices.com"):
        assert f"for host {host}:\nPOST\n{host}\n{FEEDS}\nAWSAccess" in reply.message


def test_a_right_string_means_another_secret(start: Callable[..., Running]) -> None:
    """The most common cause of all, and the hardest to see."""
    caller = start(explain=True).caller
    netloc = urlsplit(caller.url).netloc
    shown = refused(caller).message
    line = shown[shown.index("AWSAccessKeyId=") :].split("\n")[0]

    reply = refused(caller, rf"POST\n{netloc}\n{FEEDS}\n{line}")

    assert "Your string to sign is one that is accepted" in reply.message


def test_nothing_is_explained_by_default(running: Running) -> None:
    """Not even to those who ask for it by the header."""
    reply = refused(running.caller, "POST")

    assert reply.code == "SignatureDoesNotMatch"
    assert "tring to sign" not in reply.message


def test_secrets_appear_neither_in_the_answer_nor_in_the_log(
    start: Callable[..., Running], caplog: pytest.LogCaptureFixture
) -> None:
    """Answers are pasted into tickets, and logs are kept."""
    caller = start(explain=True).caller
    parameters = caller.parameters(COUNT) | {"MWSAuthToken": "amzn.mws.token"}
    forged = replace(caller, secret="not-the-secret")
    text = forged.signed("POST", FEEDS, parameters)

    with caplog.at_level(logging.DEBUG):
        reply = caller.send("POST", FEEDS, text.encode())

    assert "MWSAuthToken=(hidden)" in reply.message
    for place in (reply.message, caplog.text):
        assert caller.secret not in place
        assert "amzn.mws.token" not in place
    assert "String to sign" not in caplog.text


@pytest.mark.parametrize(
    ("theirs", "where", "parts"),
    [
        (string().replace("POST", "GET"), "the method (line 1), at character 1", "GET"),
        (string("mws.other"), "the host (line 2), at character 5", "mws.other"),
        (string(path="/Feeds/2009"), "the path (line 3), at character 12", "ends"),
        (
            string(line=LINE.replace("2009-01-01", "2009-01-02")),
            "the parameters (line 4), at character 51",
            "Version=2009-01-02",
        ),
        (string(line="Action=A"), "the parameters (line 4), at character 9", "Action"),
        (
            string() + "\n",
            "the parameters (line 4), at character 52",
            "Version=2009-01-01 (the line ends)",
        ),
    ],
)
def test_the_first_difference_is_pointed_at(
    theirs: str, where: str, parts: str
) -> None:
    """By line and character, with the parameter of either side."""
    text = explain(SIGNED, (), theirs.replace("\n", "\\n"))

    first = text.split("\n\n")[0]
    assert f"first differs in {where}" in first
    assert parts in first


def test_a_difference_in_the_token_shows_neither_token() -> None:
    """It is enough to know that it is the token that differs."""
    theirs = string(line=LINE.replace("amzn.mws.1", "amzn.mws.2"))

    text = explain(SIGNED, (), theirs.replace("\n", "\\n"))

    assert "yours MWSAuthToken=(hidden)" in text
    assert "amzn" not in text
