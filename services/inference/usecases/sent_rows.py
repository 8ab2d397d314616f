"""What a model looks at, made of rows that were sent: given features as they are, others by the code that computed them for training."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from libs.contracts.inference import SentRows
from libs.quant.columns import ColumnFeature, read_feature
from libs.quant.grammar import SYMBOL, Feature, UnknownFeatureError
from services.inference.domain.errors import BadRowError
from services.inference.domain.forecasts import NO_LEVEL
from services.inference.domain.ports import Floats, Model

PATH: Final = "data.features"
PRICES: Final = ("price_open", "price_high", "price_low", "price_close")
RAW: Final = (*PRICES, "volume")
# What the close and the time alone decide: a forecaster sees some of it besides the features that it was trained on.
OF_THE_CLOSE: Final = frozenset({"return", "log_return", "day_of_week", "hour_of_day", "month"})


def window_of(sent: SentRows, model: Model, *, symbol: str, timeframe: str) -> tuple[Floats | tuple[float, ...], float | None]:
    """Return the newest row, or the newest window, as the model looks at it; and what it tells a change of, where it answers a level.

    Blocks for some milliseconds where features are computed. Raise BadRowError where something is missing or the rows are too few.
    """
    given = {name: np.asarray(values, dtype=np.float64) for name, values in sent.columns.items()}
    lacking = [name for name in model.features if name not in given]
    values = np.full((len(sent.times), len(model.features)), np.nan)
    for place, name in enumerate(model.features):
        if name in given:
            values[:, place] = given[name]
    if lacking:
        _check_computable(lacking, given)
        places = [place for place, name in enumerate(model.features) if name not in given]
        values[:, places] = _computed(lacking, sent, given, symbol=symbol, timeframe=timeframe)
    steps = max(model.steps, 1)
    newest = values[-steps:]
    if len(values) < steps or not np.isfinite(newest).all():
        raise _too_few(model, lacking, given, rows=len(values), steps=steps)
    return (newest.copy() if model.steps else tuple(newest[-1].tolist())), _level(model, given)


def _level(model: Model, given: dict[str, Floats]) -> float | None:
    if model.level is None:
        return None
    name = model.level if model.level == "volume" else f"price_{model.level}"
    if name not in given:
        message = f"'{name}' is missing: the answer is a change of its newest value."
        raise BadRowError(message, details={PATH: [message]})
    if not given[name][-1] > 0:
        message = NO_LEVEL.format(name)
        raise BadRowError(message, details={PATH: [message]})
    return float(given[name][-1])


def _check_computable(lacking: Sequence[str], given: dict[str, Any]) -> None:
    """Raise BadRowError where something is neither given nor can be computed from what is."""
    absent = [name for name in RAW if name not in given]
    texts = []
    for name in lacking:
        if name in RAW:
            texts.append(f"'{name}' is missing: the model was trained on it.")
            continue
        try:
            feature = read_feature(name, given) if name != SYMBOL else None
        except UnknownFeatureError:
            texts.append(f"'{name}' is missing: the model was trained on it.")
            continue
        if feature is None or isinstance(feature, ColumnFeature):
            continue
        of_close = feature.family in OF_THE_CLOSE
        needed = [each for each in absent if each == "price_close" or not of_close]
        if needed:
            texts.append(f"'{name}' is missing, and cannot be computed without {', '.join(needed)}.")
    if texts:
        message = "The rows lack what the model looks at: see the details."
        raise BadRowError(message, details={PATH: texts})


def _computed(names: Sequence[str], sent: SentRows, given: dict[str, Floats], *, symbol: str, timeframe: str) -> Floats:
    # Imported when first needed, as everywhere in this service: TA-Lib is a tenth of a second that given features never need.
    from libs.quant.candles import Candles, CandlesError  # noqa: PLC0415  # as said above
    from libs.quant.features import compute_features  # noqa: PLC0415  # as said above

    rows = len(sent.times)
    close = given.get("price_close", np.ones(rows))
    opened, high, low = (given.get(name, close) for name in PRICES[:3])
    columns = {name: values for name, values in given.items() if name not in RAW}
    try:
        candles = Candles(
            symbol, timeframe, np.array([round(at.timestamp() * 1000) * 10**6 for at in sent.times], dtype=np.int64), opened, high, low,
            close, given.get("volume", np.ones(rows)), np.zeros(rows, dtype=np.int32), source="sent", source_hash="", adjustment="none",
            synthetic=False, bars_per_year=252.0, columns=columns,
        )  # fmt: skip
    except CandlesError as error:
        message = f"The rows are no candles: {error}."
        raise BadRowError(message, details={PATH: [message]}) from error
    return compute_features(candles, names)


def _too_few(model: Model, lacking: Sequence[str], given: dict[str, Any], *, rows: int, steps: int) -> BadRowError:
    """Say how many rows are needed, and what needs them."""
    back = {name: _looks_back(read_feature(name, given)) for name in lacking if name != SYMBOL}
    longest = max(back, key=lambda name: back[name], default="")
    needed = steps + back.get(longest, 0)
    if rows >= needed:
        message = f"A feature of the newest {steps} rows has no value: the prices there do not decide it."
        return BadRowError(message, details={PATH: [message]})
    why = [f"the model looks at windows of {steps}"] if model.steps else []
    if back.get(longest):
        why.append(f"'{longest}' looks at {back[longest]} rows before each")
    message = f"There are {rows} rows, and at least {needed} are needed: {' and '.join(why)}."
    return BadRowError(message, details={PATH: [message]})


def _looks_back(feature: Feature | ColumnFeature) -> int:
    return feature.lag if isinstance(feature, ColumnFeature) else feature.warmup
