"""ML Development as it is served: the routes of all its nouns."""

import json
import re
from typing import Final

from services.gateway.inbound.faces.ml_development import (
    alerts,
    chat,
    examples,
    models,
    monitoring,
    predictions,
    recipes,
    runs,
    schemas,
    versions,
)
from services.gateway.inbound.faces.ml_development.face import FACE
from services.gateway.inbound.faces.ml_development.words import WRONG_WORD, InvalidWordError, MismatchError
from services.gateway.inbound.http.app import Served
from services.gateway.inbound.http.described import Schema
from services.gateway.inbound.http.refusals import refused

# What a path names.
PLACES: Final = re.compile(r"\{(\w+)")
REFERENCE: Final = re.compile(r'"#/components/schemas/(\w+)"')
MISMATCH: Final = MismatchError("model_id")
NOUNS: Final = (recipes, versions, examples, schemas, models, predictions, runs, monitoring, alerts, chat)


def describe_words(document: Schema) -> None:
    """Show the 400 of a value outside its enum at each route that takes one, and of a body that may repeat what its path names."""
    for path, methods in document["paths"].items():
        for operation in methods.values() if path.startswith(FACE.prefix) else ():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            taken = _with_all_that_it_refers_to(document, body)
            if '"enum"' in taken or '"enum"' in json.dumps(operation.get("parameters", [])):
                wrong: InvalidWordError | MismatchError = WRONG_WORD
            elif any(f'"{name}":' in taken for name in PLACES.findall(path)):
                wrong = MISMATCH
            else:
                continue
            for status, answer in refused(FACE, wrong).items():
                operation["responses"].setdefault(str(status), answer)


def _with_all_that_it_refers_to(document: Schema, schema: Schema) -> str:
    text, seen = json.dumps(schema), set[str]()
    while new := set(REFERENCE.findall(text)) - seen:
        seen |= new
        text += json.dumps([document["components"]["schemas"][name] for name in sorted(new)])
    return text


SERVED: Final = Served(FACE, [noun.routes for noun in NOUNS], describe=[describe_words])
