"""What the job kind `score_texts` runs: texts are labelled, and their scores become a column of their symbols' candles."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.names import did_you_mean, listed
from libs.contracts.text_scoring import SCORES, SYMBOLS_MOST, ScoredSymbol, ScoreTextsResult, ScoreTextsSpec
from libs.contracts.texts import label_scores, why_no_score
from libs.market.candles import Market
from libs.market.catalogue import NoCandlesError, UnknownSymbolError, is_symbol
from libs.market.datasets.canonical import NO_MOMENT
from libs.market.datasets.times import tell_reading
from libs.market.datasets.values import to_moments
from libs.quant.candles import NANOSECONDS_A_DAY, Floats, Integers
from libs.texts.reading import Texts, Wanted, read_texts
from libs.texts.serving.loading import load_text_model
from libs.texts.serving.model import TextModel, UnservableError
from services.training.learners.progress import Checkpoints, Progress, Report
from services.training.learners.run_card import canonical_json
from services.training.learners.unfinished import Arrays, Memory
from services.training.scoring.bars import counted
from services.training.scoring.dataset import Ground, ground_of, write_dataset

# Texts that are labelled together; of like length within.
BLOCK: Final = 256
LOOKED_AT: Final = 1_000
EMPTY, NO_TIME, NO_SYMBOL, NO_CANDLES = "empty_text", "no_time", "no_symbol", "no_candles"
DATED: Final = (
    "The times are days without a clock: a text counts as published when its day (UTC) is over, so that nothing is known too early."
)
GUESSED: Final = "Which of the times' numbers is the day is a guess: {understood}."


@dataclass(slots=True, eq=False)
class _Scored:
    """Each row's score (NaN without a text), label (-1), probabilities, when it was published (NO_MOMENT), its symbol's place in `names`.

    The name of a row without a symbol is empty.
    """

    score: Floats
    label: Integers
    probabilities: Floats
    published: Integers
    names: tuple[str, ...]
    symbol: Integers
    truncated: int = 0
    notes: list[str] = field(default_factory=list)

    def counts(self, names: Collection[str]) -> NDArray[np.bool_]:
        """Return which rows have a score, a time and one of these symbols."""
        places = [place for place, name in enumerate(self.names) if name in names]
        return np.asarray(np.isin(self.symbol, places) & (self.label >= 0) & (self.published != NO_MOMENT), dtype=np.bool_)


def run(
    spec: ScoreTextsSpec, *, artifacts: Artifacts, market: Market, report: Report, checkpoints: Checkpoints | None = None, **_: object
) -> ScoreTextsResult:
    """Score, count by candle, write and keep. The same spec gives the same files; a run that is cut off goes on where it was.

    Raise InvalidError, which names the field, for a file, a model or symbols that no scores can be made of; UnavailableError while the
    store is away.
    """
    report(Progress(stage="loading data", step=0, total_steps=1, message=f"Reading {spec.data.path}"))
    model = _model(spec, artifacts)
    with TemporaryDirectory(prefix="modelbourse-scores-") as name:
        folder = Path(name)
        upload = folder / "texts"
        artifacts.fetch(spec.data.artifact.sha256, upload)
        wanted = Wanted(text=spec.text_column, time=spec.time_column, symbol=spec.symbol_column)
        texts = read_texts(upload, format=spec.data.format, wanted=wanted)
        scored = _placed(spec, texts)
        _score(model, texts.texts, into=scored, report=report, memory=_memory(spec, checkpoints, report))
        left_out = _left_out(scored)
        grounds, without = _grounds(spec, scored, market=market)
        left_out[NO_CANDLES] = int(scored.counts({name for name in scored.names if name} - grounds.keys()).sum())
        symbols = tuple(_symbols(spec, scored, grounds, folder=folder, artifacts=artifacts, left_out=left_out))
        if not symbols:
            message = "No text was published while its symbol has candles: see the days of the symbols, and the file's times."
            raise InvalidError(message, details={"time_column": [message]})
        kept = artifacts.put_file(_write(folder / SCORES, texts=texts, scored=scored, labels=model.manifest.labels))
    told = scored.label >= 0
    return ScoreTextsResult(
        rows=len(texts),
        scored=int(told.sum()),
        truncated=scored.truncated,
        left_out={why: count for why, count in left_out.items() if count},
        without_candles=tuple(without[:SYMBOLS_MOST]),
        labels={label: int((scored.label == place).sum()) for place, label in enumerate(model.manifest.labels)},
        mean_score=float(scored.score[told].mean()),
        symbols=symbols,
        files={SCORES: kept},
        notes=(*texts.notes, *scored.notes),
    )


def _model(spec: ScoreTextsSpec, artifacts: Artifacts) -> TextModel:
    try:
        model = load_text_model(artifacts, spec.artifact)
    except UnservableError as error:
        message = f"The model cannot score: {error}."
        raise InvalidError(message, details={"model": [message]}) from error
    if model.manifest.scores is None:
        message = f"The model cannot score: {why_no_score(model.manifest.labels)}"
        raise InvalidError(message, details={"model": [message]})
    return model


def _placed(spec: ScoreTextsSpec, texts: Texts) -> _Scored:
    """Return when each text was published, and of which symbol it is. Raise InvalidError where the file does not say."""
    if texts.times is None:
        message = f"The file has no column of times, by which texts belong to candles: it has {listed(texts.columns)}. Say time_column."
        raise InvalidError(message, details={"time_column": [message]})
    if spec.symbol is None and texts.symbols is None:
        message = f"The file has no column of symbols: it has {listed(texts.columns)}. Say symbol_column, or the symbol of all texts."
        raise InvalidError(message, details={"symbol_column": [message]})
    reading = tell_reading([time.strip() for time in texts.times[:LOOKED_AT]], zone=spec.tz)
    if reading is None:
        shown = next((time for time in texts.times if time.strip()), "")
        message = f"The column {texts.names['time']!r} has no times: {shown[:40]!r} is none. Times are as 2026-01-31T14:30:00Z."
        raise InvalidError(message, details={"time_column": [message]})
    import pyarrow as pa  # noqa: PLC0415 - 50 MB that a runner of another kind need not carry

    published, _, _ = to_moments([pa.array([time.strip() or None for time in texts.times], type=pa.string())], reading)
    notes = [GUESSED.format(understood=reading.understood)] if reading.guessed else []
    if reading.dated:
        published = np.where(published == NO_MOMENT, NO_MOMENT, published + NANOSECONDS_A_DAY)
        notes.append(DATED)
    symbols = [spec.symbol] * len(texts) if spec.symbol is not None else [symbol.strip() for symbol in texts.symbols or ()]
    places = {name: place for place, name in enumerate(dict.fromkeys(symbols))}
    of_rows = np.array([places[symbol] for symbol in symbols], dtype=np.int64)
    nothing, unlabelled = np.full(len(texts), np.nan), np.full(len(texts), -1, dtype=np.int64)
    return _Scored(nothing, unlabelled, np.zeros((0, 0)), published, tuple(places), of_rows, notes=notes)


def _memory(spec: ScoreTextsSpec, checkpoints: Checkpoints | None, report: Report) -> Memory | None:
    """Return where it is kept which texts are scored: by the spec, which decides all of that."""
    if checkpoints is None:
        return None
    key = hashlib.sha256(canonical_json(spec.model_dump(mode="json"))).hexdigest()
    return Memory(checkpoints, key, lambda words: report(Progress(stage="scoring", step=0, total_steps=1, message=words)))


def _score(model: TextModel, texts: Sequence[str], *, into: _Scored, report: Report, memory: Memory | None) -> None:
    """Label all texts that are not empty, those of like length together. Raise InvalidError where all are empty."""
    labels = model.manifest.labels
    scores = label_scores(labels)
    assert scores is not None
    worth = np.array([scores[label] for label in labels])
    into.probabilities = np.full((len(texts), len(labels)), np.nan)
    order = sorted((place for place, text in enumerate(texts) if text.strip()), key=lambda place: len(texts[place]))
    if not order:
        message = "All texts of the file are empty: there is nothing to score."
        raise InvalidError(message, details={"text_column": [message]})
    kept = memory.recall() if memory is not None else None
    done = 0 if kept is None else len(kept[1]["probabilities"])
    if kept is not None and memory is not None:
        into.probabilities[order[:done]], into.truncated = kept[1]["probabilities"], int(kept[0]["truncated"])
        memory.tell(f"Goes on after {done:,} texts, which the attempt before had scored")
    for start in range(done, len(order), BLOCK):
        places = order[start : start + BLOCK]
        read = model.read([texts[place] for place in places])
        into.probabilities[places] = model.probabilities(read)
        into.truncated += sum(each.truncated for each in read)
        done = start + len(places)
        if memory is not None:
            memory.keep_at_times({"truncated": into.truncated}, partial(_scored_so_far, into.probabilities, order[:done]))
        told = f"{done:,} of {len(order):,} texts are scored"
        report(Progress(stage="scoring", step=done, total_steps=len(order), message=told))
    known = ~np.isnan(into.probabilities[:, 0])
    into.score[known] = into.probabilities[known] @ worth
    into.label[known] = into.probabilities[known].argmax(axis=1)


def _scored_so_far(probabilities: Floats, places: Sequence[int]) -> Arrays:
    return {"probabilities": probabilities[places]}


def _left_out(scored: _Scored) -> dict[str, int]:
    """Return how many rows have no text, no time or no symbol, each by the first of these."""
    empty = scored.label < 0
    timeless = ~empty & (scored.published == NO_MOMENT)
    nameless = ~empty & ~timeless & np.array([not name for name in scored.names], dtype=np.bool_)[scored.symbol]
    return {EMPTY: int(empty.sum()), NO_TIME: int(timeless.sum()), NO_SYMBOL: int(nameless.sum())}


def _grounds(spec: ScoreTextsSpec, scored: _Scored, *, market: Market) -> tuple[dict[str, Ground], list[str]]:
    """Return the candles of those symbols that have real ones, and the other symbols.

    Raise InvalidError where none has, and for more symbols, datasets or rows than there may be.
    """
    grounds, without = dict[str, Ground](), list[str]()
    for symbol in filter(None, scored.names):
        try:
            grounds[symbol] = ground_of(market.candles(symbol, spec.timeframe, synthetic_allowed=False))
        except (UnknownSymbolError, NoCandlesError):
            without.append(symbol)
        if len(grounds) > SYMBOLS_MOST:
            message = f"The file has more than {SYMBOLS_MOST} symbols with candles: score them in several files."
            raise InvalidError(message, details={"symbol_column": [message]})
    if not grounds:
        known = [each.symbol for each in spec.own]
        near = did_you_mean(without[0], known) if without else ""
        message = f"None of the texts' symbols has {spec.timeframe} candles: {listed(without[:5]) or 'there are none'}.{near}"
        raise InvalidError(message, details={"symbol" if spec.symbol else "symbol_column": [message]})
    _check_room(spec, grounds)
    return grounds, without


def _check_room(spec: ScoreTextsSpec, grounds: Mapping[str, Ground]) -> None:
    """Raise InvalidError where the datasets' symbols are taken, or there is no room for them."""
    if odd := [symbol for symbol in grounds if not is_symbol(symbol + spec.symbol_suffix)]:
        message = f"{odd[0]}{spec.symbol_suffix} can be no symbol: it has 1 to 20 capital letters, digits and .^&_-."
        raise InvalidError(message, details={"symbol_suffix": [message]})
    taken = [symbol for symbol in grounds if symbol + spec.symbol_suffix in spec.taken]
    if taken:
        message = f"A dataset of yours is {taken[0]}{spec.symbol_suffix} already: choose another symbol_suffix, or delete it."
        raise InvalidError(message, details={"symbol_suffix": [message]})
    rows = sum(len(each.candles) for each in grounds.values())
    if rows > spec.rows_most or len(grounds) > spec.datasets_most:
        message = (
            f"{len(grounds)} datasets with {rows:,} candles would be made; there is room for {spec.datasets_most} with {spec.rows_most:,}: "
            "delete datasets, or score fewer symbols or a longer timeframe."
        )
        raise InvalidError(message, details={"data_path": [message]})


