"""Reads rules such as `rsi_14 < 30 and close > sma_50`: a small language of conditions that names lines and runs no code.

Conditions: `<` `<=` `>` `>=` `==` `!=` (also in a row: `20 < rsi_14 < 30`), `and`, `or`, `not`, parentheses, `crosses_above(a, b)`,
`crosses_below(a, b)`. Values: numbers, `+ - * /`, levels (`libs/quant/levels.py`), features of the grammar, columns of an account's own
candles, `prev(value, bars)`. Pure Python: the edge checks rules with it; `libs/quant/rule_values.py` computes them.
"""

import ast
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final, NoReturn, TypeAlias

from libs.chassis.errors import InvalidError
from libs.contracts.names import did_you_mean, nearest, suggestion
from libs.quant.columns import read_feature
from libs.quant.grammar import UnknownFeatureError, feature_names
from libs.quant.levels import LEVELS, parse_level

LENGTH_MOST: Final = 1000
NODES_MOST: Final = 100
DEPTH_MOST: Final = 20
PREVIOUS_MOST: Final = 500
NUMBER_MOST: Final = 1e15
UNFINISHED: Final = "it ends before it is complete"

_STRANGE: Final = re.compile(r"[^A-Za-z0-9_.<>=!+\-*/(), \t\r\n]")
_SPACE: Final = re.compile(r"\s")
_NUMBERS: Final = re.compile(r"(_[0-9]+)+$")
_RUN_INTO: Final = re.compile(r"(?<![A-Za-z0-9_.])[0-9][0-9.]*[A-Za-z_]")
_COMPARED: Final = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_ARITHMETIC: Final = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_FUNCTIONS: Final = ("crosses_above", "crosses_below", "prev")


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written."""

    value: float


@dataclass(frozen=True, slots=True)
class Line:
    """A level, a feature or a column, by its name; `warmup` is how many bars of a segment have no value of it."""

    name: str
    warmup: int


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left` + - * or / `right`."""

    operator: str
    left: "Value"
    right: "Value"


@dataclass(frozen=True, slots=True)
class Previous:
    """A value as it was so many bars before."""

    value: "Value"
    bars: int


@dataclass(frozen=True, slots=True)
class Compared:
    """Two values compared at a bar."""

    operator: str
    left: "Value"
    right: "Value"


@dataclass(frozen=True, slots=True)
class Crossing:
    """`left` comes from `right` or beyond, at the bar before, to above it (or below it)."""

    above: bool
    left: "Value"
    right: "Value"


@dataclass(frozen=True, slots=True)
class Joined:
    """All of these conditions, or any."""

    every: bool
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Negated:
    """The opposite of a condition."""

    part: "Condition"


