"""The OpenAPI document as a judge: does a body hold to what is documented, and is an answer one that is documented at all?"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI
from jsonschema import Draft202012Validator
from starlette.datastructures import State

Schema = dict[str, Any]
# Of the apps of this process that have every face and no other, by where they say that the API is: what they keep while they run.
_states: dict[str | None, State] = {}


def share_document(app: FastAPI, *, public_url: str | None) -> None:
    """Let an app with every face and no other show the document that one like it has written: to write one takes seconds."""
    app.state = _states.setdefault(public_url, State())


@dataclass(frozen=True)
class Operation:
    """One route of the document."""

    method: str
    path: str
    body: Schema

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def invalid(self) -> str:
        """The status of input that cannot be used: that of AI Engine, Model Builder and ML Development, or the platform's."""
        return "422" if self.path.startswith(("/v1/ai/", "/api/v1/", "/api/ml-development/")) else "400"

    def contents(self) -> Iterator[tuple[str, Schema]]:
        """Yield every body that goes in or out: where it stands, and its schema and example."""
        for where, part in (("request", self.body.get("requestBody", {})), *self.body["responses"].items()):
            for media_type, content in part.get("content", {}).items():
                yield f"{self} {where} {media_type}", content


class Document:
    """An OpenAPI document. No object may have fields that its schema does not name, unless the schema says which else there are."""

    def __init__(self, document: Schema) -> None:
        self.whole = document
        self._closed = closed(document["components"])
        paths = document["paths"].items()
        self._operations = [Operation(method.upper(), path, body) for path, methods in paths for method, body in methods.items()]
        self._patterns = [(each.method, re.compile(pattern_of(each.path)), each) for each in self._operations]

    def operations(self) -> list[Operation]:
        """Return every route."""
        return list(self._operations)

    def operation(self, method: str, path: str) -> Operation | None:
        """Return the route that a request goes to."""
        asked = path.rstrip("/")
        return next((each for verb, pattern, each in self._patterns if verb == method and pattern.fullmatch(asked)), None)

    def resolved(self, schema: Schema) -> Schema:
        """Return a schema, or what it refers to."""
        while "$ref" in schema:
            schema = self.whole["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return schema

    def example(self, method: str, path: str) -> Any:
        """Return the documented example of what a route answers when all is well."""
        operation = self.operation(method, path)
        assert operation is not None, f"{method} {path} is not documented"
        answer = next(answer for status, answer in operation.body["responses"].items() if status.startswith("2"))
        return answer["content"]["application/json"]["example"]

    def wrong(self, value: Any, *, schema: Schema) -> list[str]:
        """Return where a value is not as a schema says."""
        judge = Draft202012Validator({**closed(schema), "components": self._closed})
        return [f"{error.json_path}: {error.message[:300]}" for error in judge.iter_errors(value)]

    def misfits(self, answer: httpx.Response) -> list[str]:
        """Return what of a real answer is not documented."""
        method, path = answer.request.method, answer.request.url.path
        operation = self.operation(method, path)
        if operation is None:
            return [f"{method} {path} is not documented"]
        documented = operation.body["responses"].get(str(answer.status_code))
        if documented is None:
            return [f"{operation} is not documented to answer {answer.status_code}"]
        if "content" not in documented:
            return [f"{operation} {answer.status_code} is documented to have no body"] if answer.content else []
        media_type = answer.headers["content-type"].partition(";")[0]
        content = documented["content"].get(media_type, documented["content"].get("*/*"))
        if content is None:
            return [f"{operation} {answer.status_code} is not documented to be {media_type}"]
        value = answer.json() if media_type == "application/json" else answer.text
        return [f"{operation} {answer.status_code} {wrong}" for wrong in self.wrong(value, schema=content["schema"])]


def pattern_of(template: str) -> str:
    """Return the pattern of a route's paths; a slash at the end is the same as none, and a `{path}` is all that is left."""
    return re.sub(r"\\\{(.*?)\\\}", lambda word: ".+" if word[1] == "path" else "[^/]+", re.escape(template.rstrip("/")))


def closed(schema: Any) -> Any:
    """Return a schema whose objects have no fields but those they name."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: value if name in {"example", "examples", "default"} else closed(value) for name, value in schema.items()}
    named = isinstance(schema.get("properties"), dict) and schema.get("type") == "object"
    return {"additionalProperties": False, **inner} if named else inner


def references(document: Schema) -> list[str]:
    """Return all that a document refers to."""
    return re.findall(r'"\$ref":\s*"([^"]+)"', json.dumps(document))
