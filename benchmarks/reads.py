"""Read calls, against a bare route that answers with the same bytes."""

from __future__ import annotations

from benchmarks.bare import bare_server
from benchmarks.bench import Bench
from benchmarks.calls import call, feed_of, feed_submission_id, submit_feed
from benchmarks.feeds import SELLER_ID
from benchmarks.figures import Aim, Figure, compared
from benchmarks.load import answer, request, send_all
from benchmarks.service import serving
from benchmarks.stock import stocked

_CLIENTS = 8
# Refused for want of their orders: about 100 kB of processing report.
_REFUSED = 270
_PAST = 20


def measure(bench: Bench) -> list[Figure]:
    """Ask for lists, counts and a report of about 100 kB, in turn with the route."""
    sizes = bench.sizes
    installation = bench.installation()
    folder = bench.new_folder()
    with (
        stocked(installation) as stock,
        serving(installation) as service,
    ):
        url, keys = service.url, stock.seller(SELLER_ID)
        submitted = []
        for place in range(_PAST):
            feed = feed_of("cancel", 1 if place else _REFUSED, place + 1, 1_000_000)
            told = answer(url, submit_feed(url, keys, "cancel", feed))
            submitted.append(feed_submission_id(told))
        stock.wait(submitted[-1])
        calls = {
            "list": call(url, keys, "GetFeedSubmissionList", {"MaxCount": "10"}),
            "count": call(url, keys, "GetFeedSubmissionCount", {}),
            "result": call(
                url,
                keys,
                "GetFeedSubmissionResult",
                {"FeedSubmissionId": str(submitted[0])},
            ),
        }
        lengths = {}
        for name, asked in calls.items():
            content = answer(url, asked)
            lengths[name] = len(content)
            (folder / f"{name}.bytes").write_bytes(content)
        assert 50_000 < lengths["result"] <= 100_000, lengths
        ours: dict[str, list[float]] = {name: [] for name in calls}
        bare: dict[str, list[float]] = {name: [] for name in calls}
        with bare_server(folder) as bare_url:
            for run in range(sizes.runs + 1):
                for name, asked in calls.items():
                    same = request("GET", f"{bare_url}/bytes/{name}.bytes", {})
                    count = sizes.reads if run else sizes.reads // 10 + 1
                    seconds = send_all(url, [asked] * count, _CLIENTS)
                    floor = send_all(bare_url, [same] * count, _CLIENTS)
                    # The first, shorter round warms both.
                    if run:
                        ours[name].append(count / seconds)
                        bare[name].append(count / floor)
    titles = {
        "list": "GetFeedSubmissionList of 10",
        "count": "GetFeedSubmissionCount",
        "result": "GetFeedSubmissionResult",
    }
    return [
        compared(
            f"reads/{name}",
            f"{titles[name]}, {lengths[name] / 1000:,.1f} kB, {_CLIENTS} clients",
            "calls/s",
            ours[name],
            bare[name],
            sizes.level,
            against="a bare FastAPI route returning the same bytes",
            aims=(Aim(0.4),),
        )
        for name in calls
    ]
