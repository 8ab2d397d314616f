"""The gate of a name: what a version must measure before it goes into production, and whether an admin has to agree."""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Op = Literal[">=", ">", "<=", "<"]
Who = Literal["none", "admin"]
COMPARE: Final[Mapping[str, Callable[[float, float], bool]]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
}
AT_LEAST: Final = frozenset({">=", ">"})
RULES_MOST: Final = 20


@dataclass(frozen=True, slots=True)
class Rule:
    """A metric must hold against `value`, or, where that is None, against the version in production, by `margin` at least.

    A margin is by how much better: production + margin for `>=` and `>`, production - margin for `<=` and `<`.
    """

    metric: str
    op: Op
    value: float | None = None
    margin: float = 0.0

    def judged(self, own: Mapping[str, float | None], production: Mapping[str, float | None] | None) -> "Finding":
        """Return how a version's metrics stand; `production` has those of the version that is there, None where there is none."""
        actual = own.get(self.metric)
        if self.value is not None:
            return self._against(self.value, actual)
        if production is None:
            return Finding(self, None, actual, passed=True, reason="No version is in production yet.")
        if (base := production.get(self.metric)) is None:
            if actual is None:
                return Finding(self, None, None, passed=False, reason="The platform has no such value of this version.")
            return Finding(self, None, actual, passed=True, reason="The version in production has no such value.")
        return self._against(base + (self.margin if self.op in AT_LEAST else -self.margin), actual)

    def _against(self, needed: float, actual: float | None) -> "Finding":
        if actual is None:
            return Finding(self, needed, None, passed=False, reason="The platform has no such value of this version.")
        return Finding(self, needed, actual, passed=COMPARE[self.op](actual, needed))


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule and how a version stands to it. `needed` is None where nothing had to be reached, `actual` where nothing was measured."""

    rule: Rule
    needed: float | None
    actual: float | None
    passed: bool
    reason: str = ""

    @property
    def sentence(self) -> str:
        """Say it with its numbers, such as: sharpe_ratio is 0.31: must be >= 0.5."""
        of = "" if self.rule.value is not None else " (production's, by the margin)"
        is_ = "unknown" if self.actual is None else f"{self.actual:.6g}"
        must = [] if self.needed is None else [f"must be {self.rule.op} {self.needed:.6g}{of}."]
        return " ".join([f"{self.rule.metric} is {is_}:", *must, *([self.reason] if self.reason else [])])


@dataclass(frozen=True, slots=True)
class Gate:
    """All rules have to hold; `approval` says who agrees besides."""

    rules: tuple[Rule, ...] = ()
    approval: Who = "none"

    def judged(self, own: Mapping[str, float | None], production: Mapping[str, float | None] | None) -> Sequence[Finding]:
        """Return how a version stands to each rule."""
        return [rule.judged(own, production) for rule in self.rules]


OPEN: Final = Gate()
"""The gate of a name that was given none."""
