"""What supervisors and proxies ask: is the process alive, and is it ready for work."""

from __future__ import annotations

from collections.abc import Callable

import anyio.to_thread
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

LIVE = "/healthz"
READY = "/readyz"
METRICS = "/metrics"

_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def install_health(app: FastAPI, faults: Callable[[], tuple[str, ...]]) -> None:
    """Serve liveness and readiness; `faults` says what keeps the process from work.

    Liveness touches nothing: a database that is away is no reason to start anew.
    """
    # A thread of their own: calls that wait for a database must not hold it up.
    limiter = anyio.CapacityLimiter(1)

    async def live(request: Request) -> Response:
        return _answer(200, {"status": "alive"})

    async def ready(request: Request) -> Response:
        found = await anyio.to_thread.run_sync(faults, limiter=limiter)
        if found:
            return _answer(503, {"status": "not ready", "faults": [*found]})
        return _answer(200, {"status": "ready"})

    app.add_route(LIVE, live, methods=["GET"], include_in_schema=False)
    app.add_route(READY, ready, methods=["GET"], include_in_schema=False)


def monitoring_app(
    faults: Callable[[], tuple[str, ...]], metrics: Callable[[], bytes]
) -> FastAPI:
    """Make the application of the listener that only the operator's network reaches.

    `metrics` writes them in Prometheus's text format.
    """
    app = FastAPI(
        title="Feedgate", openapi_url=None, docs_url=None, redirect_slashes=False
    )
    install_health(app, faults)

    def tell(request: Request) -> Response:
        return Response(metrics(), media_type=_METRICS_TYPE)

    app.add_route(METRICS, tell, methods=["GET"], include_in_schema=False)
    return app


def _answer(status: int, content: dict[str, object]) -> Response:
    return JSONResponse(content, status, headers={"Cache-Control": "no-store"})
