"""A sentiment model's configuration as YAML: read with the line of every mistake, and written as a template with comments."""

import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

from modelbourse.cli.nearest import did_you_mean

# What YAML 1.1 takes for a text though people mean a number: 2e-5.
NUMBER: Final = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
WORDS: Final = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a section with settings",
    "null": "null",
}
BOUNDS: Final[tuple[tuple[str, str, Callable[[float, float], bool]], ...]] = (
    ("minimum", "at least", operator.ge),
    ("maximum", "at most", operator.le),
    ("exclusiveMinimum", "more than", operator.gt),
    ("exclusiveMaximum", "less than", operator.lt),
)
WIDTH: Final = 100
LENGTHS: Final[tuple[tuple[str, str, Callable[[float, float], bool]], ...]] = (
    ("minItems", "at least {} values", operator.ge),
    ("maxItems", "at most {} values", operator.le),
    ("minLength", "a length of at least {}", operator.ge),
    ("maxLength", "a length of at most {}", operator.le),
)
NULL: Final = "tag:yaml.org,2002:null"
# The parts into which rows are split, which are the whole.
PARTS: Final = ("train_split", "val_split", "test_split")
SPLIT_ERROR: Final = 1e-6


class ConfigError(Exception):
    """A configuration that cannot be used: each problem with its line and column."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_config(text: str, *, name: str) -> dict[str, Any]:
    """Return the settings of a YAML text, numbers as numbers. Raise ConfigError, which names all that is wrong, by line."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        where = f"line {at.line + 1}, column {at.column + 1}: " if at else ""
        raise ConfigError([f"{name}: {where}this is no YAML: {error.problem or error}"]) from error
    except yaml.YAMLError as error:
        raise ConfigError([f"{name}: this is no YAML: {error}"]) from error
    if node is None:
        return {}
    problems: list[str] = []
    found = _value(node, schema(), path="", name=name, problems=problems)
    if problems:
        raise ConfigError(problems)
    return dict(found)


@cache
def schema() -> dict[str, Any]:
    """Return the JSON schema of a configuration, as the platform wrote it."""
    return dict(json.loads(files("modelbourse.builder").joinpath("config_schema.json").read_text(encoding="utf-8")))


def defaults() -> dict[str, Any]:
    """Return every setting with its default, by section."""
    return {
        section: {key: field.get("default") for key, field in _resolved(part)["properties"].items()}
        for section, part in schema()["properties"].items()
    }


def template() -> str:
    """Return a configuration with every setting at its default and what it means."""
    lines = ["# How a sentiment model is trained. Every setting is at its default: leave out what you do not change."]
    for section, part in schema()["properties"].items():
        resolved = _resolved(part)
        lines += ["", *_comment(resolved.get("description", ""), indent=""), f"{section}:"]
        for key, field in resolved["properties"].items():
            lines += _comment(" ".join(filter(None, [field.get("description", ""), _allowed(field)])), indent="  ")
            lines.append(f"  {key}: {json.dumps(field.get('default'), ensure_ascii=False)}")
    return "\n".join(lines) + "\n"


def _value(node: yaml.Node, kind: dict[str, Any], *, path: str, name: str, problems: list[str]) -> Any:
    """Return a node's value by its schema; what is wrong goes to `problems`."""
    kind = _resolved(kind)

    def wrong(text: str, at: yaml.Node = node) -> None:
        mark = at.start_mark
        problems.append(f"{name}, line {mark.line + 1}, column {mark.column + 1}: {path or 'the file'} {text}")

    if "properties" in kind and node.tag == NULL:
        return {}  # A section whose lines are all left out.
    if isinstance(node, yaml.MappingNode) and "properties" in kind:
        return _section(node, kind, path=path, name=name, problems=problems)
    try:
        value = _plain(node, kind)
    except yaml.constructor.ConstructorError:  # A tag that makes an object of some program.
        wrong(f"cannot have the tag {node.tag}.")
        return None
    allowed = list(_types(kind))
    if not any(_is(value, each) for each in allowed):
        wrong(f"must be {' or '.join(WORDS[each] for each in allowed)}, not {_shown(value)}.")
        return None
    words = [word for each in _kinds(kind) for word in each.get("enum", ())]
    if words and value is not None and value not in words:
        wrong(f"must be one of {', '.join(map(str, words))}, not {_shown(value)}.{did_you_mean(str(value), map(str, words))}")
    for each in _kinds(kind):
        for bound in _broken(value, each):
            wrong(f"must {bound}, not {_shown(value)}.")
        if isinstance(node, yaml.SequenceNode) and "items" in each:
            inner = enumerate(node.value, start=1)
            return [_value(item, each["items"], path=f"{path}[{at}]", name=name, problems=problems) for at, item in inner]
    return value


