"""Which configurations a backtest tries: each point of its grid, and a fingerprint of each that is the same whenever it is tried again."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

from pydantic import ValidationError

from libs.contracts.backtests import BacktestSpec
from libs.contracts.strategies import RulesStrategy, Strategy

WIDTH: Final = 8
_AROUND_SIGNS: Final = re.compile(r" ?([^\w ]) ?")
# What does not change which idea is tried: where, on which candles, and how it is looked at.
ELSEWHERE: Final = frozenset(
    {
        "strategy", "symbol", "symbols", "timeframe", "start_date", "end_date", "grid", "walk_forward", "lookahead_check", "trials",
        "synthetic", "own", "initial_capital", "position_size", "sizing",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tried:
    """What a backtest tries, and on what: `on` are its symbols with their timeframe, `marks` a fingerprint of 8 bytes a configuration."""

    on: tuple[str, ...]
    marks: bytes


def points_of(spec: BacktestSpec) -> Iterator[Strategy]:
    """Yield the strategy at each point of the grid, the last parameter changing first; points that make no sense are left out."""
    for _, point in placed_points(spec):
        yield point


def placed_points(spec: BacktestSpec) -> Iterator[tuple[tuple[int, ...], Strategy]]:
    """Yield each point with its place on every axis of the grid; without a grid the strategy itself."""
    given, kind = spec.strategy.model_dump(), type(spec.strategy)
    for place in product(*(range(len(values)) for values in spec.grid.values())):
        chosen = {name: values[at] for at, (name, values) in zip(place, spec.grid.items(), strict=True)}
        try:
            yield place, kind.model_validate(given | chosen) if chosen else spec.strategy
        except ValidationError:
            continue


def tried_by(spec: BacktestSpec) -> Tried:
    """Return what a backtest tries: strategy, parameters, costs, direction, stops and sizes; capital where it changes what is traded."""
    terms = spec.model_dump(mode="json", exclude=set(ELSEWHERE))
    sizing = spec.sizing.model_dump() if spec.sizing else {"method": "fraction", "value": spec.position_size}
    scales = sizing["method"] != "fixed" and spec.slippage.model == "fixed"
    terms |= {"sizing": sizing, "initial_capital": None if scales else str(spec.initial_capital.normalize())}
    terms |= {"symbols": sorted(spec.symbols)} if len(spec.symbols) > 1 else {}
    common = json.dumps(terms, sort_keys=True)
    marks = {_mark(common, point) for point in points_of(spec)}
    return Tried(tuple(f"{symbol} {spec.timeframe}" for symbol in spec.all_symbols), b"".join(sorted(marks)))


def _mark(common: str, point: Strategy) -> bytes:
    if isinstance(point, RulesStrategy):
        rules = point.model_dump(exclude={"name"}, exclude_none=True)
        point = point.model_copy(update={name: _respaced(text) for name, text in rules.items()})
    return hashlib.blake2b(f"{common} {point.model_dump_json()}".encode(), digest_size=WIDTH).digest()


def _respaced(rule: str) -> str:
    """Return a rule with no space but between words, as spaces change nothing that it means."""
    return _AROUND_SIGNS.sub(r"\1", " ".join(rule.split()))
