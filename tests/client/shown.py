"""Answers as the OpenAPI document shows them, for what needs no gateway."""

from typing import Any

from modelbourse.answers.answer import Answer
from services.gateway.inbound.http.described import Schema, component
from services.gateway.inbound.http.examples import example_of


def shown(kind: type[Answer]) -> dict[str, Any]:
    """Return the documented example of an answer."""
    document: Schema = {}
    reference = component(document, kind, mode="serialization")
    example: dict[str, Any] = example_of(reference, document=document)
    return example
