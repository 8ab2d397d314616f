"""Stories of Model Builder's health: told from what services have measured, and nothing where nobody has."""

import asyncio
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Gauge, ProcessCollector

from libs.chassis.liveness.fleet import publish_metrics
from libs.contracts.envelope import now
from services.gateway.domain.text_service import Space, TextServiceFacts
from services.training.outbound.devices_measure import CONNECTED, NOT_CONFIGURED, UNREACHABLE, gpus_measure, mlflow_state, state_of
from tests.gateway.conftest import Desk

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def told(desk: Desk, *, mlflow: str, gpus: int = 0, used: Sequence[float] = ()) -> None:
    """Have a training service tell what it has measured."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    Gauge("modelbourse_ray_resources", "…", ["resource"], registry=registry).labels("gpus").set(gpus)
    state = Gauge("modelbourse_mlflow_state", "…", ["state"], registry=registry)
    for labels, value in state_of(mlflow).items():
        state.labels(*labels).set(value)
    busy = Gauge("modelbourse_gpu_used_percent", "…", ["host", "gpu"], registry=registry)
    for number, share in enumerate(used):
        busy.labels("host", str(number)).set(share)
    namespace = desk.settings.namespace
    await publish_metrics(desk.chassis.redis, namespace=namespace, service="training", instance="training-1", registry=registry)


async def test_a_platform_without_a_training_service_is_unhealthy_and_says_so(open_desk: Any) -> None:
    desk = await open_desk()

    health = (await desk.client.get("/api/v1/health", headers={"x-correlation-id": "req-7"})).json()
    status = (await desk.client.get("/api/v1/status")).json()["data"]

    assert (health["success"], health["message"], health["correlation_id"]) == (True, "The service is unhealthy", "req-7")
    found = health["data"]["dependencies"]
    assert found == {"mlflow": None, "gpu": None, "storage": "accessible", "training": "unreachable"}
    assert "No training service" in health["data"]["reasons"]["dependencies.mlflow"]
    assert (status["service"], status["active_training_jobs"], status["gpu_utilization"]) == ("sentiment-model-builder", 0, None)
    assert "No training service" in status["reasons"]["gpu_utilization"]
    assert "B / " in status["memory_usage"]
    assert "B / " in status["disk_usage"]
    assert status["uptime"].endswith("s")


async def test_health_and_status_are_what_the_training_service_has_told(open_desk: Any) -> None:
    desk = await open_desk()
    await told(desk, mlflow=UNREACHABLE, gpus=1, used=(80.0, 91.0))

    health = (await desk.client.get("/api/v1/health")).json()["data"]
    status = (await desk.client.get("/api/v1/status")).json()["data"]

    assert (health["status"], health["version"], health["reasons"]) == ("degraded", "1.0.0", {})
    assert health["dependencies"] == {"mlflow": "unreachable", "gpu": "available", "storage": "accessible", "training": "connected"}
    assert (status["gpu_utilization"], status["reasons"]) == (85.5, {})


async def test_what_cannot_be_kept_or_trained_is_unhealthy_and_what_nobody_shows_in_mlflow_degraded() -> None:
    def health(**found: Any) -> str:
        given: dict[str, Any] = {"storage": True, "trains": True, "mlflow": "connected", "gpus": 0, "gpu_used": None, "active": 0} | found
        return TextServiceFacts(at=now(), uptime_s=1.0, memory=Space(1, 2), disk=Space(1, 2), **given).health

    assert [health(), health(mlflow="not configured")] == ["healthy", "healthy"]
    assert [health(storage=False), health(trains=False)] == ["unhealthy", "unhealthy"]
    assert [health(mlflow="unreachable"), health(mlflow=None), health(trains=None)] == ["degraded"] * 3


async def test_a_training_service_tells_what_there_is(tmp_path: Any) -> None:
    measure = gpus_measure(registry=CollectorRegistry())

    assert [type(values) for values in await measure.read()] == [dict]
    assert mlflow_state(None) == NOT_CONFIGURED
    assert mlflow_state(f"sqlite:///{tmp_path}/mlflow.db") == CONNECTED
    assert mlflow_state(f"sqlite:///{tmp_path}/nowhere/mlflow.db") == UNREACHABLE
    assert mlflow_state(f"sqlite:///{tmp_path}") == UNREACHABLE
    assert mlflow_state("http://127.0.0.1:1") == UNREACHABLE


@pytest.mark.parametrize(("code", "state"), [(200, CONNECTED), (404, CONNECTED), (401, UNREACHABLE), (502, UNREACHABLE)])
async def test_an_mlflow_that_does_not_say_that_it_is_well_is_not_connected(code: int, state: str) -> None:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the library's word
            self.send_response(code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        answering = asyncio.create_task(asyncio.to_thread(server.handle_request))

        found = await asyncio.to_thread(mlflow_state, f"http://127.0.0.1:{server.server_port}")
        await answering

    assert found == state
