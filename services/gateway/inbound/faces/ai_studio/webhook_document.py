"""What is sent to webhooks, in the OpenAPI document."""

import inspect

from pydantic import BaseModel

from modelbourse.answers import webhook_events as payloads
from services.gateway.domain.webhooks.webhook import TEST_EVENT
from services.gateway.inbound.faces.ai_studio.face import FACE
from services.gateway.inbound.faces.ai_studio.notices import NOTICES
from services.gateway.inbound.http.described import Schema, component


def describe_webhooks(document: Schema) -> None:
    """Add to the OpenAPI document what is sent to webhooks (OpenAPI 3.1, `webhooks`)."""
    sent = {kind.name: inspect.signature(kind.data).return_annotation for kind in NOTICES.values()} | {TEST_EVENT: payloads.WebhookTestData}
    document["webhooks"] = {name: {"post": _operation(document, name, data)} for name, data in sent.items()}


def _operation(document: Schema, name: str, data: type[BaseModel]) -> Schema:
    body = component(document, payloads.WebhookEvent, mode="serialization")
    about = component(document, data, mode="serialization") | {"description": "What has happened, and to what."}
    of_event = {"properties": {"event": {"const": name, "description": "Which event it is."}, "data": about}}
    return {
        "tags": [FACE.tag("webhooks")],
        "summary": (inspect.getdoc(data) or name).partition("\n")[0].replace("`", ""),
        "operationId": f"on_{name.replace('.', '_')}",
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"allOf": [body, of_event]}}}},
        "responses": {"2XX": {"description": "It was taken; all else is a failure, and it is sent again."}},
        "security": [],
    }
