"""Computes rules over a symbol's candles: at which bars each is met."""

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from libs.quant.candles import Floats
from libs.quant.decisions import Decisions, Flags
from libs.quant.lines import Lines
from libs.quant.rules import Arithmetic, Compared, Condition, Crossing, Joined, Line, Negated, Number, Rule, Value

_COMPARED: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_ARITHMETIC: Final[Mapping[str, Callable[[Any, Any], Any]]] = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}


def decisions_by_rules(
    lines: Lines,
    *,
    enter_long: Rule | None = None,
    exit_long: Rule | None = None,
    enter_short: Rule | None = None,
    exit_short: Rule | None = None,
) -> Decisions:
    """Return what the rules decide at each bar's close; one that is None is never met."""
    never = np.zeros(len(lines.candles), dtype=np.bool_)
    enter_long_at, exit_long_at, enter_short_at, exit_short_at = (
        never if rule is None else met(rule, lines) for rule in (enter_long, exit_long, enter_short, exit_short)
    )
    return Decisions(enter_long=enter_long_at, exit_long=exit_long_at, enter_short=enter_short_at, exit_short=exit_short_at)


def met(rule: Rule, lines: Lines) -> Flags:
    """Tell at which bars a rule is met; (bars,).

    A comparison with a value that is missing (before the first, after a division by zero) is neither true nor false (Kleene 1938): `not`
    leaves it so, `and` and `or` look at the other side; what is neither at the end is not met. Nothing is met at a segment's first bar.
    """
    with np.errstate(all="ignore"):
        true, _ = _truth(rule.condition, lines)
    begins = np.concatenate([[True], np.diff(lines.candles.segment) != 0])[: len(true)]
    return np.asarray(true & ~begins)


def _truth(condition: Condition, lines: Lines) -> tuple[Flags, Flags]:
    """Return where a condition is true, and where it is false."""
    if isinstance(condition, Negated):
        true, false = _truth(condition.part, lines)
        return false, true
    if isinstance(condition, Joined):
        trues, falses = zip(*(_truth(part, lines) for part in condition.parts), strict=True)
        if condition.every:
            return np.logical_and.reduce(trues), np.logical_or.reduce(falses)
        return np.logical_or.reduce(trues), np.logical_and.reduce(falses)
    left, right = _values(condition.left, lines), _values(condition.right, lines)
    if isinstance(condition, Crossing):
        left, right = (left, right) if condition.above else (right, left)
        before, beside = lines.previous(left), lines.previous(right)
        known = ~(np.isnan(left) | np.isnan(right) | np.isnan(before) | np.isnan(beside))
        crosses = (before <= beside) & (left > right)
        return known & crosses, known & ~crosses
    holds = _compare(condition, left, right)
    known = ~(np.isnan(left) | np.isnan(right))
    return known & holds, known & ~holds


def _compare(condition: Compared, left: Floats, right: Floats) -> Flags:
    return np.asarray(_COMPARED[condition.operator](left, right), dtype=np.bool_)


def _values(value: Value, lines: Lines) -> Floats:
    """Return a value at each bar, NaN where it is missing."""
    if isinstance(value, Number):
        return np.full(len(lines.candles), value.value)
    if isinstance(value, Line):
        return lines.named(value.name)
    if isinstance(value, Arithmetic):
        result = _ARITHMETIC[value.operator](_values(value.left, lines), _values(value.right, lines))
        return np.where(np.isfinite(result), result, np.nan)
    return lines.previous(_values(value.value, lines), bars=value.bars)
