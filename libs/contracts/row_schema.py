"""What rows of an example are: columns with types and bounds, and what holds between them; read in three spellings."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr, ValidationError

from libs.chassis.errors import InvalidError
from libs.contracts.envelope import JsonObject, Message
from libs.contracts.names import did_you_mean

RowType = Literal["number", "integer", "category", "boolean", "date", "datetime"]
Cell = StrictBool | StrictInt | StrictFloat | StrictStr | None
Bound = StrictInt | StrictFloat | StrictStr
ColumnName = Annotated[str, Field(min_length=1, max_length=200)]
TYPES: Final[tuple[RowType, ...]] = get_args(RowType)
SPELLINGS: Final[Mapping[str, RowType]] = {
    **dict.fromkeys(("float", "double", "decimal", "real"), "number"),
    **dict.fromkeys(("int", "bigint", "long"), "integer"),
    **dict.fromkeys(("string", "str", "text", "word", "varchar", "categorical"), "category"),
    **dict.fromkeys(("bool", "flag"), "boolean"),
    **dict.fromkeys(("timestamp", "date-time", "moment"), "datetime"),
}
COLUMNS_MOST: Final = 100
RULES_MOST: Final = 50
VALUES_MOST: Final = 1_000
SHOWN_MOST: Final = 20
LARGEST: Final = 1e15


class _Part(Message):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RowColumn(_Part):
    """A column."""

    name: ColumnName
    type: RowType
    description: str = Field("", max_length=500, description="With its unit.")
    nullable: bool = Field(default=True, description="Whether a row may have no value.")
    minimum: Bound | None = Field(None, description="The least that is allowed: a number, or a date as text; null: no bound.")
    maximum: Bound | None = Field(None, description="The most that is allowed.")
    enum: Annotated[tuple[Cell, ...], Field(max_length=VALUES_MOST)] | None = Field(None, description="All that there may be.")
    unique: bool = Field(default=False, description="Whether no two rows have the same value.")


class AtMost(_Part):
    """A column is at most another one in every row that has both."""

    kind: Literal["at_most"] = "at_most"
    column: ColumnName
    other: ColumnName


class SumOf(_Part):
    """A column is the sum of others in every row that has them all."""

    kind: Literal["sum"] = "sum"
    column: ColumnName
    parts: Annotated[tuple[ColumnName, ...], Field(min_length=2, max_length=COLUMNS_MOST)]


class UniqueTogether(_Part):
    """No two rows have the same values in these columns."""

    kind: Literal["unique"] = "unique"
    columns: Annotated[tuple[ColumnName, ...], Field(min_length=1, max_length=COLUMNS_MOST)]


RowRule = Annotated[AtMost | SumOf | UniqueTogether, Field(discriminator="kind")]


class RowSchema(_Part):
    """Columns, and rules between them. Without columns: what the rows themselves tell."""

    columns: Annotated[tuple[RowColumn, ...], Field(max_length=COLUMNS_MOST)] = ()
    constraints: Annotated[tuple[RowRule, ...], Field(max_length=RULES_MOST)] = ()

    def named(self, name: str) -> RowColumn | None:
        """Return a column by its name; None where there is none."""
        return next((each for each in self.columns if each.name == name), None)


def read_schema(said: JsonObject, *, field: str, partial: bool = False) -> RowSchema:
    """Return a schema that was said as `{"columns": […]}`, as JSON Schema (`{"properties": {…}}`) or as `{column: type}`.

    A `partial` one names some columns alone, and constraints may be of others. Raise InvalidError below `field`, by the place of each
    mistake, with what is allowed there.
    """
    places, whole = _whole(said)
    try:
        schema = RowSchema.model_validate(whole)
    except ValidationError as error:
        found: dict[str, list[str]] = {}
        for each in error.errors(include_url=False)[:SHOWN_MOST]:
            place = _place(each["loc"], places)
            found.setdefault(f"{field}.{place}" if place else field, []).append(_words(each))
        raise InvalidError("; ".join(text for texts in found.values() for text in texts), details=found) from error
    if problems := _inconsistent(schema, partial=partial):
        raise InvalidError(next(iter(problems.values())), details={f"{field}.{place}": [why] for place, why in problems.items()})
    return schema


def _whole(said: JsonObject) -> tuple[list[str], JsonObject]:
    """Return the schema in its one form, and where each column was said."""
    if isinstance(said.get("columns"), list):
        rows = [{"name": each} if isinstance(each, str) else each for each in said["columns"]]
        return [f"columns.{place}" for place in range(len(rows))], said | {"columns": [_column(each) for each in rows]}
    properties = said.get("properties")
    if isinstance(properties, dict):
        required = said.get("required")
        needed = required if isinstance(required, list) else []
        columns = [
            _column(each if isinstance(each, dict) else {"type": each}, name=name, needed=name in needed)
            for name, each in properties.items()
        ]
        return [f"properties.{name}" for name in properties], {"columns": columns, "constraints": said.get("constraints", [])}
    names = [name for name in said if name != "constraints"]
    columns = [_column(said[name] if isinstance(said[name], dict) else {"type": said[name]}, name=name) for name in names]
    return names, {"columns": columns, "constraints": said.get("constraints", [])}


def _column(said: Any, *, name: str | None = None, needed: bool = False) -> Any:
    """Return a column with the words of JSON Schema and of databases in place of ours."""
    if not isinstance(said, dict):
        return said
    column = dict(said)
    if name is not None:
        column = {"name": name} | column
    word = column.get("type", "category")
    if isinstance(word, list):  # JSON Schema's way to say that a value may be missing.
        word = next((each for each in word if each != "null"), "category")
    if word == "string" and "format" in column:
        word = column["format"]
    column.pop("format", None)
    column["type"] = SPELLINGS.get(word.lower(), word.lower()) if isinstance(word, str) else word
    for theirs, ours in (("values", "enum"), ("min", "minimum"), ("max", "maximum")):
        if theirs in column:
            column[ours] = column.pop(theirs)
    return column | ({"nullable": False} if needed else {})


def _place(loc: tuple[int | str, ...], places: list[str]) -> str:
    if len(loc) > 1 and loc[0] == "columns" and isinstance(loc[1], int):
        return ".".join([places[loc[1]], *(str(each) for each in loc[2:])])
    return ".".join(str(each) for each in loc)


def _words(problem: Any) -> str:
    given = problem.get("input")
    if problem["loc"] and problem["loc"][-1] == "type" and problem["type"] == "literal_error":
        return f"{str(given)[:60]!r} is no type of a column; {', '.join(TYPES)} are.{did_you_mean(str(given), (*TYPES, *SPELLINGS))}"
    if problem["type"] == "extra_forbidden":
        known = [*RowColumn.model_fields, *(name for kind in (AtMost, SumOf, UniqueTogether) for name in kind.model_fields)]
        return f"There is no such key.{did_you_mean(str(problem['loc'][-1]), known)}"
    return str(problem["msg"])


def _inconsistent(schema: RowSchema, *, partial: bool) -> dict[str, str]:
    """Return what a schema says that cannot be, by its place."""
    names, problems = [each.name for each in schema.columns], {}
    for place, column in enumerate(schema.columns):
        if column.name in names[:place]:
            problems[f"columns.{place}.name"] = f"There are two columns {column.name!r}."
        if why := _why_no_bounds(column):
            problems[f"columns.{place}.minimum"] = why
    for place, rule in enumerate(schema.constraints):
        own = (
            [rule.column, rule.other]
            if isinstance(rule, AtMost)
            else [rule.column, *rule.parts]
            if isinstance(rule, SumOf)
            else rule.columns
        )
        if names and not partial and (unknown := [each for each in own if each not in names]):
            problems[f"constraints.{place}"] = f"There is no column {unknown[0]!r} in the schema.{did_you_mean(unknown[0], names)}"
        elif len(set(own)) < len(own):
            problems[f"constraints.{place}"] = "It names a column twice."
    return problems


def _why_no_bounds(column: RowColumn) -> str | None:
    """Say why a column cannot have the bounds that it has; None where it can."""
    given = [each for each in (column.minimum, column.maximum) if each is not None]
    if not given:
        return None
    if column.type in {"category", "boolean"}:
        return f"A column of type {column.type} has no bounds: name what there may be in `enum`."
    values = [_value(each, is_time=column.type in {"date", "datetime"}) for each in given]
    known = [each for each in values if each is not None]
    if len(known) < len(given):
        what = "a number" if column.type in {"number", "integer"} else "a date or moment as text, such as 2026-01-31"
        return f"A bound of a column of type {column.type} is {what}."
    return None if known == sorted(known) else f"The least, {given[0]}, is more than the most, {given[-1]}."


def _value(bound: Bound, *, is_time: bool) -> float | None:
    """Return a bound to be compared; None for one that is none."""
    if not is_time:
        return None if isinstance(bound, str) or abs(bound) > LARGEST else float(bound)
    try:
        moment = datetime.fromisoformat(bound) if isinstance(bound, str) else None
    except ValueError:
        return None
    return None if moment is None else (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
