"""Spans of OpenTelemetry: one for a run, one for each of its steps.

They go to the collector that OpenTelemetry's own variables name (`OTEL_EXPORTER_OTLP_ENDPOINT`,
`OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_SERVICE_NAME`): https://opentelemetry.io/docs/specs/otel/protocol/exporter/
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from opentelemetry.trace import NoOpTracer, Status, StatusCode

from flows.night.run_context import RunContext

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_SECONDS_FOR_ONE_REQUEST = 5
_MISSING = (
    "OpenTelemetry has an endpoint, but the package that sends spans is not installed; run: "
    'pip install "mtqg-monitor[otel]"'
)


@contextmanager
def spans_sent(run: RunContext) -> Iterator[None]:
    """Send a span of the block, and of each step in it, where an endpoint is set.

    A collector that does not answer costs seconds, and the spans; a missing package is a warning of
    the run. Nothing of it stops the run.
    """
    if not any(os.environ.get(name) for name in _ENDPOINTS):
        yield
        return
    try:
        provider = _provider(run)
    except ImportError:
        run.warn(_MISSING)
        yield
        return
    run.tracer = provider.get_tracer("mtqg")
    try:
        with run.tracer.start_as_current_span(run.kind.value) as span:
            yield
            if run.summary.errors:
                span.set_status(Status(StatusCode.ERROR, run.summary.errors[0]))
    finally:
        run.tracer = NoOpTracer()
        # It sends what is left.
        provider.shutdown()


def _provider(run: RunContext) -> "TracerProvider":
    # The extra `otel`. The module that sends spans imports requests and protobuf.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    resource = Resource.create(
        {
            "service.name": os.environ.get("OTEL_SERVICE_NAME") or "mtqg",
            "mtqg.province": run.pack.program.province,
            "mtqg.run_id": run.run_id,
        }
    )
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(timeout=_SECONDS_FOR_ONE_REQUEST)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider
