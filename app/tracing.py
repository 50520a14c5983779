"""OpenTelemetry spans, if they are asked for and feedgate[otel] is installed.

A span holds ids and counts, never parameters, documents or the texts of errors.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

_tracer: Tracer | None = None


def start() -> None:
    """Send the spans of this process to where the variables OTEL_... say.

    What is left is sent when the process ends. Raises ValueError without the library.
    """
    global _tracer
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError as error:
        raise ValueError("traces need feedgate[otel] installed") from error
    name = os.environ.get("OTEL_SERVICE_NAME", "feedgate")
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: name}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    _tracer = provider.get_tracer("feedgate")


@contextmanager
def span(name: str, **attributes: str | int) -> Iterator[None]:
    """Make a span of what happens inside; it costs nothing where there are none."""
    if _tracer is None:
        yield
        return
    # Not the exception's text, which may repeat what a client sent.
    with _tracer.start_as_current_span(
        name,
        attributes={f"feedgate.{key}": value for key, value in attributes.items()},
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        try:
            yield
        except BaseException as error:
            from opentelemetry.trace import Status, StatusCode

            current.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise
