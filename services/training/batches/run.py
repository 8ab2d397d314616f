"""What the job kind `predict_batch` runs: a version's answers at each candle of a dataset, written to a Parquet file block by block."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.batches import FILE, PredictBatchResult, PredictBatchSpec
from libs.market.candles import Market
from libs.quant.candles import Candles, Floats, Integers
from libs.quant.features import compute_features
from libs.quant.grammar import UnknownFeatureError
from libs.quant.windows import ready
from services.training.batches.answering import CLASSES, Answers, Version, load_version
from services.training.learners.errors import NotEnoughDataError
from services.training.learners.progress import Progress, Report
from services.training.learners.series import Series, data_hash, moment_of

# Rows that are answered and written at once.
BLOCK: Final = 32_768
# Features of all candles that are held at once, in numbers of 8 bytes.
NUMBERS_MOST: Final = 100_000_000
NOT_WRITTEN_DOWN: Final = "The version's training did not write down what it learned from."


@dataclass(frozen=True, slots=True, eq=False)
class _Ground:
    """A symbol's candles with their features (bars, features), and the bars that can be answered."""

    candles: Candles
    features: Floats
    bars: Integers
    learned: NDArray[np.bool_] | None

    def blocks(self) -> Iterator[Integers]:
        yield from (self.bars[start : start + BLOCK] for start in range(0, len(self.bars), BLOCK))


def run(spec: PredictBatchSpec, *, artifacts: Artifacts, market: Market, report: Report, **_: object) -> PredictBatchResult:
    """Answer, write and keep the file. The same spec gives the same file; a run that is cut off begins anew.

    Raise InvalidError where the version's files or columns that it looks at are gone, or for more than is answered at once;
    NotEnoughDataError where no candle can be answered; UnavailableError while the store is away.
    """
    report(Progress(stage="loading data", step=0, total_steps=1, message=f"Loading candles of {', '.join(spec.symbols)}"))
    version = load_version(spec.artifact, name=spec.version, artifacts=artifacts)
    grounds = [_ground(spec, version, symbol=symbol, market=market) for symbol in spec.symbols]
    rows = sum(len(each.bars) for each in grounds)
    if not rows:
        msg = f"No candle of {spec.dataset_id} has all that the model looks at: give it more of them"
        raise NotEnoughDataError(msg, details={"dataset_id": [msg]})
    with TemporaryDirectory(prefix="modelbourse-batch-") as folder:
        place = Path(folder) / FILE
        abstained, columns = _write(spec, version, grounds, into=place, report=report)
        file = artifacts.put_file(place)
    method, why = version.method(spec.interval_level)
    learned = [each.learned[each.bars] for each in grounds if each.learned is not None]
    reasons = {} if learned else {"in_sample": NOT_WRITTEN_DOWN}
    if version.classes:
        reasons["interval_method"] = CLASSES
    if why is not None:
        reasons["prediction_set" if version.classes else "interval_method"] = why
    return PredictBatchResult(
        files={FILE: file},
        columns=columns,
        rows=rows,
        abstained=abstained,
        left_out=sum(len(each.candles) for each in grounds) - rows,
        in_sample=int(sum(each.sum() for each in learned)) if learned else None,
        start=moment_of(min(int(each.candles.time[each.bars[0]]) for each in grounds if len(each.bars))),
        end=moment_of(max(int(each.candles.time[each.bars[-1]]) for each in grounds if len(each.bars))),
        target=version.target.name,
        horizon=version.horizon,
        interval_method=None if version.classes else method,
        synthetic=any(each.candles.synthetic for each in grounds) or bool(version.manifest.get("synthetic")),
        data_hash=data_hash([Series(each.candles, 0, each.features) for each in grounds]),
        reasons=reasons,
    )


def _ground(spec: PredictBatchSpec, version: Version, *, symbol: str, market: Market) -> _Ground:
    candles = market.candles(symbol, spec.timeframe)
    if len(candles) * len(version.features) > NUMBERS_MOST:
        most = NUMBERS_MOST // len(version.features)
        msg = f"{spec.dataset_id} has {len(candles):,} candles; of a model with {len(version.features)} features {most:,} can be answered."
        raise InvalidError(msg, details={"dataset_id": [msg]})
    try:
        features = compute_features(candles, version.features)
    except UnknownFeatureError as error:
        msg = f"{spec.dataset_id} has no {error.name}, which the model looks at."
        raise InvalidError(msg, details={"dataset_id": [msg]}) from error
    bars = np.flatnonzero(ready(features, candles.segment, steps=version.steps))
    return _Ground(candles, features, bars, version.learned(candles))


