"""Stories of who looks after the gateway: probes, metrics, documents."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from jsonschema import Draft202012Validator

from libs.chassis.fleet import publish_metrics
from services.gateway.outbound.broker_probe import broker_answers
from tests.conftest import Kafka
from tests.gateway.conftest import Desk

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_gateway_lives_without_its_servers_and_says_what_it_lacks(desk: Desk) -> None:
    alive, ready = await desk.client.get("/livez"), await desk.client.get("/readyz")

    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
    assert ready.status_code == 503
    assert ready.json()["checks"]["mongodb"] == "ok"
    assert "broker" in ready.json()["checks"]["kafka"]


async def test_a_broker_that_answers_is_seen(kafka: Kafka) -> None:
    await broker_answers(f"127.0.0.1:1,{kafka.bootstrap}")


async def test_metrics_are_the_fleets_with_service_and_instance(desk: Desk) -> None:
    await desk.client.get("/auth/me")
    place = {"namespace": desk.settings.namespace, "service": "gateway", "instance": "gateway-7"}
    await publish_metrics(desk.chassis.redis, registry=desk.chassis.registry, **place)

    page = (await desk.client.get("/metrics")).text

    (line,) = (line for line in page.splitlines() if line.startswith("modelbourse_requests_total") and 'status="401"' in line)
    assert all(part in line for part in ('service="gateway"', 'instance="gateway-7"', 'face="auth"', 'method="GET"'))


@pytest_asyncio.fixture(loop_scope="module")
async def document(desk: Desk) -> dict[str, Any]:
    answer = await desk.client.get("/openapi.json")
    assert answer.status_code == 200
    return answer.json()


async def test_the_document_describes_every_route_there_is(document: dict[str, Any]) -> None:
    routes = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}

    assert document["openapi"].startswith("3.1")
    assert {
        ("POST", "/auth/register"),
        ("POST", "/auth/token"),
        ("GET", "/auth/me"),
        ("POST", "/auth/api-keys"),
        ("PATCH", "/admin/accounts/{account_id}"),
        ("GET", "/admin/dead"),
        ("GET", "/readyz"),
        ("GET", "/api/ai-studio/models/"),
        ("POST", "/api/ai-studio/models/{model_id}/train/"),
        ("POST", "/api/ai-studio/models/{model_id}/predict/"),
    } <= routes
    assert all(operation["tags"] for methods in document["paths"].values() for operation in methods.values())


async def test_the_documents_schemas_and_references_hold(document: dict[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    for reference in re.findall(r'"\$ref":\s*"#/([^"]+)"', json.dumps(document)):
        target: Any = document
        for part in reference.split("/"):
            target = target[part]

    ids = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(set(ids)) == len(ids)


async def test_the_document_says_how_to_authorize_and_what_errors_look_like(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    open_to_all = {"/auth/register", "/auth/token", "/auth/logout", "/livez", "/readyz", "/metrics", "/asyncapi", "/asyncapi.json"}

    assert schemes["password"]["flows"]["password"]["tokenUrl"] == "/auth/token"
    assert schemes["bearer"]["scheme"] == "bearer"
    for path, methods in document["paths"].items():
        for operation in methods.values():
            if path in open_to_all:
                continue
            assert operation.get("security"), path
            refused = operation["responses"]["401"]["content"]["application/json"]
            assert refused["example"]["error"]["code"] == "AUTHENTICATION_ERROR", path
            assert "422" not in operation["responses"], path


async def test_routes_that_start_work_tell_of_their_key(document: dict[str, Any]) -> None:
    names = [parameter["name"] for parameter in document["paths"]["/api/ai-studio/models/"]["post"]["parameters"]]

    assert "Idempotency-Key" in names


async def test_the_page_needs_nothing_from_elsewhere(desk: Desk) -> None:
    page = await desk.client.get("/docs")

    assert page.status_code == 200
    assert "https://" not in page.text
    for address in re.findall(r'(?:src|href)="(/[^"]+)"', page.text):
        assert (await desk.client.get(address)).status_code == 200, address
    assert "script-src 'self'" in page.headers["content-security-policy"]


async def test_events_are_described_for_machines_and_to_read(desk: Desk) -> None:
    document, page = await desk.client.get("/asyncapi.json"), await desk.client.get("/asyncapi")

    assert document.json()["asyncapi"].startswith("3.")
    assert "training.completed" in page.text
    assert "https://" not in re.sub(r"<td>.*?</td>", "", page.text)


async def test_the_document_can_be_written_without_any_server(tmp_path: Path, document: dict[str, Any]) -> None:
    target = tmp_path / "build" / "openapi.json"
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}

    command = [sys.executable, "-m", "services.gateway", "openapi", str(target)]
    subprocess.run(command, env=environment, check=True, timeout=120)  # noqa: ASYNC221  # nothing else runs here

    assert json.loads(target.read_bytes())["paths"].keys() == document["paths"].keys()
