"""What a model is made of: a spec of one of several kinds, told apart by `kind`.

A kind is a class of its own with its word as `kind`, and a tag here. A document without the word is a market model's, as there were no
others once; one with anything else there, a later release's word, is read as what it is, and no face of this one shows it.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeAlias

from pydantic import ConfigDict, Discriminator, Field, JsonValue, Tag, TypeAdapter

from libs.contracts.envelope import Message
from libs.contracts.recipe_runs import RECIPE, RecipeModelSpec
from libs.contracts.texts import TEXT, TextSpec
from libs.contracts.training import MARKET, TrainingSpec

LATER: Final = "later"
KINDS_BESIDE: Final[Mapping[str, type[TextSpec] | type[RecipeModelSpec]]] = {TEXT: TextSpec, RECIPE: RecipeModelSpec}
"""Kinds of model beside those that learn from candles, by their word."""


class LaterSpec(Message):
    """What a model of a kind is made of that only a later release knows, whole."""

    model_config = ConfigDict(extra="allow")

    kind: JsonValue = Field(description="The later release's word.")


def _tag(spec: Any) -> str:
    kind = spec.get("kind") if isinstance(spec, dict) else spec.kind
    return MARKET if kind is None else str(kind) if kind in (MARKET, *KINDS_BESIDE) else LATER


AnySpec: TypeAlias = TrainingSpec | TextSpec | RecipeModelSpec | LaterSpec
ModelSpec: TypeAlias = Annotated[
    Annotated[TrainingSpec, Tag(MARKET)]
    | Annotated[TextSpec, Tag(TEXT)]
    | Annotated[RecipeModelSpec, Tag(RECIPE)]
    | Annotated[LaterSpec, Tag(LATER)],
    Discriminator(_tag),
]
_SPECS: Final[TypeAdapter[AnySpec]] = TypeAdapter(ModelSpec)


def read_spec(document: dict[str, Any]) -> AnySpec:
    """Return the spec of a document by its kind, without what only a later release knows of it. Raise pydantic.ValidationError."""
    for kind, beside in KINDS_BESIDE.items():
        if document.get("kind") == kind:
            return beside.model_validate(document, extra="ignore")
    return _SPECS.validate_python(document if document.get("kind") is not None else document | {"kind": MARKET})
