"""Both sides of a version that learned from texts: how texts are made, and what the version answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import ArtifactMissingError, Artifacts
from libs.contracts.model_monitoring import MonitorSpec, TextSubject, Window
from libs.contracts.texts import TextConfig, TextData
from libs.market.datasets.canonical import NO_MOMENT
from libs.market.datasets.times import tell_reading
from libs.market.datasets.values import to_moments
from libs.quant.candles import Floats, Integers
from libs.texts.plain_models import words_of
from libs.texts.reading import Texts, Wanted, read_texts
from libs.texts.serving.loading import load_text_model
from libs.texts.serving.model import TextModel, UnservableError
from services.training.learners.progress import Progress, Report
from services.training.snapshots.sides import NO_WINDOW, Side, Sides
from services.training.texts.corpus import Corpus, open_corpus

NUMBERS: Final = ("tokens", "characters", "words", "new_words")
"""`new_words` is the share of a text's words that no training text has."""
LANGUAGE: Final = "language"
ROWS_MOST: Final = 2_000
"""Texts of each side that are looked at: a network of 110 million weights takes 60 milliseconds for each."""
BLOCK: Final = 256
TOPICS: Final = 16
TERMS_MOST: Final = 20_000
LEARNED_MOST: Final = 5_000
"""Texts of the training that topics are made of, evenly spaced."""
READ: Final = 300
"""Letters that a language is told by."""
SURELY: Final = 0.9
UNSURE: Final = "unsure"
GONE: Final = "{path} is no longer there: name another file, or send it again."
SOME: Final = "Of {rows:,} texts of the {side} {most:,} were looked at, evenly spaced."
NO_CURRENT: Final = "No texts since were given: name a file or a data set of them in the model's monitoring rules, or as `data`."
NO_LABELS: Final = "{count:,} labels of the texts of now are none that the version knows, and were left out."


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Texts with the places of their labels, NaN where there is none, and their moments."""

    texts: list[str]
    truth: Floats
    time: Integers | None
    symbols: Sequence[str] | None


def text_sides(spec: MonitorSpec, subject: TextSubject, *, artifacts: Artifacts, report: Report) -> Sides:
    """Return the test texts of a version's training, and the texts since, where any were given.

    Raise InvalidError, which names the field, where a file or the version's are gone or cannot be read.
    """
    try:
        model = load_text_model(artifacts, spec.artifact)
    except UnservableError as error:
        message = f"The version cannot answer: {error}."
        raise InvalidError(message, details={"version": [message]}) from error
    labels, notes = tuple(model.manifest.labels), list[str]()
    with TemporaryDirectory(prefix="modelbourse-texts-") as folder:
        path = Path(folder) / "texts"
        config = TextConfig.model_validate(subject.config)
        _fetch(subject.reference, into=path, artifacts=artifacts, field="data_path")
        corpus = open_corpus(path, data=subject.reference, config=config)
        reference = _some(_tested(corpus, labels=labels), side="reference", notes=notes)
        current = _Rows([], np.zeros(0), None, None)
        if subject.current is not None:
            _fetch(subject.current, into=path, artifacts=artifacts, field="data")
            since = _since(path, data=subject.current, config=config, labels=labels, notes=notes)
            current = _some(_within(since, spec=spec, notes=notes), side="window", notes=notes)
    learned = corpus.some(corpus.train)
    known = {word for text in learned for word, _, _ in words_of(text)}
    sides = [_side(model, rows, known=known, report=report) for rows in (reference, current)]
    topics = _topics(learned, of=(reference.texts, current.texts))
    if topics is not None:
        sides = [Side(**{**_fields(side), "beside": each}) for side, each in zip(sides, topics, strict=True)]
    return Sides(
        reference=sides[0],
        current=sides[1],
        names=NUMBERS,
        classes=labels,
        called={"f1_score": "macro_f1"},
        newest=None if current.time is None or not len(current.time) else int(current.time.max()),
        beside=() if topics is None else tuple(f"topic_{place + 1}" for place in range(TOPICS)),
        notes=notes,
        reasons={} if subject.current is not None else {"rows.current": NO_CURRENT},
    )


def _fields(side: Side) -> dict[str, Any]:
    return {name: getattr(side, name) for name in Side.__slots__}


def _fetch(data: TextData, *, into: Path, artifacts: Artifacts, field: str) -> None:
    try:
        artifacts.fetch(data.artifact.sha256, into)
    except ArtifactMissingError as error:
        message = GONE.format(path=data.path)
        raise InvalidError(message, details={field: [message]}) from error


def _tested(corpus: Corpus, *, labels: tuple[str, ...]) -> _Rows:
    rows = corpus.test
    places = [labels.index(name) if name in labels else np.nan for name in corpus.labels]
    return _Rows(corpus.some(rows), np.array([places[target] for target in corpus.targets[rows].tolist()], dtype=np.float64), None, None)


def _since(path: Path, *, data: TextData, config: TextConfig, labels: tuple[str, ...], notes: list[str]) -> _Rows:
    """Return the texts of a file that has some, with the labels that the version knows."""
    asked = config.preprocessing.text_column
    usual = type(config.preprocessing).model_fields["text_column"].default
    given = read_texts(path, format=data.format, encoding=data.encoding, wanted=Wanted(text=None if asked == usual else asked))
    used = [row for row, text in enumerate(given.texts) if text.strip()]
    told = [""] * len(given.texts) if given.labels is None else given.labels
    if strange := sum(bool(told[row]) and told[row] not in labels for row in used):
        notes.append(NO_LABELS.format(count=strange))
    notes.extend(given.notes)
    time = _times(given, used=used)
    return _Rows(
        [given.texts[row] for row in used],
        np.array([labels.index(told[row]) if told[row] in labels else np.nan for row in used], dtype=np.float64),
        time,
        None if given.symbols is None else [given.symbols[row] for row in used],
    )


def _times(given: Texts, *, used: list[int]) -> Integers | None:
    """Return when texts were published (nanoseconds since 1970); None where the file does not say it of each."""
    if given.times is None:
        return None
    told = [given.times[row].strip() for row in used]
    if (reading := tell_reading(told[:1_000], zone="UTC")) is None:
        return None
    import pyarrow as pa  # noqa: PLC0415 - 50 MB that texts without times need not load

    moments, _, _ = to_moments([pa.array([each or None for each in told], type=pa.string())], reading)
    return None if (moments == NO_MOMENT).any() else np.asarray(moments, dtype=np.int64)


def _within(rows: _Rows, *, spec: MonitorSpec, notes: list[str]) -> _Rows:
    """Return those of the window; all of them where they have no time, which a note says."""
    if rows.time is None:
        notes.extend(() if spec.window == Window() else (NO_WINDOW,))
        return rows
    inside = np.ones(len(rows.texts), dtype=np.bool_)
    if spec.window.start is not None:
        inside &= rows.time >= spec.window.start.timestamp() * 10**9
    if spec.window.end is not None:
        inside &= rows.time < spec.window.end.timestamp() * 10**9
    return _picked(rows, np.flatnonzero(inside))


def _some(rows: _Rows, *, side: str, notes: list[str]) -> _Rows:
    if len(rows.texts) <= ROWS_MOST:
        return rows
    notes.append(SOME.format(rows=len(rows.texts), side=side, most=ROWS_MOST))
    return _picked(rows, np.linspace(0, len(rows.texts) - 1, ROWS_MOST).astype(np.int64))


def _picked(rows: _Rows, places: Integers) -> _Rows:
    symbols = None if rows.symbols is None else [rows.symbols[place] for place in places.tolist()]
    time = None if rows.time is None else rows.time[places]
    return _Rows([rows.texts[place] for place in places.tolist()], rows.truth[places], time, symbols)


def _side(model: TextModel, rows: _Rows, *, known: set[str], report: Report) -> Side:
    """Return texts as numbers, and what the version answers; those of like length are read together."""
    count = len(rows.texts)
    chances, numbers = np.zeros((count, len(model.manifest.labels))), np.zeros((count, len(NUMBERS)))
    order = np.argsort([len(text) for text in rows.texts], kind="stable")
    for start in range(0, count, BLOCK):
        places = order[start : start + BLOCK]
        read = model.read([rows.texts[place] for place in places.tolist()])
        chances[places] = model.probabilities(read)
        numbers[places, 0] = [each.tokens for each in read]
        report(
            Progress(stage="answering", step=start + len(places), total_steps=count, message=f"{start + len(places):,} texts are answered")
        )
    for place, text in enumerate(rows.texts):
        words = [word for word, _, _ in words_of(text)]
        new = sum(word not in known for word in words)
        numbers[place, 1:] = len(text), len(words), new / len(words) if words else np.nan
    return Side(
        numbers=numbers,
        words={LANGUAGE: np.array([_language(text) for text in rows.texts], dtype=object)},
        chances=chances,
        truth=rows.truth,
        time=rows.time,
        symbols=None if rows.symbols is None else np.array(rows.symbols, dtype=object),
    )


def _topics(learned: Sequence[str], *, of: tuple[Sequence[str], Sequence[str]]) -> list[Floats] | None:
    """Return what the texts of either side are about (texts, topics): latent semantic analysis (Deerwester et al. 1990).

    The topics are those of texts that are on neither side: a side that had made them would be told from the other by that alone. None
    where there is too little to be told.
    """
    from sklearn.decomposition import TruncatedSVD  # noqa: PLC0415 - two seconds, which other snapshots need not take
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - as above

    if len(learned) <= 2 * TOPICS or not all(of):
        return None
    some = [learned[row] for row in np.linspace(0, len(learned) - 1, min(len(learned), LEARNED_MOST)).astype(np.int64).tolist()]
    vectorizer = TfidfVectorizer(min_df=2, max_features=TERMS_MOST, sublinear_tf=True)
    try:
        counted = vectorizer.fit_transform(some)
    except ValueError:
        return None
    if counted.shape[1] <= TOPICS:
        return None
    reduced = TruncatedSVD(TOPICS, random_state=0).fit(counted)
    return [reduced.transform(vectorizer.transform(texts)) for texts in of]


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - as above

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _language(text: str) -> str:
    language, chance = _identifier().classify(text[:READ])
    return str(language) if chance >= SURELY else UNSURE
