"""Which features a model may have: those of the grammar, and the columns that the candles of all of its symbols have."""

from collections.abc import Sequence
from typing import Any, Final

from libs.chassis.errors import InvalidError
from libs.contracts.names import nearest, suggestion
from libs.contracts.own_candles import OwnCandles
from libs.market.own import NOTHING, OwnCatalogue
from libs.quant.columns import ColumnFeature, parse_column, read_feature
from libs.quant.grammar import UnknownFeatureError
from libs.quant.targets import COLUMNS, UnknownTargetError, parse_target
from services.gateway.domain.problems import SHOWN, Problems

FEATURES_MOST: Final = 50
COLUMNS_NAMED: Final = 20
"""So many columns are listed to who asks for one that there is not."""


def check_features(names: Sequence[str], *, symbols: Any = None, timeframe: Any = "1d", own: OwnCatalogue = NOTHING) -> Problems:
    """Return what is wrong with features, each text once; `symbols` and `timeframe` are those of the training, as they were given."""
    if not names:
        return {"features": ["Must have at least 1 item, not 0."]}
    if len(names) > FEATURES_MOST:
        return {"features": [f"Must have at most {FEATURES_MOST} items."]}
    candles = _candles(symbols, timeframe=timeframe, own=own)
    columns = sorted({name for each in candles.values() if each for name in each.columns})
    problems: list[str] = []
    seen: dict[str, str] = {}
    for name in names:
        try:
            feature = read_feature(name, columns)
        except InvalidError as error:
            problems.append(error.message + (_of_columns(name, columns) or _no_columns(error, candles)))
            continue
        if isinstance(feature, ColumnFeature) and (problem := _lacking(feature, candles)):
            problems.append(problem)
        if feature.canonical in seen:
            problems.append(f"'{name[:SHOWN]}' is the same feature as '{seen[feature.canonical][:SHOWN]}'.")
        seen.setdefault(feature.canonical, name)
    return {"features": problems} if problems else {}


def check_target(name: str, *, symbols: Any = None, timeframe: Any = "1d", own: OwnCatalogue = NOTHING) -> Problems:
    """Return what is wrong with a target that is a further column, which the candles of all symbols of the training must have."""
    try:
        column = parse_target(name).own_column
    except UnknownTargetError as error:
        return dict(error.details)
    candles = _candles(symbols, timeframe=timeframe, own=own)
    without = [symbol for symbol, each in candles.items() if each is None or column not in each.columns]
    if column is None or not without:
        return {}
    there = "; ".join(f"{symbol} has {_listed(candles[symbol])}" for symbol in without)
    columns = sorted({known for each in candles.values() if each for known in each.columns})
    meant = (
        suggestion([name.replace(column, each) for each in nearest(column, columns, most=1)]) or f" Other columns: {', '.join(COLUMNS)}."
    )
    return {"target_variable": [f"'{name[:SHOWN]}': {column[:SHOWN]} is no column that every symbol of the training has: {there}.{meant}"]}


def _candles(symbols: Any, *, timeframe: Any, own: OwnCatalogue) -> dict[str, OwnCandles | None]:
    """Return what stands behind each symbol of the training, None where that is not the account's own."""
    if not isinstance(symbols, list | tuple) or not isinstance(timeframe, str):
        return {}
    return {symbol: own.behind(symbol, timeframe=timeframe) for symbol in symbols if isinstance(symbol, str)}


def _of_columns(name: str, columns: Sequence[str]) -> str:
    """Say which columns could be meant where there are any."""
    if not columns:
        return ""
    listed = f" Columns of your candles are {', '.join(columns[:COLUMNS_NAMED])}."
    return suggestion(nearest(name, columns)) + listed


def _no_columns(error: InvalidError, candles: dict[str, OwnCandles | None]) -> str:
    """Say that the data has no columns where one may be meant: where no feature's name is near."""
    if not candles or not isinstance(error, UnknownFeatureError) or error.nearest:
        return ""
    return f" It is no column either: the candles of {', '.join(list(candles)[:COLUMNS_NAMED])} have no further ones."


def _lacking(feature: ColumnFeature, candles: dict[str, OwnCandles | None]) -> str | None:
    """Say which of the training's symbols have no such column; None where all have it."""
    without = [symbol for symbol, each in candles.items() if each is None or parse_column(feature.name, each.columns) is None]
    if not without:
        return None
    there = "; ".join(f"{symbol} has {_listed(candles[symbol])}" for symbol in without)
    return f"'{feature.name[:SHOWN]}' is a column that every symbol of the training must have: {there}."


def _listed(candles: OwnCandles | None) -> str:
    if candles is None or not candles.columns:
        return "no further columns"
    return ", ".join(candles.columns[:COLUMNS_NAMED])
