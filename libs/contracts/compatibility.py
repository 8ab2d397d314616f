"""Whether messages of one version of a contract can be read by another version, in words that say what is wrong.

Writers write every field of their model; readers ignore fields that they do not know and need those in `required`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import ge, le
from typing import Any, Final

Schema = Mapping[str, Any]
# Of these a reader must not ask for more than a writer promises.
LEAST: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems")
MOST: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
FORMS: Final = ("pattern", "format")


def problems_between(name: str, *, released: Schema, current: Schema) -> list[str]:
    """Return what breaks between a released contract and the current one, in both directions; empty when they go together."""
    forth = unreadable(reader=current, writer=released)
    back = unreadable(reader=released, writer=current)
    return [f"{name}: a current reader cannot read a released message: {problem}" for problem in forth] + [
        f"{name}: a released reader cannot read a current message: {problem}" for problem in back
    ]


def unreadable(*, reader: Schema, writer: Schema) -> list[str]:
    """Return why messages of the writer cannot be read by the reader; empty when all can."""
    return list(_Comparison(reader.get("$defs", {}), writer.get("$defs", {})).problems(reader, writer, at=""))


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Two schemas side by side, each with its own definitions."""

    reader_defs: Schema
    writer_defs: Schema

    def problems(self, reader: Schema, writer: Schema, *, at: str) -> Iterator[str]:
        """Yield a sentence for each way in which a value of `writer` is refused by `reader`."""
        reader, writer = _resolved(reader, self.reader_defs), _resolved(writer, self.writer_defs)
        place = at or "the message"
        if _is_anything(reader):
            return
        if _is_anything(writer):
            yield f"{place} may be anything, and {_kind(reader)} is read"
        elif "anyOf" in writer:
            for choice in writer["anyOf"]:
                yield from self.problems(reader, choice, at=at)
        elif "anyOf" in reader:
            if all(any(True for _ in self.problems(choice, writer, at=at)) for choice in reader["anyOf"]):
                yield f"{place} is {_kind(writer)}, and {_kind(reader)} is read"
        else:
            yield from self._of_one_kind(reader, writer, at=at)

    def _of_one_kind(self, reader: Schema, writer: Schema, *, at: str) -> Iterator[str]:
        place = at or "the message"
        kinds = (reader.get("type"), writer.get("type"))
        if kinds[0] is not None and kinds[0] != kinds[1] and kinds != ("number", "integer"):
            yield f"{place} is {_kind(writer)}, and {_kind(reader)} is read"
            return
        yield from _narrower(reader, writer, place=place)
        if kinds[1] == "object":
            yield from self._objects(reader, writer, at=at)
        elif kinds[1] == "array":
            yield from self._arrays(reader, writer, at=at)

    def _objects(self, reader: Schema, writer: Schema, *, at: str) -> Iterator[str]:
        known, written = reader.get("properties", {}), writer.get("properties", {})
        for name in reader.get("required", ()):
            if name not in written:
                yield f"{_inside(at, name)} is needed and is not written"
        for name in known:
            if name in written:
                yield from self.problems(known[name], written[name], at=_inside(at, name))
        if isinstance(reader.get("additionalProperties"), Mapping):
            others = writer.get("additionalProperties", True)
            yield from self.problems(reader["additionalProperties"], others if isinstance(others, Mapping) else {}, at=_inside(at, "*"))

    def _arrays(self, reader: Schema, writer: Schema, *, at: str) -> Iterator[str]:
        read, written = reader.get("prefixItems", ()), writer.get("prefixItems", ())
        if len(read) != len(written):
            yield f"{at or 'the message'} has {len(written) or 'any number of'} items, and {len(read) or 'any number'} are read"
        for number, (one, other) in enumerate(zip(read, written, strict=False)):
            yield from self.problems(one, other, at=f"{at}[{number}]")
        if "items" in reader:
            yield from self.problems(reader["items"], writer.get("items", {}), at=f"{at}[]")


def _narrower(reader: Schema, writer: Schema, *, place: str) -> Iterator[str]:
    if (allowed := _values(reader)) is not None:
        written = _values(writer)
        if written is None:
            yield f"{place} may be any {writer.get('type', 'value')}, and only {', '.join(map(str, allowed))} is read"
        elif extra := [value for value in written if value not in allowed]:
            yield f"{place} may be {', '.join(map(repr, extra))}, which is not among the values that are read"
    for rules, fits in ((LEAST, ge), (MOST, le)):
        for rule in rules:
            if rule in reader and (rule not in writer or not fits(writer[rule], reader[rule])):
                yield f"{place} is written with {rule} {writer.get(rule, 'unlimited')}, and {rule} {reader[rule]} is read"
    for form in FORMS:
        if form in reader and reader[form] != writer.get(form) and _values(writer) is None:
            yield f"{place} is written with {form} {writer.get(form, 'of no kind')}, and {form} {reader[form]} is read"


def _resolved(schema: Schema, definitions: Schema) -> Schema:
    while "$ref" in schema:
        schema = definitions[str(schema["$ref"]).rpartition("/")[2]]
    return schema


def _values(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return list(schema["enum"]) if "enum" in schema else None


def _is_anything(schema: Schema) -> bool:
    return not {"type", "anyOf", "enum", "const"} & schema.keys()


def _kind(schema: Schema) -> str:
    if "anyOf" in schema:
        return " or ".join(_kind(choice) for choice in schema["anyOf"])
    return str(schema.get("type") or schema.get("$ref", "").rpartition("/")[2] or "a fixed value")


def _inside(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name