def _broken(value: Any, kind: dict[str, Any]) -> Iterator[str]:
    """Yield the bounds of a schema that a value does not keep."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from (f"be {said} {kind[key]}" for key, said, holds in BOUNDS if key in kind and not holds(value, kind[key]))
    if isinstance(value, (str, list)):
        yield from (f"have {said.format(kind[key])}" for key, said, holds in LENGTHS if key in kind and not holds(len(value), kind[key]))


def _section(node: yaml.MappingNode, kind: dict[str, Any], *, path: str, name: str, problems: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key, mark = str(key_node.value), key_node.start_mark
        where = f"{name}, line {mark.line + 1}, column {mark.column + 1}"
        if key not in kind["properties"]:
            known = list(kind["properties"])
            near = did_you_mean(key, known) or f" There are: {', '.join(known)}."
            problems.append(f"{where}: there is no setting {f'{path}.{key}' if path else key}.{near}")
        elif key in found:
            problems.append(f"{where}: {key} stands there twice.")
        else:
            inner = f"{path}.{key}" if path else key
            before = len(problems)
            found[key] = _value(value_node, kind["properties"][key], path=inner, name=name, problems=problems)
            if key == "data" and not path and len(problems) == before:
                problems.extend(f"{where}: {told}" for told in _unsplit(found[key]))
    return found


def _unsplit(data: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong about how rows are split, over all parts: the rule that no schema tells."""
    parts = {part: data.get(part, default) for part, default in defaults()["data"].items() if part in PARTS}
    if abs(sum(parts.values()) - 1) > SPLIT_ERROR:
        told = ", ".join(f"{part} {share:g}{'' if part in data else ' (the default)'}" for part, share in parts.items())
        yield f"train_split, val_split and test_split must add up to 1; these are {sum(parts.values()):g}: {told}."
    elif not parts["train_split"] or not parts["test_split"]:
        yield "train_split and test_split must be above 0: there must be rows to learn from and rows to measure on."


def _plain(node: yaml.Node, kind: dict[str, Any]) -> Any:
    value = yaml.SafeLoader("").construct_document(node)
    numeric = {"number", "integer"} & set(_types(kind))
    if isinstance(value, str) and numeric and "string" not in _types(kind) and NUMBER.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, float) and value.is_integer() and "integer" in _types(kind):
        return int(value)
    return value


def _kinds(kind: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for each in kind.get("anyOf", [kind]):
        yield _resolved(each)


def _types(kind: dict[str, Any]) -> Iterator[str]:
    for each in _kinds(kind):
        yield each.get("type", "string")


def _resolved(kind: dict[str, Any]) -> dict[str, Any]:
    """Return a schema in place of the reference to it."""
    reference = kind.get("$ref")
    if reference is None:
        return kind
    return dict(schema()["$defs"][reference.rpartition("/")[2]]) | {key: value for key, value in kind.items() if key != "$ref"}


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, TYPES[kind])


def _shown(value: Any) -> str:
    try:
        return repr(value) if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    except ValueError:  # An alias within its own anchor.
        return "what has itself within"


def _allowed(field: dict[str, Any]) -> str:
    """Say which values a setting may have."""
    said = []
    for each in _kinds(field):
        if "enum" in each:
            said.append(f"One of {', '.join(map(str, each['enum']))}.")
        bounds = [f"{word} {each[key]}" for key, word, _ in BOUNDS if key in each]
        if bounds:
            said.append(f"{' and '.join(bounds).capitalize()}.")
    return " ".join(said)


def _comment(text: str, *, indent: str) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        if line and len(indent) + len(line) + len(word) > WIDTH:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    return [f"{indent}# {each}" for each in (*lines, line) if each]
