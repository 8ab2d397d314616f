"""Traces go on across borders, logs carry them, and without a collector nothing is recorded."""

import asyncio
import json
import logging
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import pytest
import structlog
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from libs.chassis.logs import configure_logs, correlated, log
from libs.chassis.settings import SharedSettings
from libs.chassis.stores.mongo import connect
from libs.chassis.telemetry import configure_telemetry, is_recording, join_trace, span_from, stop_telemetry, traceparent, tracer
from tests.certificates import Authority


def settings_with(**fields: object) -> SharedSettings:
    return SharedSettings(**{"kafka_bootstrap": "x", "mongo_url": "mongodb://x", "redis_url": "redis://x", "artifacts_url": "x"} | fields)


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    configure_telemetry(settings_with(), service="training", instance="training-1", exporter=exporter)
    yield exporter
    configure_telemetry(settings_with(), service="training", instance="training-1")


@pytest.fixture
def logs(capsys: pytest.CaptureFixture[str]) -> Iterator[pytest.CaptureFixture[str]]:
    """What is logged; how logs are made is set back after the test."""
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    yield capsys
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)


def test_a_trace_goes_on_over_a_border(spans: InMemorySpanExporter) -> None:
    with tracer().start_as_current_span("request"):
        carried = traceparent()

    with span_from(carried, name="handle", attributes={"topic": "training.requested"}):
        assert traceparent() != carried

    request, handle = spans.get_finished_spans()
    assert handle.context.trace_id == request.context.trace_id
    assert handle.parent is not None
    assert handle.parent.span_id == request.context.span_id
    assert (handle.kind, dict(handle.attributes or {})) == (SpanKind.CONSUMER, {"topic": "training.requested"})
    assert handle.resource.attributes["service.name"] == "training"
    assert handle.resource.attributes["service.instance.id"] == "training-1"


UNUSABLE = [
    None,
    "",
    "nonsense",
    "00-0-0-0",
    f"00-{'0' * 32}-{'0' * 16}-01",
    f"ff-{'1' * 32}-{'1' * 16}-01",
    f"00-{'x' * 32}-{'1' * 16}-01",
]


@pytest.mark.parametrize("parent", UNUSABLE)
def test_without_a_usable_parent_a_trace_begins(spans: InMemorySpanExporter, parent: str | None) -> None:
    with span_from(parent):
        pass

    (span,) = spans.get_finished_spans()
    assert span.parent is None


def test_an_error_is_on_its_span_and_goes_on(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ArithmeticError), span_from(None):
        raise ArithmeticError

    (span,) = spans.get_finished_spans()
    assert not span.status.is_ok


def test_outside_of_spans_there_is_no_traceparent() -> None:
    assert traceparent() is None


def test_without_a_collector_ids_travel_and_nothing_is_recorded() -> None:
    configure_telemetry(settings_with(), service="training", instance="training-1")

    with span_from(None, name="first") as span:
        carried = traceparent()
        assert not span.is_recording()
    with span_from(carried):
        assert str(traceparent()).split("-")[1] == str(carried).split("-")[1]

    assert not is_recording()