def _symbols(
    spec: ScoreTextsSpec,
    scored: _Scored,
    grounds: Mapping[str, Ground],
    *,
    folder: Path,
    artifacts: Artifacts,
    left_out: dict[str, int],
) -> Iterator[ScoredSymbol]:
    """Write and keep a dataset for each symbol; what counts for no candle is added to `left_out`."""
    for symbol, ground in grounds.items():
        rows = np.flatnonzero(scored.counts({symbol}))
        found = counted(scored.published[rows], scored.score[rows], candles=ground.candles, opens=ground.opens)
        for why, count in found.left_out.items():
            left_out[why] = left_out.get(why, 0) + count
        if not found.texts.any():
            continue
        name = symbol + spec.symbol_suffix
        file = folder / "dataset.parquet"
        checked = write_dataset(file, ground=ground, counted=found, symbol=name)
        yield ScoredSymbol(
            symbol=symbol,
            dataset_symbol=name,
            texts=int(found.texts.sum()),
            bars=int((found.texts > 0).sum()),
            checked=checked.model_copy(update={"artifact": artifacts.put_file(file)}),
        )


def _write(path: Path, *, texts: Texts, scored: _Scored, labels: Sequence[str]) -> Path:
    """Write each row of the file with its score; a cell that is not known is null."""
    import pyarrow as pa  # noqa: PLC0415 - as above
    from pyarrow import parquet  # noqa: PLC0415 - as above

    told = scored.label >= 0
    moments = pa.array(scored.published // 1_000, mask=scored.published == NO_MOMENT).cast(pa.timestamp("us", tz="UTC"))
    columns = {
        "row": pa.array(texts.places),
        "text": pa.array(texts.texts),
        "published_at": moments,
        "symbol": pa.array([scored.names[place] or None for place in scored.symbol.tolist()], type=pa.string()),
        "label": pa.array([labels[place] if place >= 0 else None for place in scored.label.tolist()], type=pa.string()),
        "score": pa.array(scored.score, mask=~told),
        **{f"probability_{label}": pa.array(scored.probabilities[:, place], mask=~told) for place, label in enumerate(labels)},
    }
    parquet.write_table(pa.table(columns), path, compression="zstd")
    return path