def _write(spec: PredictBatchSpec, version: Version, grounds: list[_Ground], *, into: Path, report: Report) -> tuple[int, tuple[str, ...]]:
    """Write all rows; return how many abstain, and the columns."""
    from pyarrow import parquet  # noqa: PLC0415 - 50 MB that a runner of another kind need not carry

    schema = _schema(spec, version)
    rows, written, abstained = sum(len(each.bars) for each in grounds), 0, 0
    with parquet.ParquetWriter(into, schema, compression="zstd") as writer:
        for each in grounds:
            for bars in each.blocks():
                said = version.answer(each.candles, each.features, bars, level=spec.interval_level)
                writer.write_table(_table(each, bars, said, version=version, schema=schema))
                written, abstained = written + len(bars), abstained + int(said.abstained.sum())
                told = f"{written:,} of {rows:,} rows are written"
                report(Progress(stage="predicting", step=BLOCK + written, total_steps=2 * BLOCK + rows, message=told))
    return abstained, tuple(schema.names)


def _schema(spec: PredictBatchSpec, version: Version) -> Any:
    """Return the file's columns, and under its metadata what they are of."""
    import pyarrow as pa  # noqa: PLC0415 - as above

    said = (
        [("class", pa.string())]
        + [(f"probability_{name}", pa.float64()) for name in version.classes]
        + [("prediction_set", pa.list_(pa.string()))]
        if version.classes
        else [("value", pa.float64()), ("lower", pa.float64()), ("upper", pa.float64())]
    )
    about = {
        "model_id": spec.model_id,
        "version": spec.version,
        "dataset_id": spec.dataset_id,
        "timeframe": spec.timeframe,
        "target": version.target.name,
        "horizon": str(version.horizon),
        "interval_level": f"{spec.interval_level:g}",
        "interval_method": version.method(spec.interval_level)[0] or "",
    }
    columns = [
        ("time", pa.timestamp("us", tz="UTC")),
        ("symbol", pa.string()),
        *said,
        ("quality", pa.float64()),
        ("abstained", pa.bool_()),
        ("in_sample", pa.bool_()),
    ]
    return pa.schema(columns, metadata={f"modelbourse.{name}": text for name, text in about.items()})


def _table(ground: _Ground, bars: Integers, said: Answers, *, version: Version, schema: Any) -> Any:
    """Return a block of rows; what is NaN is null there."""
    import pyarrow as pa  # noqa: PLC0415 - as above

    columns: dict[str, Any] = {
        "time": ground.candles.time[bars] // 1000,
        "symbol": [ground.candles.symbol] * len(bars),
        "quality": said.quality,
        "abstained": said.abstained,
        "in_sample": [None] * len(bars) if ground.learned is None else ground.learned[bars],
    }
    if said.chances is None:
        columns |= {"value": said.value, "lower": said.lower, "upper": said.upper}
    else:
        names = np.array(version.classes, dtype=object)
        known = ~said.abstained
        chosen = np.full(len(bars), None, dtype=object)
        chosen[known] = names[said.chances[known].argmax(axis=1)]
        columns["class"] = chosen
        columns |= {f"probability_{name}": said.chances[:, place] for place, name in enumerate(version.classes)}
        columns["prediction_set"] = _sets(said, names)
    arrays = []
    for field in schema:
        values = columns[field.name]
        if field.type == pa.timestamp("us", tz="UTC"):
            arrays.append(pa.array(values, type=pa.int64()).cast(field.type))
        else:
            arrays.append(pa.array(values, type=field.type, from_pandas=True))
    return pa.table(arrays, schema=schema)


def _sets(said: Answers, names: NDArray[Any]) -> list[list[str] | None]:
    """Return each row's set of classes, which may be empty; None where it abstains, or none can be told."""
    if said.among is None:
        return [None] * len(said.abstained)
    pairs = zip(said.among, said.abstained.tolist(), strict=True)
    return [None if withheld else names[inside].tolist() for inside, withheld in pairs]