async def test_commands_of_a_request_are_spans_of_it(spans: InMemorySpanExporter, mongo_url: str, namespace: str) -> None:
    database = connect(settings_with(mongo_url=mongo_url, namespace=namespace), "training")
    await database["jobs"].find_one({})

    with span_from(None, name="request"):
        await database["jobs"].insert_one({"secret": "x"})

    insert, request = spans.get_finished_spans()
    assert (insert.name, insert.kind) == ("mongo insert", SpanKind.CLIENT)
    assert insert.parent is not None
    assert insert.parent.span_id == request.context.span_id
    assert "secret" not in str(insert.attributes)
    await database.client.drop_database(database.name)
    database.client.close()


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_spans_reach_a_collector_over_grpc_with_the_headers_that_it_asks_for(scheme: str, tmp_path: Path) -> None:
    received: list[tuple[str, object]] = []

    class Collector(trace_service_pb2_grpc.TraceServiceServicer):
        def Export(self, request: trace_service_pb2.ExportTraceServiceRequest, call: Any) -> trace_service_pb2.ExportTraceServiceResponse:
            asked = dict(call.invocation_metadata()).get("authorization")
            received.extend((span.name, asked) for group in request.resource_spans for scope in group.scope_spans for span in scope.spans)
            return trace_service_pb2.ExportTraceServiceResponse()

    server = grpc.server(futures.ThreadPoolExecutor(1))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(Collector(), server)
    more: dict[str, Any] = {}
    if scheme == "https":
        authority = Authority(tmp_path)
        shown, more = authority.issue("collector"), {"otel_ca_file": authority.file}
        credentials = grpc.ssl_server_credentials([(shown.key.read_bytes(), shown.cert.read_bytes())])
        port = server.add_secure_port("127.0.0.1:0", credentials)
    else:
        port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    settings = settings_with(otel_endpoint=f"{scheme}://127.0.0.1:{port}", otel_headers="authorization=Bearer 31Kx0WqBpZ8m2VtR", **more)
    configure_telemetry(settings, service="training", instance="training-1")

    with span_from(None, name="kept"):
        pass
    await asyncio.to_thread(stop_telemetry)

    assert received == [("kept", "Bearer 31Kx0WqBpZ8m2VtR")]
    server.stop(None)
    configure_telemetry(settings_with(), service="training", instance="training-1")


def test_the_kafka_client_says_the_same_once_a_minute_and_others_whenever_they_like(logs: pytest.CaptureFixture[str]) -> None:
    configure_logs(settings_with(), service="training", instance="training-1")

    for name in ("aiokafka.client", "other"):
        for broker in ("k:1", "k:1", "k:2"):
            logging.getLogger(name).error("Unable connect to %s", broker)

    said = [json.loads(text) for text in logs.readouterr().err.splitlines()]
    assert [line["event"][-3:] for line in said if line["logger"] == "aiokafka.client"] == ["k:1", "k:2"]
    assert [line["event"][-3:] for line in said if line["logger"] == "other"] == ["k:1", "k:1", "k:2"]


@pytest.mark.usefixtures("spans")
def test_a_log_line_is_json_with_its_trace_correlation_and_place(logs: pytest.CaptureFixture[str]) -> None:
    configure_logs(settings_with(), service="training", instance="training-1")

    with span_from(None) as span, correlated("ask-7"):
        log().info("job accepted", job_id="job_1")
        log().debug("not shown")

    (line,) = [json.loads(text) for text in logs.readouterr().err.splitlines()]
    assert line | {"timestamp": ""} == {
        "event": "job accepted",
        "level": "info",
        "job_id": "job_1",
        "correlation_id": "ask-7",
        "trace_id": f"{span.get_span_context().trace_id:032x}",
        "span_id": f"{span.get_span_context().span_id:016x}",
        "service": "training",
        "instance": "training-1",
        "timestamp": "",
    }


@pytest.mark.parametrize("parent", [f"00-{'1' * 32}-{'2' * 16}-01", *UNUSABLE])
async def test_lines_of_a_task_are_of_the_trace_that_it_joins_and_of_none_where_that_is_unusable(
    logs: pytest.CaptureFixture[str], parent: str | None
) -> None:
    configure_logs(settings_with(), service="training", instance="training-1")

    join_trace(parent)
    log().info("training goes on")

    line = json.loads(logs.readouterr().err)
    carried = ("1" * 32, "2" * 16) if parent not in UNUSABLE else (None, None)
    assert (line.get("trace_id"), line.get("span_id"), traceparent()) == (*carried, None if parent in UNUSABLE else parent)


def test_libraries_log_in_the_same_form(logs: pytest.CaptureFixture[str]) -> None:
    configure_logs(settings_with(), service="training", instance="training-1")

    logging.getLogger("aiokafka").warning("broker %s is away", 7)

    line = json.loads(logs.readouterr().err)
    assert (line["event"], line["logger"], line["instance"]) == ("broker 7 is away", "aiokafka", "training-1")
