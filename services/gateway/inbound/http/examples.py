"""Examples of bodies in the OpenAPI document, put together from those that models and their fields have.

A model has one of its own (`json_schema_extra={"examples": [...]}`) or its fields have (`Field(examples=[...])`); a page of models, a
list or an object is then shown whole.
"""

from collections.abc import Iterator
from typing import Any, Final

from services.gateway.inbound.http.described import Schema, resolve

NOTHING: Final = object()


def show_examples(document: Schema) -> None:
    """Give an example to every body that has none, and write out those of models and their fields."""
    models = document["components"]["schemas"].values()
    for schema in (*models, *(field for model in models for field in model.get("properties", {}).values())):
        if "examples" in schema:
            schema["examples"] = [_as_written(example, schema=schema, document=document) for example in schema["examples"]]
    for media in _bodies(document):
        schema = media.get("schema", {})
        if "example" in media:
            media["example"] = _as_written(media["example"], schema=schema, document=document)
        elif (found := example_of(schema, document=document)) is not NOTHING:
            media["example"] = found


def example_of(schema: Schema, *, document: Schema) -> Any:
    """Return a schema's example, NOTHING when it has none."""
    match schema:
        case {"examples": [found, *_]}:
            return _as_written(found, schema=schema, document=document)
        case {"const": found} | {"default": found} | {"enum": [found, *_]}:
            return found
        case {"$ref": _}:
            return example_of(resolve(document, schema), document=document)
        case {"anyOf": [first, *_]}:
            return example_of(first, document=document)
        case {"type": "array", "items": items}:
            inner = example_of(items, document=document)
            return NOTHING if inner is NOTHING else [inner]
        case _:
            return _of_object(schema, document=document)


def _of_object(schema: Schema, *, document: Schema) -> Any:
    found = {name: example_of(inner, document=document) for name, inner in schema.get("properties", {}).items()}
    if not found or any(found[name] is NOTHING for name in schema.get("required", [])):
        return NOTHING
    return {name: value for name, value in found.items() if value is not NOTHING}


def _as_written(example: Any, *, schema: Schema, document: Schema) -> Any:
    """Return an example as it was written: pydantic sorts its fields by name, and FastAPI leaves out those that are null."""
    schema = _meant(example, schema, document=document)
    if isinstance(example, list):
        return [_as_written(each, schema=schema.get("items", {}), document=document) for each in example]
    if not isinstance(example, dict):
        return example
    fields, required, others = schema.get("properties", {}), schema.get("required", []), schema.get("additionalProperties")
    inner = others if isinstance(others, dict) else {}
    names = [*(name for name in fields if name in example or name in required), *(name for name in example if name not in fields)]
    return {name: _as_written(example.get(name), schema=fields.get(name, inner), document=document) for name in names}


def _meant(example: Any, schema: Schema, *, document: Schema) -> Schema:
    """Return the schema that an example is of: of several, the first whose required fields it has but for nulls."""
    if "anyOf" not in schema:
        return resolve(document, schema)
    several = [resolve(document, each) for each in schema["anyOf"]]
    given = set(example) if isinstance(example, dict) else set()
    return max(several, key=lambda each: len(given & set(each.get("properties", {}))))


def _bodies(document: Schema) -> Iterator[Schema]:
    for methods in document["paths"].values():
        for operation in methods.values():
            for part in (operation.get("requestBody", {}), *operation["responses"].values()):
                yield from part.get("content", {}).values()
