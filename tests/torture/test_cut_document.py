"""A document that is cut off while it is read, behind a line: nothing shows it."""

from __future__ import annotations

import os

import pytest

from app.store.documents import DocumentDamaged
from app.store.feeds import load_work
from tests.torture.checks import check
from tests.torture.conftest import Made
from tests.torture.load import FLAT_REFUND, flat_refunds, submit_once
from tests.torture.world import SELLERS, rich

RECORDS = 4_000


def test_a_document_cut_while_it_is_read_is_no_shorter_feed(make_world: Made) -> None:
    """Its digest was right when it was opened; what it lacks was never applied."""
    world = make_world(0, batch_messages=1_000)
    document = flat_refunds([rich(number) for number in range(RECORDS)])
    feed = submit_once(world, world.callers[SELLERS[0]], FLAT_REFUND, document)
    worker = world.service.worker
    queue, process = worker._queue, worker._process
    queue.roster.enter()
    with world.database.read() as connection:
        name = load_work(connection, feed).document_id
    path = world.home / "documents" / name[:2] / name

    def cut() -> bool:
        os.truncate(path, document.index(b"\n", len(document) // 2) + 1)
        return False

    claim = queue.claim(world.clock())
    assert claim is not None
    with pytest.raises(DocumentDamaged, match="ended behind message"):
        process(claim, cut)
    queue.give_back(claim)
    path.write_bytes(document)
    again = queue.claim(world.clock())
    assert again is not None
    done = process(again, lambda: False)

    assert done
    found = check(world, [feed])
    assert found.effects + found.refused_messages == RECORDS
    queue.roster.leave()
