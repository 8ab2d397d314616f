"""A network of texts as onnxruntime serves it: tokenizers before it, texts of like length together."""

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.contracts.text_precision import Precision
from libs.contracts.texts import INT8, ONNX, TextManifest
from libs.quant.calibration import chances_of
from libs.quant.onnx_runtime import onnxruntime as ort
from libs.texts.serving.model import Floats, ReadText, UnservableError

# Read by the library when it first encodes; its threads would only stand in each other's way.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

from tokenizers import Tokenizer

TOKENIZER, TOKENIZER_CONFIG = "tokenizer.json", "tokenizer_config.json"
TOGETHER_MOST: Final = 32
"""Texts of one run: beyond it a core gains nothing more from having them side by side."""
ALONE: Final = 1
"""Of int8, whose layers stay in a core's own memory for one text, and are slower for many."""
FILLED_MOST: Final = 0.25
"""The share of a run that may be filling."""
WARM_TOKENS, WARM_RUNS = 16, 3
Integers = NDArray[np.int64]
_INT8: Final[Precision] = "int8"
_FP32: Final[Precision] = "fp32"


@dataclass(frozen=True, slots=True, eq=False)
class _Tokens:
    """A text's token ids, and which word each is of (-1 for special ones)."""

    ids: Integers
    words: Integers


class NetworkText:
    """Implements TextModel, in int8 where its files have that form."""

    def __init__(self, manifest: TextManifest, files: Mapping[str, bytes]) -> None:
        self.manifest = manifest
        self._tokenizer = Tokenizer.from_str(files[TOKENIZER].decode())
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(manifest.max_length)
        self._mask = self._mask_token(json.loads(files.get(TOKENIZER_CONFIG, b"{}")))
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        name, self.precision = (INT8, _INT8) if INT8 in files else (ONNX, _FP32)
        self._together = ALONE if self.precision == "int8" else TOGETHER_MOST
        self._session = ort.InferenceSession(files[name], options, providers=["CPUExecutionProvider"])
        self._inputs = {each.name for each in self._session.get_inputs()}
        if not {"input_ids", "attention_mask"} <= self._inputs:
            msg = f"{name} has the inputs {', '.join(sorted(self._inputs))}, not input_ids and attention_mask"
            raise UnservableError(msg)
        # The session's own memory is about that of its file.
        self.size = 2 * len(files[name]) + 4 * len(files[TOKENIZER])
        self.token_s = self._warm_up()

    def read(self, texts: Sequence[str]) -> list[ReadText]:
        """Return token ids and words of texts; words are what the tokenizer has split before it looked into its vocabulary."""
        given = [text.lower() for text in texts] if self.manifest.lowercase else list(texts)
        encoded = self._tokenizer.encode_batch(given)
        return [self._read(text, low, each) for text, low, each in zip(texts, given, encoded, strict=True)]

    def probabilities(self, texts: Sequence[ReadText]) -> Floats:
        """Return probabilities (texts, labels); texts of like length are run together, so that little is filled up."""
        logits = np.zeros((len(texts), len(self.manifest.labels)))
        ids = [each.content.ids for each in texts]
        for places in _alike([len(each) for each in ids], most=self._together):
            logits[places] = self._run([ids[place] for place in places])
        return chances_of(logits, temperature=self.manifest.temperature)

    def without(self, text: ReadText, kept: NDArray[np.bool_]) -> Floats:
        """Return the probabilities of a text whose other words are masked by the tokenizer's own token, (variants, labels)."""
        tokens: _Tokens = text.content
        known = np.concatenate((kept, np.ones((len(kept), 1), dtype=bool)), axis=1)[:, tokens.words]  # -1 is the last: always known
        ids = np.where(known, tokens.ids[None], self._mask)
        runs = [self._run(list(ids[start : start + self._together])) for start in range(0, len(ids), self._together)]
        return chances_of(np.concatenate(runs), temperature=self.manifest.temperature)

    def _read(self, text: str, given: str, encoded: Any) -> ReadText:
        words: list[tuple[int, int]] = []
        places, before = np.full(len(encoded.ids), -1, dtype=np.int64), None
        for place, (word, (start, end)) in enumerate(zip(encoded.word_ids, encoded.offsets, strict=True)):
            if word is None:
                continue
            if word != before:
                words.append((start, end))
            else:
                words[-1] = (words[-1][0], end)
            before, places[place] = word, len(words) - 1
        spans = tuple(words) if len(given) == len(text) else _in_original(text, words)
        return ReadText(spans, len(encoded.ids), bool(encoded.overflowing), _Tokens(np.array(encoded.ids, dtype=np.int64), places))

    def _run(self, rows: Sequence[Integers]) -> Floats:
        """Return logits (rows, labels) of token ids; shorter rows are filled up and masked."""
        longest = max(1, *(len(row) for row in rows))
        ids, attended = np.zeros((2, len(rows), longest), dtype=np.int64)
        for place, row in enumerate(rows):
            ids[place, : len(row)], attended[place, : len(row)] = row, 1
        given = {"input_ids": ids, "attention_mask": attended}
        if "token_type_ids" in self._inputs:
            given["token_type_ids"] = np.zeros_like(ids)
        (logits,) = self._session.run(["logits"], given)
        return np.asarray(logits, dtype=np.float64)

    def _mask_token(self, config: Mapping[str, Any]) -> int:
        """Return the id of the token that stands for a word that is not known: the mask, else the unknown word, else the filling."""
        for name in ("mask_token", "unk_token", "pad_token"):
            token = config.get(name)
            word = token.get("content") if isinstance(token, Mapping) else token
            found = self._tokenizer.token_to_id(word) if isinstance(word, str) else None
            if found is not None:
                return int(found)
        return 0

    def _warm_up(self) -> float:
        """Run once, so that no request waits for what is made at first use; return the seconds that a token takes."""
        row = np.full(WARM_TOKENS, self._mask, dtype=np.int64)
        self._run([row])
        return min(self._timed(row) for _ in range(WARM_RUNS)) / WARM_TOKENS

    def _timed(self, row: Integers) -> float:
        began = time.perf_counter()
        self._run([row])
        return time.perf_counter() - began


def _alike(lengths: Sequence[int], *, most: int) -> Iterator[list[int]]:
    """Yield places of texts that are run together, so many at most: of like length, the shortest first."""
    some: list[int] = []
    tokens = 0
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        filled = 1 - (tokens + lengths[place]) / max(1, (len(some) + 1) * lengths[place])
        if some and (len(some) == most or filled > FILLED_MOST):
            yield some
            some, tokens = [], 0
        some.append(place)
        tokens += lengths[place]
    if some:
        yield some


def _in_original(text: str, words: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return the places of words of a lowercased text in the original one, some of whose letters have become longer."""
    origin = [place for place, letter in enumerate(text) for _ in letter.lower()]
    return tuple((origin[start], origin[end - 1] + 1) if start < end else (0, 0) for start, end in words)
