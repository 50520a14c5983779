"""Following a feed on an endpoint that is not ours: throttled, cancelled, strange."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs

import pytest

from app.cli.client import MwsClient, MwsError, Unreachable
from app.cli.failures import Failure
from app.cli.feeds import follow

LIST = (
    '<?xml version="1.0"?><GetFeedSubmissionListResponse xmlns='
    '"http://mws.amazonaws.com/doc/2009-01-01/"><GetFeedSubmissionListResult>'
    "<HasNext>false</HasNext><FeedSubmissionInfo><FeedProcessingStatus>{}"
    "</FeedProcessingStatus></FeedSubmissionInfo></GetFeedSubmissionListResult>"
    "</GetFeedSubmissionListResponse>"
)
ERROR = (
    '<?xml version="1.0"?><ErrorResponse xmlns='
    '"http://mws.amazonaws.com/doc/2009-01-01/"><Error><Type/><Code>{}</Code>'
    "<Message>Request is throttled</Message></Error></ErrorResponse>"
)


def _must_not_wait(seconds: float) -> None:
    pytest.fail(f"it waits {seconds} seconds")


class Endpoint:
    """An MWS-compatible endpoint that answers what it was given, one by one."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, str]] = []
        self.calls: list[dict[str, str]] = []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                endpoint.calls.append({n: v[0] for n, v in parse_qs(form).items()})
                status, text = endpoint.answers.pop(0)
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """Serve the endpoint in a thread."""
    served = Endpoint()
    thread = Thread(target=served.server.serve_forever)
    thread.start()
    yield served
    served.server.shutdown()
    thread.join()
    served.server.server_close()


@pytest.fixture
def client(endpoint: Endpoint) -> Iterator[MwsClient]:
    """A client that acts for a seller by a token."""
    made = MwsClient(endpoint.url, "AKIA1", "secret", "A1SELLER", "amzn.mws.token")
    yield made
    made.http.close()


def test_throttling_is_waited_out(
    endpoint: Endpoint, client: MwsClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """MWS allows a list every 45 seconds; asking on at once would never end."""
    endpoint.answers = [
        (200, LIST.format("_SUBMITTED_")),
        (503, ERROR.format("RequestThrottled")),
        (200, LIST.format("_DONE_")),
    ]
    pauses: list[float] = []

    follow(client, "50000000001", pauses.append)

    assert pauses == [0.2, 45.0]
    assert capsys.readouterr().err.splitlines() == [
        "50000000001 _SUBMITTED_",
        "50000000001 RequestThrottled, asking again",
        "50000000001 _DONE_",
    ]
    assert endpoint.calls[0]["FeedSubmissionIdList.Id.1"] == "50000000001"
    assert endpoint.calls[0]["MWSAuthToken"] == "amzn.mws.token"


def test_a_cancelled_feed_has_no_report(endpoint: Endpoint, client: MwsClient) -> None:
    """Waiting for one would never end."""
    endpoint.answers = [(200, LIST.format("_CANCELLED_"))]

    with pytest.raises(Failure, match="was cancelled: it has no report"):
        follow(client, "50000000001", _must_not_wait)


def test_another_refusal_ends_the_waiting(
    endpoint: Endpoint, client: MwsClient
) -> None:
    """Only what passes by itself is waited out."""
    endpoint.answers = [(403, ERROR.format("SignatureDoesNotMatch"))]

    with pytest.raises(MwsError) as refused:
        follow(client, "50000000001", _must_not_wait)

    assert (refused.value.code, refused.value.status) == ("SignatureDoesNotMatch", 403)


@pytest.mark.parametrize(
    ("status", "text"),
    [(200, "<html/>"), (200, "not XML"), (404, "<html>Not found</html>"), (502, "")],
)
def test_an_answer_that_is_not_mws_is_called_so(
    endpoint: Endpoint, client: MwsClient, status: int, text: str
) -> None:
    """A proxy's page, or the address of something else, is the usual cause."""
    endpoint.answers = [(status, text)]

    with pytest.raises(Unreachable, match="MWS-compatible endpoint"):
        client.status("50000000001")
