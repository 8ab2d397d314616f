"""The hyperparameters of each algorithm as the OpenAPI document shows them; what reads them is `check_hyperparameters`."""

import json
from typing import Annotated, Any

from pydantic import BaseModel, Field, WithJsonSchema, create_model

from libs.contracts.algorithm import Algorithm
from libs.contracts.algorithms import ALGORITHMS
from libs.contracts.hyperparameters import Hyperparameter
from services.gateway.inbound.http.described import Schema, ShownAsAny


def _model_of(algorithm: Algorithm) -> type[BaseModel]:
    """Return a model that shows an algorithm's hyperparameters, with their defaults."""
    title = "".join(word.capitalize() for word in algorithm.name.split("_"))
    fields: dict[str, Any] = {
        each.name: (Annotated[Any, WithJsonSchema(schema_of(each))], _field_of(each, algorithm=algorithm))
        for each in algorithm.hyperparameters.values()
    }
    told = f"Of {algorithm.name}: {algorithm.description}"
    # Open, though other names are refused: a generated client reads an object as the first of these that takes it, and would drop
    # what a closed one does not name.
    return create_model(f"{title}Hyperparameters", __doc__=told, **fields)


def _field_of(parameter: Hyperparameter, *, algorithm: Algorithm) -> Any:
    meaning = algorithm.meaning(parameter)
    if parameter.default is not None and set(algorithm.model_types) <= set(parameter.model_types):
        return Field(parameter.default, description=meaning)
    # Said to people alone: FastAPI leaves out a null, and generated clients send defaults, which other types of model would refuse.
    return Field(default_factory=lambda: parameter.default, description=f"{meaning} Default: {json.dumps(parameter.default)}.")


def schema_of(parameter: Hyperparameter) -> Schema:
    """Return the JSON Schema of what a hyperparameter may be: what it takes, but that JSON Schema cannot tell 1 from 1.0."""
    ways: list[Schema] = []
    if parameter.choices:
        ways.append({"enum": list(parameter.choices)})
    if parameter.type == "boolean":
        ways.append({"type": "boolean"})
    if parameter.minimum is not None and parameter.maximum is not None:
        least = "exclusiveMinimum" if parameter.open_minimum else "minimum"
        ways.append({"type": parameter.type, least: parameter.minimum, "maximum": parameter.maximum})
    if parameter.share_maximum is not None:
        ways.append({"type": "number", "exclusiveMinimum": 0, "maximum": parameter.share_maximum})
    if parameter.nullable:
        ways.append({"type": "null"})
    return ways[0] if len(ways) == 1 else {"anyOf": ways}


# Any of them, not one: algorithms share hyperparameters, so that many objects are good for several.
HyperparametersIn = Annotated[dict[str, Any], ShownAsAny(tuple(_model_of(algorithm) for algorithm in ALGORITHMS.values()))]
