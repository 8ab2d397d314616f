"""Looks for labels that may be wrong, by confident learning over probabilities of a model that has not learned from the row.

Northcutt, Jiang and Chuang (2021), "Confident Learning: Estimating Uncertainty in Dataset Labels", Journal of Artificial Intelligence
Research 70: a row counts as mislabelled when the model gives another label at least the confidence that it has, on average, in that
label's own rows (equation 1 and the confident joint's off-diagonal, section 3.1).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.contracts.text_checks import TextFinding, TextFindingCode
from libs.contracts.texts import LABELS_MOST
from libs.texts.splitting import folds
from services.training.texts_checks.labels import majority_share
from services.training.texts_checks.looked import Integers, Looked, shortened

Floats = NDArray[np.float64]
FOLDS: Final = 5
LEAST_ROWS: Final = 50
MOST_ROWS: Final = 20_000
"""Rows that are looked at; of more, some at random."""
WORDS_MOST: Final = 30_000
_SEED: Final = 7
_ERRORS: Final = 2.0  # standard errors by which the model must beat the most frequent label before its doubts say anything
_TELLING: Final = 8


@dataclass(frozen=True, slots=True)
class Noise:
    """What was found of labels: the finding, how well the model tells them, words that tell each label, and why there is nothing."""

    finding: TextFinding | None = None
    accuracy: float | None = None
    telling: dict[str, list[str]] = field(default_factory=dict)
    reason: str | None = None
    note: str | None = None


def doubtful_labels(looked: Looked) -> Noise:
    """Return rows whose label a model of their words doubts, and what goes with it."""
    labels, rows, note = looked.texts.labels or [], looked.labelled, None
    counts = Counter(labels[row] for row in rows.tolist())
    enough = {label for label, count in counts.items() if count >= FOLDS}
    rows = np.array([row for row in rows.tolist() if labels[row] in enough], dtype=np.int64)
    if len(rows) < LEAST_ROWS or not 1 < len(enough) <= LABELS_MOST:
        return Noise(reason=f"Needs {LEAST_ROWS} rows with 2 to {LABELS_MOST} labels that {FOLDS} of them have at least.")
    if len(rows) > MOST_ROWS:
        note = f"Labels were doubted of {MOST_ROWS:,} rows, which were drawn at random."
        rows = np.sort(np.random.default_rng(_SEED).choice(rows, MOST_ROWS, replace=False))
    given = [labels[row] for row in rows.tolist()]
    names, label = np.unique(np.asarray(given, dtype=str), return_inverse=True)
    words, vocabulary = _weighed([looked.texts.texts[row] for row in rows.tolist()])
    if words is None:
        return Noise(reason="The texts share no words.")
    chances = _out_of_fold(words, label=label, labels=given, groups=looked.near[rows])
    said = names[chances.argmax(axis=1)]
    accuracy, usual = float((said == names[label]).mean()), majority_share(given)
    telling = _telling(words, vocabulary=vocabulary, label=label, names=names)
    if accuracy < usual + _ERRORS * float(np.sqrt(usual * (1 - usual) / len(rows))):
        why = f"A model of the words is right in {accuracy:.0%} of the rows, whoever always says the most frequent label in {usual:.0%}"
        return Noise(accuracy=accuracy, note=note, reason=f"{why}: its doubts tell nothing of labels.")
    wrong, other = doubted(chances, label=label)
    return Noise(_finding(looked, rows, wrong, other, chances=chances, label=label, names=names), accuracy, telling, note=note)


def doubted(chances: Floats, *, label: Integers) -> tuple[Integers, Integers]:
    """Return the rows that are off the confident joint's diagonal, the least likely labels first, and for each the label it seems to have.

    `chances` are probabilities (rows, labels) of a model that has not learned from the row, `label` the numbers of the labels given.
    """
    count = np.arange(len(label))
    confidence = np.array([chances[label == each, each].mean() for each in range(chances.shape[1])])
    above = np.where(chances >= confidence, chances, -1.0)
    seems = above.argmax(axis=1)
    # Likelier than the label given, too: thresholds of rare labels are low.
    wrong = np.flatnonzero((above.max(axis=1) >= 0) & (seems != label) & (chances[count, seems] > chances[count, label]))
    margin = chances[wrong, label[wrong]] - chances[wrong, seems[wrong]]
    order = wrong[np.argsort(margin, kind="stable")]
    return order, seems[order]


def _weighed(texts: Sequence[str]) -> tuple[Any, Any]:
    """Return the texts as weights of words (rows, words) and the words; None where they share none."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - two seconds, which other checks need not take

    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, max_features=WORDS_MOST, sublinear_tf=True, dtype=np.float64)
    try:
        words = vectorizer.fit_transform(texts)
    except ValueError:
        return None, None
    return words, vectorizer.get_feature_names_out()


def _fitted(words: Any, label: Integers) -> Any:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - as above

    return LogisticRegression(C=5.0, max_iter=200).fit(words, label)


def _out_of_fold(words: Any, *, label: Integers, labels: Sequence[str], groups: Integers) -> Floats:
    """Return each row's probabilities (rows, labels) of a model that has learned from other folds; near-duplicates share a fold."""
    chances = np.zeros((len(labels), int(label.max()) + 1))
    for tested in folds(labels, count=FOLDS, seed=_SEED, groups=groups):
        rest = np.setdiff1d(np.arange(len(labels)), tested)
        if len(tested) and len(np.unique(label[rest])) > 1:
            model = _fitted(words[rest], label[rest])
            chances[np.ix_(tested, model.classes_)] = model.predict_proba(words[tested])
    return chances


def _telling(words: Any, *, vocabulary: Any, label: Integers, names: Any) -> dict[str, list[str]]:
    """Return the words that speak most for each label."""
    weights = _fitted(words, label).coef_
    weights = np.vstack([-weights, weights]) if len(names) == 2 else weights  # noqa: PLR2004 - of two labels one has weights
    return {
        str(name): [str(vocabulary[place]) for place in np.argsort(-of_label, kind="stable")[:_TELLING] if of_label[place] > 0]
        for name, of_label in zip(names, weights, strict=True)
    }


def _finding(
    looked: Looked, rows: Integers, wrong: Integers, other: Integers, *, chances: Floats, label: Integers, names: Any
) -> TextFinding | None:
    if not len(wrong):
        return None
    place = {int(rows[each]): each for each in wrong.tolist()}
    seems = dict(zip(place, other.tolist(), strict=True))

    def why(row: int) -> str:
        each = place[row]
        return f"seems {shortened(str(names[seems[row]]))!r} ({chances[each, seems[row]]:.0%} against {chances[each, label[each]]:.0%})"

    return looked.finding(
        TextFindingCode.LABEL_NOISE,
        rows=list(place),
        severity="warning",
        message="{rows} whose label a model of the words doubts, which has not learned from them (confident learning).",
        suggestion="Read them, the first ones first, and correct the labels that are wrong; a doubt is no proof.",
        why=why,
        looked=len(rows),
    )