Value: TypeAlias = Number | Line | Arithmetic | Previous
Condition: TypeAlias = Compared | Crossing | Joined | Negated


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that has been read. `warm_up` is at how many bars of a segment, its first ones, it cannot be met."""

    text: str
    condition: Condition
    names: tuple[str, ...]
    warm_up: int


def parse_rule(text: str, *, field: str = "rules", columns: Collection[str] = ()) -> Rule:
    """Read a rule; `columns` are those of the candles it is meant for.

    Raises `InvalidError`: its details stand under `field` and say the place (the first character is 1), what is allowed, the nearest name.
    """
    reader = _Reader(text, field=field, columns=columns)
    if len(text) > LENGTH_MOST:
        reader.refuse(f"A rule has {LENGTH_MOST} characters at most; this one has {len(text)}.")
    if not text.strip():
        reader.refuse("The rule is empty; it is a condition such as rsi_14 < 30 and close > sma_50.")
    if found := _STRANGE.search(text):
        reader.refuse(f"{found[0]!r} is no part of a rule; write and, or, not for & | !.", at=found.start())
    if found := _RUN_INTO.search(text):
        reader.refuse(f"{found[0]!r}: a number is digits with at most one point, and a space after it.", at=found.start())
    try:
        tree = ast.parse(_SPACE.sub(" ", text).strip(), mode="eval")
    except SyntaxError as error:
        # Of a text that ends too early Python says no place.
        problem, at = (error.msg, error.offset - 1 + len(text) - len(text.lstrip())) if error.offset else (UNFINISHED, len(text.rstrip()))
        reader.refuse(f"The rule cannot be read: {problem}.", at=at)
    except (ValueError, MemoryError, RecursionError):
        reader.refuse("The rule cannot be read: it is nested too deeply.")
    condition = reader.condition(tree.body, depth=1)
    names = tuple(dict.fromkeys(line.name for line in _lines(condition)))
    return Rule(text, condition, names, max(_warm_up(condition), 1))


class _Reader:
    """Turns Python's syntax tree into a rule's, and refuses whatever is no part of the language."""

    def __init__(self, text: str, *, field: str, columns: Collection[str]) -> None:
        self._text, self._field, self._columns, self._nodes = text, field, columns, 0
        self._indent = len(text) - len(text.lstrip())

    def refuse(self, problem: str, *, at: int | None = None) -> NoReturn:
        """Raise what is wrong with the rule, and where."""
        raise self._said(problem, at=at)

    def _refuse(self, node: ast.AST, problem: str) -> NoReturn:
        raise self._error(node, problem)

    def _error(self, node: ast.AST, problem: str) -> InvalidError:
        return self._said(problem, at=getattr(node, "col_offset", 0) + self._indent)

    def _said(self, problem: str, *, at: int | None) -> InvalidError:
        message = problem if at is None else f"{problem} (at character {at + 1})"
        return InvalidError(message, details={self._field: [message]})

    def _count(self, node: ast.AST, depth: int) -> None:
        self._nodes += 1
        if depth > DEPTH_MOST or self._nodes > NODES_MOST:
            self._refuse(node, f"The rule is too large: at most {NODES_MOST} parts, nested {DEPTH_MOST} deep.")

    def condition(self, node: ast.expr, *, depth: int) -> Condition:
        """Read what is true or false at a bar."""
        self._count(node, depth)
        if isinstance(node, ast.BoolOp):
            return Joined(isinstance(node.op, ast.And), tuple(self.condition(each, depth=depth + 1) for each in node.values))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return Negated(self.condition(node.operand, depth=depth + 1))
        if isinstance(node, ast.Compare):
            return self._compared(node, depth=depth)
        if isinstance(node, ast.Call) and self._function(node) != "prev":
            left, right = self._arguments(node)
            return Crossing(self._function(node) == "crosses_above", self.value(left, depth=depth + 1), self.value(right, depth=depth + 1))
        raise self._error(node, "Here a condition is wanted: a comparison such as rsi_14 < 30, crosses_above(a, b), and, or, not.")

    def _compared(self, node: ast.Compare, *, depth: int) -> Condition:
        values = [self.value(each, depth=depth + 1) for each in (node.left, *node.comparators)]
        parts = []
        for place, operator in enumerate(node.ops):
            if type(operator) not in _COMPARED:
                self._refuse(node, f"Values are compared by {' '.join(_COMPARED.values())} alone.")
            parts.append(Compared(_COMPARED[type(operator)], values[place], values[place + 1]))
        return parts[0] if len(parts) == 1 else Joined(True, tuple(parts))  # noqa: FBT003 - every part holds

    def value(self, node: ast.expr, *, depth: int) -> Value:
        """Read what is a number at a bar."""
        self._count(node, depth)
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
            if node.value > NUMBER_MOST:
                self._refuse(node, f"A number is at most {NUMBER_MOST:g}.")
            return Number(float(node.value))
        if isinstance(node, ast.Name):
            return self._line(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            value = self.value(node.operand, depth=depth + 1)
            return value if isinstance(node.op, ast.UAdd) else Arithmetic("-", Number(0.0), value)
        if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
            left, right = self.value(node.left, depth=depth + 1), self.value(node.right, depth=depth + 1)
            return Arithmetic(_ARITHMETIC[type(node.op)], left, right)
        if isinstance(node, ast.Call) and self._function(node) == "prev":
            of, bars = self._arguments(node)
            if not (isinstance(bars, ast.Constant) and type(bars.value) is int and 1 <= bars.value <= PREVIOUS_MOST):
                self._refuse(bars, f"prev(value, bars) looks back a whole number of bars, 1 to {PREVIOUS_MOST}.")
            return Previous(self.value(of, depth=depth + 1), bars.value)
        raise self._error(node, "Here a value is wanted: a number, a name such as rsi_14 or close, + - * /, or prev(value, bars).")

    def _function(self, node: ast.Call) -> str:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in _FUNCTIONS:
            self._refuse(node, f"There is no function {name!r}; there are {', '.join(_FUNCTIONS)}.{did_you_mean(name, _FUNCTIONS)}")
        return name

    def _arguments(self, node: ast.Call) -> tuple[ast.expr, ast.expr]:
        if len(node.args) != 2 or node.keywords:  # noqa: PLR2004 - every function has two
            self._refuse(node, f"{self._function(node)} has two arguments.")
        return node.args[0], node.args[1]

    def _line(self, node: ast.Name) -> Line:
        try:
            level = parse_level(node.id)
            if level is not None:
                return Line(node.id, level.warmup)
            return Line(node.id, getattr(read_feature(node.id, self._columns), "warmup", 0))
        except UnknownFeatureError as error:
            known = [*LEVELS, *feature_names(), *self._columns, *_FUNCTIONS]
            self._refuse(node, f"{error.args[0]}{'' if error.nearest else suggestion(_meant(node.id, known))}")
        except InvalidError as error:
            self._refuse(node, str(error.args[0]))


def _meant(name: str, known: Collection[str]) -> list[str]:
    """Return the nearest known name, with the numbers of this one where it can have them."""
    kind = _NUMBERS.sub("", name)
    for near in nearest(kind, known, most=1):
        whole = near + name[len(kind) :]
        try:
            return [near if parse_level(whole) is None else whole]
        except InvalidError:
            return [near]
    return []


def _lines(part: Condition | Value) -> Iterator[Line]:
    if isinstance(part, Line):
        yield part
    for inner in _inside(part):
        yield from _lines(inner)


def _warm_up(part: Condition | Value, *, negated: bool = False) -> int:
    """Return at how many first bars of a segment this has no value, or is not true (`negated`: not false)."""
    if isinstance(part, Negated):
        return _warm_up(part.part, negated=not negated)
    own = part.warmup if isinstance(part, Line) else 0
    more = part.bars if isinstance(part, Previous) else 1 if isinstance(part, Crossing) else 0
    parts = [_warm_up(inner, negated=negated) for inner in _inside(part)]
    # Of an `or` one part that is true is enough, of an `and` one that is false.
    return min(parts) if isinstance(part, Joined) and part.every == negated else max([own, *parts]) + more


def _inside(part: Condition | Value) -> tuple[Condition | Value, ...]:
    if isinstance(part, Arithmetic | Compared | Crossing):
        return (part.left, part.right)
    if isinstance(part, Previous):
        return (part.value,)
    if isinstance(part, Negated):
        return (part.part,)
    return part.parts if isinstance(part, Joined) else ()
