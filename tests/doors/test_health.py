"""Liveness and readiness: who may ask, and what makes a process not ready."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import httpx
from sqlalchemy import text

from app.intake.readiness import Readiness
from tests.buckets import Bucket
from tests.doors.conftest import Running
from tests.waiting import eventually


def test_a_process_is_alive_and_ready_for_whoever_asks(shared: Running) -> None:
    """A proxy signs nothing, and nothing that it gets may be kept."""
    alive = httpx.get(f"{shared.url}/healthz")
    ready = httpx.get(f"{shared.url}/readyz")

    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})
    assert ready.headers["Cache-Control"] == "no-store"


def test_another_method_is_refused_without_a_failure(shared: Running) -> None:
    """As everywhere: a client's mistake is no 5xx."""
    assert 400 <= httpx.post(f"{shared.url}/readyz").status_code < 500


def test_a_database_at_another_revision_is_not_ready(
    start: Callable[..., Running],
) -> None:
    """A node of the next release waits for its migration; it is alive all the same."""
    running = start()
    with running.service.database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))

    ready = httpx.get(f"{running.url}/readyz")

    assert ready.status_code == 503
    [fault] = ready.json()["faults"]
    assert fault.startswith("database: it is at revision 0001, not ")
    assert fault.endswith("run feedgate migrate")
    assert httpx.get(f"{running.url}/healthz").status_code == 200


def test_a_document_store_that_went_away_is_not_ready_until_it_is_back(
    start: Callable[..., Running],
) -> None:
    """A volume that is not mounted: the answer names no path."""
    running = start()
    service = running.service
    readiness = Readiness(service.database, service.documents, keep_seconds=0)
    assert readiness.faults() == ()
    moved = running.folder.rename(running.folder.with_name("moved"))

    away = readiness.faults()
    shutil.move(moved, running.folder)

    assert away == ("documents: they cannot be written",)
    assert readiness.faults() == ()


def test_a_bucket_that_went_away_is_not_ready(
    start: Callable[..., Running], bucket: Bucket
) -> None:
    """The same with documents in S3."""
    running = start(documents_url=bucket.url, documents_endpoint=bucket.endpoint)
    service = running.service
    readiness = Readiness(service.database, service.documents, keep_seconds=0)
    assert readiness.faults() == ()

    bucket.client.delete_object(Bucket=bucket.name, Key="feeds/check")
    bucket.client.delete_bucket(Bucket=bucket.name)

    assert readiness.faults() == ("documents: they cannot be written",)


def test_being_asked_often_costs_one_look(start: Callable[..., Running]) -> None:
    """Anybody may ask: what was found is kept for some seconds."""
    running = start()
    readiness = Readiness(running.service.database, running.service.documents)
    assert readiness.faults() == ()
    shutil.rmtree(running.folder)

    assert readiness.faults() == ()


def test_a_process_that_ends_is_not_ready_at_once(
    start: Callable[..., Running],
) -> None:
    """Whatever was found before."""
    running = start()
    assert httpx.get(f"{running.url}/readyz").status_code == 200

    running.service.readiness.stop()

    eventually(lambda: httpx.get(f"{running.url}/readyz").status_code == 503)
