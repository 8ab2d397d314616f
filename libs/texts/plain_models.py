"""Models of texts that are no network, read without a library of machine learning: weighed words (`linear`) and words with a polarity."""

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
PlainKind = Literal["linear", "lexicon"]
WEIGHTS, VOCABULARY = "weights.safetensors", "vocabulary.json"
COEFFICIENTS, INTERCEPTS, IDF = "coefficients", "intercepts", "idf"
_WORDS: Final = re.compile(r"\w+(?:['\u2019]\w+)*")
_NEGATING: Final = frozenset({"not", "no", "never", "neither", "nor", "without", "hardly", "cannot"})
_REACH: Final = 3
"""Words before one among which a negation turns it."""
_TURNED: Final = -0.74
_SPREAD: Final = 15.0
_HEADER: Final = 8
"""Bytes of a safetensors file that tell how long what describes its arrays is."""


def words_of(text: str) -> list[tuple[str, int, int]]:
    """Return a text's words in lower case, each with the places of its first character and behind its last one."""
    return [(found.group().lower().replace("\u2019", "'"), *found.span()) for found in _WORDS.finditer(text)]


def terms_of(words: Sequence[str]) -> list[str]:
    """Return what a linear model counts: words and pairs of neighbouring ones."""
    return [*words, *(f"{one} {other}" for one, other in pairwise(words))]


def polarity_of(words: Sequence[str], *, polarity: Mapping[str, float]) -> float:
    """Return how a text sounds, from -1 to 1: t / √(t² + 15) of the sum t of its words' polarities.

    A word behind a negation counts the other way round, and less; constants are those of VADER (Hutto & Gilbert 2014), whose further rules
    (emphasis, punctuation, emoji) are left out.
    """
    total = 0.0
    for place, word in enumerate(words):
        if value := polarity.get(word):
            before = words[max(place - _REACH, 0) : place]
            turned = any(each in _NEGATING or each.endswith("n't") for each in before)
            total += value * (_TURNED if turned else 1.0)
    return total / math.sqrt(total * total + _SPREAD)


@dataclass(frozen=True, slots=True, eq=False)
class PlainModel:
    """Logits of texts: a linear map of tf-idf (`linear`), or of polarity and its square (`lexicon`).

    `coefficients` are (labels, features), `intercepts` (labels,). A linear model's features are its `terms` by place, of `idf` (terms,):
    (1 + ln count) · idf, over their root of squares, as scikit-learn's TfidfVectorizer with `sublinear_tf` has them.
    """

    kind: PlainKind
    coefficients: Floats
    intercepts: Floats
    terms: Mapping[str, int]
    idf: Floats
    polarity: Mapping[str, float]

    def logits(self, texts: Sequence[str]) -> Floats:
        """Return logits (texts, labels)."""
        return self.logits_of_words([[word for word, _, _ in words_of(text)] for text in texts])

    def logits_of_words(self, texts: Sequence[Sequence[str]]) -> Floats:
        """Return logits (texts, labels) of texts as their words, of which some may be left out."""
        if not texts:
            return np.zeros((0, len(self.intercepts)))
        return np.stack([self._one(words) for words in texts]) + self.intercepts

    def _one(self, words: Sequence[str]) -> Floats:
        if self.kind == "lexicon":
            said = polarity_of(words, polarity=self.polarity)
            return np.asarray(self.coefficients @ np.array([said, said * said]))
        counts = Counter(place for term in terms_of(words) if (place := self.terms.get(term)) is not None)
        if not counts:
            return np.zeros(len(self.intercepts))
        places = np.fromiter(counts.keys(), dtype=np.int64, count=len(counts))
        values = (1.0 + np.log(np.fromiter(counts.values(), dtype=np.float64, count=len(counts)))) * self.idf[places]
        return np.asarray(self.coefficients[:, places] @ (values / np.sqrt(values @ values)))


def read_plain(kind: PlainKind, *, weights: bytes, vocabulary: bytes) -> PlainModel:
    """Return the model that the two files of its folder hold. Raise ValueError, KeyError or TypeError for others."""
    arrays, words = read_arrays(weights), json.loads(vocabulary)
    terms = {term: place for place, term in enumerate(words.get("terms", ()))}
    polarity = {word: float(value) for word, value in words.get("polarity", {}).items()}
    model = PlainModel(kind, arrays[COEFFICIENTS], arrays[INTERCEPTS], terms, arrays.get(IDF, np.zeros(0)), polarity)
    features = len(terms) if kind == "linear" else 2
    if model.coefficients.shape != (len(model.intercepts), features) or len(model.idf) != len(terms):
        message = f"The arrays of {WEIGHTS} do not fit {VOCABULARY}."
        raise ValueError(message)
    return model


def read_arrays(data: bytes) -> dict[str, Floats]:
    """Return the arrays of a safetensors file in double precision. Raise ValueError or KeyError for another file.

    Such a file is the length of its JSON header (8 bytes, little-endian), the header with each array's type, shape and place, and the
    numbers.
    """
    length = int.from_bytes(data[:_HEADER], "little")
    header: dict[str, Any] = json.loads(data[_HEADER : _HEADER + length])
    types = {"F64": "<f8", "F32": "<f4"}
    found = {}
    for name, told in header.items():
        if name != "__metadata__":
            start, end = told["data_offsets"]
            piece = data[_HEADER + length + start : _HEADER + length + end]
            found[name] = np.frombuffer(piece, dtype=types[told["dtype"]]).reshape(told["shape"]).astype(np.float64)
    return found
