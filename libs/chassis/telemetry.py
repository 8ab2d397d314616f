"""Traces: one from the HTTP request through Kafka to the Ray task; nearly free when nobody collects them."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Final

from opentelemetry import context, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased, TraceIdRatioBased
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, TraceFlags, Tracer
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from libs.chassis.settings import SharedSettings

IDS: Final = RandomIdGenerator()
TRACEPARENT_PARTS: Final = (2, 32, 16, 2)
# The `traceparent` of a span that is not recorded: a string costs a tenth of what the library's spans and contexts do.
_unrecorded: ContextVar[str | None] = ContextVar("traceparent", default=None)


class _Telemetry:
    """The process's one tracer; before `configure_telemetry` it makes ids and records nothing."""

    def __init__(self, provider: TracerProvider, *, recording: bool) -> None:
        self.provider = provider
        self.tracer = provider.get_tracer("modelbourse")
        self.recording = recording


_in_use = _Telemetry(TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False), recording=False)


def configure_telemetry(settings: SharedSettings, *, service: str, instance: str, exporter: SpanExporter | None = None) -> None:
    """Set this process's tracer up: to `exporter` (at once, for tests), else to the OTLP collector if there is one, else nowhere."""
    global _in_use  # noqa: PLW0603 - one tracer per process, as one log
    resource = Resource.create({"service.name": service, "service.instance.id": instance, "service.namespace": settings.namespace})
    if exporter is None and settings.otel_endpoint is None:
        _in_use = _Telemetry(TracerProvider(resource=resource, sampler=ALWAYS_OFF, shutdown_on_exit=False), recording=False)
        return
    provider = TracerProvider(resource=resource, sampler=ParentBased(TraceIdRatioBased(settings.otel_sample_ratio)), shutdown_on_exit=False)
    if exporter is not None:
        provider.add_span_processor(SimpleSpanProcessor(exporter))
    else:
        provider.add_span_processor(BatchSpanProcessor(_collector(settings)))
    _in_use = _Telemetry(provider, recording=True)


def _collector(settings: SharedSettings) -> SpanExporter:
    """Return what sends spans to the collector: encrypted where its address begins with `https://`, with the headers that it asks for."""
    # Imported here: gRPC is 20 MiB that a process without a collector does not need.
    from grpc import ssl_channel_credentials  # noqa: PLC0415 - see above
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - see above

    # Without a file of ours the library takes the machine's authorities, or what its own variables name.
    ca = settings.otel_ca_file
    credentials = ssl_channel_credentials(ca.read_bytes()) if ca else None
    return OTLPSpanExporter(endpoint=settings.otel_endpoint, headers=settings.otel_headers, credentials=credentials, timeout=5)


def stop_telemetry() -> None:
    """Send what is still held back; blocks for some seconds at most."""
    _in_use.provider.shutdown()


def tracer() -> Tracer:
    """Return the process's tracer."""
    return _in_use.tracer


def is_recording() -> bool:
    """Return whether spans go anywhere, so that costly attributes are worth making."""
    return _in_use.recording


def traceparent() -> str | None:
    """Return the current span as a W3C `traceparent`, or None outside of any span."""
    if not _in_use.recording and (unrecorded := _unrecorded.get()) is not None:
        return unrecorded
    current = trace.get_current_span().get_span_context()
    if not current.is_valid:
        return None
    return _written(current)


def span_from(
    parent: str | None,
    *,
    name: str = "handle",
    kind: SpanKind = SpanKind.CONSUMER,
    attributes: Mapping[str, str | int | float | bool] | None = None,
) -> AbstractContextManager[Span]:
    """Run a block in a span that continues the trace of a `traceparent`; a missing or malformed one begins a new trace.

    An exception that leaves the block is recorded on the span and goes on.
    """
    return _recorded(parent, name, kind, attributes) if _in_use.recording else _Unrecorded(parent)


def join_trace(parent: str | None) -> None:
    """Belong to the trace of a `traceparent` from here on, in this task and in what it begins, without a span of one's own.

    With a missing or malformed one they belong to none.
    """
    remote = _remote(parent)
    _unrecorded.set(_written(remote) if remote else None)
    context.attach(_around(remote))


@contextmanager
def _recorded(parent: str | None, name: str, kind: SpanKind, attributes: Mapping[str, str | int | float | bool] | None) -> Iterator[Span]:
    span = _in_use.tracer.start_span(name, context=_around(_remote(parent)), kind=kind, attributes=attributes)
    with trace.use_span(span, end_on_exit=True):
        yield span


class _Unrecorded:
    """Hands ids on without the SDK's work on a span that nobody will see; this is on every message's way."""

    __slots__ = ("_parent", "_token")

    def __init__(self, parent: str | None) -> None:
        self._parent = parent

    def __enter__(self) -> Span:
        remote = _remote(self._parent) if self._parent else None
        trace_id = remote.trace_id if remote else IDS.generate_trace_id()
        self._token = _unrecorded.set(f"00-{trace_id:032x}-{IDS.generate_span_id():016x}-00")
        return trace.INVALID_SPAN

    def __exit__(self, *_: object) -> None:
        _unrecorded.reset(self._token)


def _around(remote: SpanContext | None) -> context.Context:
    return trace.set_span_in_context(NonRecordingSpan(remote), context.Context()) if remote else context.Context()


def _written(span: SpanContext) -> str:
    return f"00-{span.trace_id:032x}-{span.span_id:016x}-{span.trace_flags:02x}"


def _remote(parent: str | None) -> SpanContext | None:
    parts = parent.split("-") if parent else []
    if tuple(map(len, parts[:4])) != TRACEPARENT_PARTS or parts[0] == "ff":
        return None
    try:
        trace_id, span_id, flags = (int(part, 16) for part in parts[1:4])
    except ValueError:
        return None
    remote = SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags))
    return remote if remote.is_valid else None


def mongo_listeners() -> list[CommandListener]:
    """Return what makes a span of each MongoDB command; nothing when spans go nowhere."""
    return [_MongoSpans()] if _in_use.recording else []


class _MongoSpans(CommandListener):
    """A client span per command; its statement is left out, as it holds users' data."""

    def __init__(self) -> None:
        self._open: dict[tuple[int, object], Span] = {}

    def started(self, event: CommandStartedEvent) -> None:
        # Commands outside of a request (polls of the outbox, sweeps) would each be a trace of their own.
        if trace.get_current_span().is_recording():
            about = {"db.system.name": "mongodb", "db.namespace": event.database_name, "db.operation.name": event.command_name}
            self._open[event.request_id, event.connection_id] = tracer().start_span(
                f"mongo {event.command_name}", kind=SpanKind.CLIENT, attributes=about
            )

    def succeeded(self, event: CommandSucceededEvent) -> None:
        if span := self._open.pop((event.request_id, event.connection_id), None):
            span.end()

    def failed(self, event: CommandFailedEvent) -> None:
        if span := self._open.pop((event.request_id, event.connection_id), None):
            span.set_status(trace.StatusCode.ERROR)
            span.end()
