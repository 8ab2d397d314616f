"""What a network has to be better than: the most frequent label, a lexicon, and weighed words with a logistic regression."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.contracts.texts import LEXICON, LINEAR
from libs.texts.plain_models import (
    COEFFICIENTS,
    IDF,
    INTERCEPTS,
    VOCABULARY,
    WEIGHTS,
    PlainKind,
    PlainModel,
    polarity_of,
    terms_of,
    words_of,
)
from services.training.learners.errors import ArtifactMismatchError
from services.training.texts.finance_words import POLARITY

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
KIND_OF: Final[dict[str, PlainKind]] = {LINEAR: "linear", LEXICON: "lexicon"}
MOST_TERMS: Final = 50_000
FEWEST_TEXTS: Final = 2
"""A term that fewer texts have is no word of the language yet."""
MOST_ROUNDS: Final = 1000
STRENGTH: Final = 1.0
"""How much a term may count (C of the library): the usual value."""
SAME: Final = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Plain:
    """A trained baseline, and its two files."""

    model: PlainModel

    def files(self) -> dict[str, bytes]:
        """Return its weights and its words, by name."""
        from safetensors.numpy import save  # noqa: PLC0415 - only what is kept is written

        model = self.model
        arrays = {COEFFICIENTS: model.coefficients, INTERCEPTS: model.intercepts}
        words: dict[str, object] = {"polarity": dict(model.polarity)}
        if model.kind == "linear":
            arrays[IDF], words = model.idf, {"terms": sorted(model.terms, key=model.terms.__getitem__)}
        return {
            WEIGHTS: save({name: np.ascontiguousarray(each) for name, each in arrays.items()}),
            VOCABULARY: json.dumps({"kind": model.kind, **words}, ensure_ascii=False, separators=(",", ":")).encode(),
        }


def majority(targets: Integers, *, labels: int, rows: int) -> Floats:
    """Return the shares of the labels that were learned from, for each of `rows` rows: (rows, labels)."""
    shares = np.bincount(targets, minlength=labels) / len(targets)
    return np.tile(shares, (rows, 1))


def fit_plain(name: str, texts: Sequence[str], targets: Integers, *, labels: int, balanced: bool = False) -> Plain:
    """Fit the baseline of this name to texts and their labels' places. Same texts, same model."""
    return (
        _linear(texts, targets, labels=labels, balanced=balanced)
        if name == LINEAR
        else _lexicon(texts, targets, labels=labels, balanced=balanced)
    )


def _linear(texts: Sequence[str], targets: Integers, *, labels: int, balanced: bool) -> Plain:
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - a second that others need not wait

    fewest = FEWEST_TEXTS if len(texts) >= 10 * FEWEST_TEXTS else 1
    vectorizer = TfidfVectorizer(analyzer=_terms, min_df=fewest, max_features=MOST_TERMS, sublinear_tf=True, dtype=np.float64)
    try:
        rows = vectorizer.fit_transform(texts)
    except ValueError:  # No term is in two texts.
        vectorizer = vectorizer.set_params(min_df=1)
        rows = vectorizer.fit_transform([*texts, "a"])[: len(texts)]
    coefficients, intercepts = _regression(rows, targets, labels=labels, balanced=balanced)
    terms = {str(term): int(place) for term, place in vectorizer.vocabulary_.items()}
    model = PlainModel("linear", coefficients, intercepts, terms, np.asarray(vectorizer.idf_, dtype=np.float64), {})
    some = np.unique(np.linspace(0, len(texts) - 1, 50).astype(int))
    served = model.logits([texts[place] for place in some])
    if not np.allclose(served, rows[some] @ coefficients.T + intercepts, atol=SAME):
        message = "The saved baseline's answers differ from the trained one's."
        raise ArtifactMismatchError(message)
    return Plain(model)


def _lexicon(texts: Sequence[str], targets: Integers, *, labels: int, balanced: bool) -> Plain:
    polarity = lexicon_words()
    said = np.array([polarity_of([word for word, _, _ in words_of(text)], polarity=polarity) for text in texts])
    coefficients, intercepts = _regression(np.column_stack([said, said * said]), targets, labels=labels, balanced=balanced)
    return Plain(PlainModel("lexicon", coefficients, intercepts, {}, np.zeros(0), polarity))


def _regression(rows: object, targets: Integers, *, labels: int, balanced: bool) -> tuple[Floats, Floats]:
    """Return coefficients (labels, features) and intercepts (labels,) of a multinomial logistic regression."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - as above

    fitted = LogisticRegression(C=STRENGTH, max_iter=MOST_ROUNDS, class_weight="balanced" if balanced else None).fit(rows, targets)
    found, at = np.asarray(fitted.coef_, dtype=np.float64), np.asarray(fitted.intercept_, dtype=np.float64)
    if len(found) == 1:  # Of two classes the library keeps one side, whose margin is the difference.
        found, at = np.vstack([-found / 2, found / 2]), np.array([-at[0] / 2, at[0] / 2])
    coefficients, intercepts = np.zeros((labels, found.shape[1])), np.full(labels, -1e3)
    coefficients[fitted.classes_], intercepts[fitted.classes_] = found, at
    return coefficients, intercepts


@cache
def lexicon_words() -> dict[str, float]:
    """Return words with their polarity: VADER's (Hutto & Gilbert 2014), and ours of market news, which go before."""
    found: dict[str, float] = {}
    for line in (files("vaderSentiment") / "vader_lexicon.txt").read_text(encoding="utf-8").splitlines():
        word, value, *_ = line.split("\t")
        if words_of(word) and words_of(word)[0][0] == word.lower() and word.isascii():
            found[word.lower()] = float(value)
    return {word: value for word, value in (found | POLARITY).items() if value}


def _terms(text: str) -> list[str]:
    return terms_of([word for word, _, _ in words_of(text)])
