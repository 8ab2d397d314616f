"""Texts as token ids, kept in one array, and batches of them that are filled up no further than they need."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.contracts.texts import PreprocessingSettings
from services.training.learners.errors import TrainingRefusedError

Integers = NDArray[np.int64]
TOGETHER: Final = 1024
"""Texts that the tokenizer is given at once."""
WINDOW: Final = 32
"""Batches among whose rows those of like length are put together."""


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """Token ids of texts one after the other; text `i` has `ids[starts[i] : starts[i + 1]]`.

    `cut` says of how many texts the end was left out. `pad_id` fills up, to the longest of a batch, or to `fill_to` tokens.
    """

    ids: NDArray[np.int32]
    starts: Integers
    pad_id: int
    fill_to: int | None = None
    cut: int = 0

    def __len__(self) -> int:
        """Return how many texts there are."""
        return len(self.starts) - 1

    @property
    def lengths(self) -> Integers:
        """Tokens of each text."""
        return np.diff(self.starts)

    def batch(self, rows: Integers) -> tuple[Integers, Integers]:
        """Return ids and attention mask (rows, tokens) of these texts."""
        lengths = self.lengths[rows]
        mask = (np.arange(self.fill_to or int(lengths.max(initial=1)))[None] < lengths[:, None]).astype(np.int64)
        ids = np.full(mask.shape, self.pad_id, dtype=np.int64)
        ids[mask == 1] = np.concatenate([self.ids[self.starts[row] : self.starts[row + 1]] for row in rows.tolist()])
        return ids, mask


def tokenize(
    texts: Sequence[str], *, tokenizer: Any, settings: PreprocessingSettings, places: Sequence[int] | None = None,
    on_texts: Callable[[int], None] = lambda _: None,
) -> Tokens:  # fmt: skip
    """Return the texts' tokens by a transformers' tokenizer; `on_texts` hears how many are done.

    `places` tell where each stands in its file. Raise TrainingRefusedError for a text that is too long where none may be cut.
    """
    fast = tokenizer.backend_tokenizer
    fast.no_padding()
    fast.enable_truncation(settings.max_length)
    pieces: list[NDArray[np.int32]] = []
    starts, cut = np.zeros(len(texts) + 1, dtype=np.int64), 0
    for start in range(0, len(texts), TOGETHER):
        some = [text.lower() if settings.lowercase else text for text in texts[start : start + TOGETHER]]
        for number, each in enumerate(fast.encode_batch(some), start):
            if each.overflowing:
                cut += 1
                if not settings.truncation:
                    raise _too_long(number if places is None else places[number], most=settings.max_length)
            pieces.append(np.asarray(each.ids, dtype=np.int32))
            starts[number + 1] = starts[number] + len(each.ids)
        on_texts(start + len(some))
    ids = np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int32)
    return Tokens(ids, starts, int(tokenizer.pad_token_id or 0), None if settings.padding else settings.max_length, cut)


def shuffled_batches(rows: Integers, *, lengths: Integers, size: int, random: np.random.Generator) -> list[Integers]:
    """Return all rows in batches, drawn at random; rows of like length are together, so that little is filled up.

    Only rows that chance has brought near each other are sorted (`WINDOW` batches of them), and the batches come in random order.
    """
    drawn = random.permutation(rows)
    batches: list[Integers] = []
    for start in range(0, len(drawn), size * WINDOW):
        some = drawn[start : start + size * WINDOW]
        some = some[np.argsort(lengths[some], kind="stable")]
        batches += [some[place : place + size] for place in range(0, len(some), size)]
    return [batches[place] for place in random.permutation(len(batches))]


def even_batches(lengths: Integers, *, size: int) -> Iterator[Integers]:
    """Yield the places of all rows in batches of like length, the longest first, so that what does not fit fails at once."""
    order = np.argsort(-lengths, kind="stable")
    for start in range(0, len(order), size):
        yield order[start : start + size]


def _too_long(place: int, *, most: int) -> TrainingRefusedError:
    message = f"Row {place} has more than {most} tokens, and truncation is off: shorten it, or raise max_length."
    return TrainingRefusedError(message, details={"config.preprocessing.max_length": [message]})
