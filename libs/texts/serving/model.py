"""What serves texts, whatever it is made of: a network, a linear model, a lexicon."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from libs.contracts.text_precision import Precision
from libs.contracts.texts import TextManifest

Floats = NDArray[np.float64]


class UnservableError(ValueError):
    """The files are no model of texts that can be served."""


@dataclass(frozen=True, slots=True, eq=False)
class ReadText:
    """A text as a model reads it.

    `spans` are the words that it reads, each from its first character to behind its last one; `tokens` counts what it reads of them, and
    `content` is the model's own.
    """

    spans: tuple[tuple[int, int], ...]
    tokens: int
    truncated: bool
    content: Any


class TextModel(Protocol):
    """A loaded version of a model of texts."""

    manifest: TextManifest
    size: int  # bytes in memory
    token_s: float  # seconds that a token takes, as measured when it was loaded
    precision: Precision

    def read(self, texts: Sequence[str]) -> list[ReadText]:
        """Return the texts as the model reads them."""

    def probabilities(self, texts: Sequence[ReadText]) -> Floats:
        """Return each text's probabilities (texts, labels). Blocks."""

    def without(self, text: ReadText, kept: NDArray[np.bool_]) -> Floats:
        """Return the probabilities (variants, labels) of a text of which only some words are known: `kept` is (variants, words). Blocks."""
