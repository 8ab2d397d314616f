"""The runner's span: a child of the one in which the job was requested, sent to the collector that the service names."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator


@contextmanager
def traced(order: Mapping[str, Any]) -> Iterator[None]:
    """Run the body in the span `training.run`; without a collector nothing is recorded and nothing is loaded."""
    if not order.get("otel_endpoint"):
        yield
        return
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - 20 MiB that only a collector needs

    resource = Resource.create({"service.name": "training-runner", "service.instance.id": order["run_id"]})
    provider = TracerProvider(resource=resource, sampler=ParentBased(ALWAYS_ON), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint=order["otel_endpoint"], timeout=5)))
    parent = TraceContextTextMapPropagator().extract({"traceparent": order["traceparent"]} if order["traceparent"] else {})
    about = {"job_id": order["job_id"], "run_id": order["run_id"]}
    try:
        with provider.get_tracer("modelbourse").start_as_current_span(
            "training.run", context=parent, kind=trace.SpanKind.CONSUMER, attributes=about
        ):
            yield
    finally:
        provider.shutdown()
