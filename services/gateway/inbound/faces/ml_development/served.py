"""ML Development as it is served: the routes of all its nouns."""

import json
from typing import Final

from services.gateway.inbound.faces.ml_development import examples, models, monitoring, recipes, runs, schemas, versions
from services.gateway.inbound.faces.ml_development.face import FACE
from services.gateway.inbound.faces.ml_development.words import WRONG_WORD
from services.gateway.inbound.http.app import Served
from services.gateway.inbound.http.described import Schema, resolve
from services.gateway.inbound.http.refusals import refused

NOUNS: Final = (recipes, versions, examples, schemas, models, runs, monitoring)


def describe_words(document: Schema) -> None:
    """Show the 400 of a value outside its enum at each route that takes one: in its path, its query or its body."""
    for path, methods in document["paths"].items():
        for operation in methods.values() if path.startswith(FACE.prefix) else ():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            if '"enum"' in json.dumps([operation.get("parameters", []), resolve(document, body)]):
                for status, answer in refused(FACE, WRONG_WORD).items():
                    operation["responses"].setdefault(str(status), answer)


SERVED: Final = Served(FACE, [noun.routes for noun in NOUNS], describe=[describe_words])
