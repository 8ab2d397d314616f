"""How a route says what JSON it takes and answers, for the OpenAPI document alone; every face describes its routes with these.

FastAPI describes what it reads and writes by models itself. A route that reads or writes its JSON by hand names the model that
describes it, and nothing is checked by that at run time:

    async def create(body: Annotated[Any, Body(), ShownAs(ModelIn)]) -> Annotated[JsonObject, ShownAs(ModelMade)]: ...

What a route may refuse is told by `responses=refused(...)` (refusals.py). Examples stand on models and their fields (examples.py).
"""

from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaMode, JsonSchemaValue
from pydantic_core import CoreSchema
from pydantic_core.core_schema import list_schema, union_schema

from modelbourse.answers.answer import Answer

Schema = dict[str, Any]
REFERENCE: Final = "#/components/schemas/{model}"


@dataclass(frozen=True, slots=True)
class ShownAs:
    """Shows an annotated value as a model."""

    model: type[BaseModel]

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return a reference to the model."""
        # Asked for the model itself, the handler would write it out in place; as what a list holds it becomes a component.
        reference: JsonSchemaValue = handler(list_schema(self.model.__pydantic_core_schema__))["items"]
        return reference


@dataclass(frozen=True, slots=True)
class ShownAsAny:
    """Shows an annotated value as any of several models."""

    models: tuple[type[BaseModel], ...]

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return references to the models."""
        references: JsonSchemaValue = handler(union_schema([each.__pydantic_core_schema__ for each in self.models]))
        return references


def answered(example: BaseModel, *, status: int = 200) -> dict[int | str, Schema]:
    """Return a route's `responses` with an example of its answer, made by what makes the answers themselves."""
    body = example.as_json() if isinstance(example, Answer) else example.model_dump(mode="json", exclude_unset=True)
    return {status: {"content": {"application/json": {"example": body}}}}


def component(document: Schema, model: type[BaseModel], *, mode: JsonSchemaMode = "validation") -> Schema:
    """Return a reference to a model, which is among the document's components after this with all that it refers to."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name, schema in _with_all_it_refers_to(model, mode).items():
        if name not in schemas:
            # Each document has its own: examples are written into it.
            schemas[name] = deepcopy(schema)
    return {"$ref": REFERENCE.format(model=model.__name__)}


@cache
def _with_all_it_refers_to(model: type[BaseModel], mode: JsonSchemaMode) -> Schema:
    made = model.model_json_schema(ref_template=REFERENCE, mode=mode)
    inner: Schema = made.pop("$defs", {})
    return inner | {model.__name__: made}


def resolve(document: Schema, schema: Schema) -> Schema:
    """Return the component that a schema refers to, or the schema itself."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema
