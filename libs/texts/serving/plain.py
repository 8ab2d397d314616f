"""Weighed words and lexicons as they are served: numpy alone, and a word that is not known is left out."""

import time
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.contracts.text_precision import Precision
from libs.contracts.texts import TextManifest
from libs.quant.calibration import chances_of
from libs.texts.plain_models import VOCABULARY, WEIGHTS, read_plain, words_of
from libs.texts.serving.model import Floats, ReadText, UnservableError

WARM_WORDS: Final = 16


class PlainText:
    """Implements TextModel."""

    def __init__(self, manifest: TextManifest, files: Mapping[str, bytes]) -> None:
        if manifest.kind == "network":
            msg = "a network is no plain model"
            raise UnservableError(msg)
        self.manifest = manifest
        self.precision: Precision = "fp64"
        self._model = read_plain(manifest.kind, weights=files[WEIGHTS], vocabulary=files[VOCABULARY])
        # Words as Python keeps them take some ten times their bytes.
        self.size = 10 * len(files[VOCABULARY]) + 2 * len(files[WEIGHTS])
        self.token_s = self._warm_up()

    def read(self, texts: Sequence[str]) -> list[ReadText]:
        """Return the words of texts, in lower case; these models cut nothing."""
        return [_read(text) for text in texts]

    def probabilities(self, texts: Sequence[ReadText]) -> Floats:
        """Return probabilities (texts, labels)."""
        return chances_of(self._model.logits_of_words([each.content for each in texts]), temperature=self.manifest.temperature)

    def without(self, text: ReadText, kept: NDArray[np.bool_]) -> Floats:
        """Return the probabilities of a text without its other words, (variants, labels)."""
        variants = [[word for word, known in zip(text.content, row, strict=True) if known] for row in kept.tolist()]
        return chances_of(self._model.logits_of_words(variants), temperature=self.manifest.temperature)

    def _warm_up(self) -> float:
        """Return the seconds that a word takes."""
        words = [["profit"] * WARM_WORDS]
        self._model.logits_of_words(words)
        began = time.perf_counter()
        self._model.logits_of_words(words)
        return (time.perf_counter() - began) / WARM_WORDS


def _read(text: str) -> ReadText:
    found = words_of(text)
    return ReadText(tuple((start, end) for _, start, end in found), len(found), truncated=False, content=[word for word, _, _ in found])
