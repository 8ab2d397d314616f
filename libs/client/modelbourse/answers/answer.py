"""What all answers have in common: every documented key as an attribute, and what a newer gateway adds besides."""

from collections.abc import Sequence
from datetime import datetime, timezone
from decimal import Decimal
from typing import Annotated, Any, Final, Generic, TypeAlias, TypeVar, cast

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from modelbourse.answers.frames import to_frame

Row = TypeVar("Row", bound="Answer")
Numbers: TypeAlias = dict[str, float | None]
JsonObject: TypeAlias = dict[str, Any]
# Marks what has been opened, so that it is once.
OPENED: Final = "modelbourse_opened"
# Ids and a moment in examples.
AT: Final = "2026-01-15T15:30:00.000Z"
MODEL_ID: Final = "model_01kab8m5v8ezfvzcr0s2k2h7qd"
JOB_ID: Final = "job_01kab8m7j3fm0rrc5q9y2w6n4t"
REASONS: Final[Any] = Field(description="Why a value is null, by its name.", examples=[{}])


def _with_cents(amount: Decimal) -> str:
    return f"{amount:.2f}"


# Money with two decimals; a string on the wire, so that no cent is lost.
Money: TypeAlias = Annotated[
    Decimal,
    PlainSerializer(_with_cents, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+\.\d{2}$"}, mode="serialization"),
]


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


# Numbers are written without a fraction where they have none: what `14` was sent for is not answered with `14.0`.
PLAIN: Final = PlainSerializer(_plain, when_used="json")
Plain: TypeAlias = Annotated[float, PLAIN, WithJsonSchema({"type": "number"}, mode="serialization")]


def _written(at: datetime) -> str:
    return at.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# A moment in UTC; on the wire with milliseconds and `Z`.
Moment: TypeAlias = Annotated[
    AwareDatetime,
    PlainSerializer(_written, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]


def left_out(schema: dict[str, Any]) -> None:
    """Show a field that most answers do not have in the schema alone, and in no example: its default is never written."""
    schema.pop("default", None)


def _opened(schema: Any) -> Any:
    """Return a model's schema whose words may be others, too; the models inside it have seen to theirs."""
    if isinstance(schema, (list, tuple)):
        return type(schema)(_opened(each) for each in schema)
    # A field may be called `type`, too: what it is then is no text.
    kind = schema.get("type") if isinstance(schema, dict) else None
    if not isinstance(schema, dict) or kind in ("model", "definitions") or OPENED in schema.get("metadata", {}):
        return schema
    if kind != "literal":
        return {name: _opened(inner) for name, inner in schema.items()}
    documented = {OPENED: True, "pydantic_js_functions": [lambda _, handler: handler(schema)]}
    return core_schema.union_schema([cast("CoreSchema", schema), core_schema.str_schema()], mode="left_to_right", metadata=documented)


class Answer(BaseModel):
    """An answer of the gateway. What is null has its reason under `reasons`, by name, where the answer has such a key."""

    # A key that Python reserves has another name here, and its own one on the wire.
    # `defer_build`: a command that starts needs few of these, and building them all takes longer than most commands.
    model_config = ConfigDict(frozen=True, extra="allow", protected_namespaces=(), serialize_by_alias=True, defer_build=True)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read words that a newer gateway has besides those that are documented; mypy holds whoever writes an answer to those."""
        schema = handler(source)
        opened: CoreSchema = {**schema, "schema": _opened(schema["schema"])} if schema["type"] == "model" else schema
        return opened

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describe what the gateway answers: keys that a newer one adds are read and are not documented."""
        described = handler(schema)
        resolved = handler.resolve_ref_schema(described)
        if resolved.get("additionalProperties") is True:
            del resolved["additionalProperties"]
        return described

    def as_json(self) -> dict[str, Any]:
        """Return what the gateway said, as JSON has it: nothing is added, nothing left out."""
        return self.model_dump(mode="json", exclude_unset=True)


class Page(Answer, Generic[Row]):
    """A part of a list: `count` is how many there are on all pages, `next` the address of what comes after."""

    count: int = Field(description="How many there are on all pages.", examples=[1])
    next: str | None = Field(description="Address of what comes after the last row of this page.", examples=[None])
    previous: str | None = Field(description="Address of the previous page.", examples=[None])
    results: Sequence[Row] = Field(description="The rows of this page.")

    def to_frame(self) -> Any:
        """Return the page as a pandas.DataFrame, a line each; raise PandasMissingError."""
        return to_frame(self.results)
