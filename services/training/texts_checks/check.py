"""The check of a file of texts: all that is looked for, in order, and what it comes to."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from libs.contracts.text_checks import LABELS_SHOWN, CheckTextsResult, CheckTextsSpec, TextFinding, TextFindingCode
from libs.market.datasets.times import read_moment, tell_reading
from libs.texts.near import MOST
from libs.texts.reading import Texts, Wanted, read_texts
from services.training.texts_checks.labels import alike_labels, conflicting_labels, imbalance, unknown_labels
from services.training.texts_checks.looked import Looked, shortened
from services.training.texts_checks.noise import Noise, doubtful_labels
from services.training.texts_checks.repeats import leakage, repeated_texts
from services.training.texts_checks.surface import (
    Lengths,
    broken_letters,
    control_characters,
    empty_texts,
    languages,
    long_texts,
    personal_data,
    token_lengths,
)

Tell = Callable[[str, int, int], None]
"""Called with what is done next, its number, and how many steps there are."""
SYMBOLS_SHOWN: Final = 20
TIMES_TRIED: Final = 200
STEPS: Final = ("reading the file", "reading the texts", "comparing texts", "counting tokens", "telling languages", "doubting labels")
_LATEST: Final = 2**63 - 1  # nanoseconds: the year 2262
_SEVERITIES: Final = ("error", "warning", "info")


@dataclass(frozen=True)
class Checked:
    """The result, and what a report draws beside it; `moments` are in nanoseconds since 1970."""

    result: CheckTextsResult
    looked: Looked
    lengths: Lengths
    noise: Noise
    moments: list[int] = field(default_factory=list)


def check_texts(path: Path, *, spec: CheckTextsSpec, tell: Tell = lambda *_: None) -> Checked:
    """Read the file and look for everything that a finding has a word for. Raise `InvalidError` for a file that cannot be read."""

    def at(step: int) -> None:
        tell(STEPS[step], step, len(STEPS))

    at(0)
    texts = read_texts(path, format=spec.format, encoding=spec.encoding, wanted=_wanted(spec))
    looked = Looked(texts, sides=texts.splits)
    at(1)
    findings = [*empty_texts(looked), *broken_letters(looked), *control_characters(looked), *personal_data(looked)]
    findings += [*unknown_labels(looked, allowed=spec.labels), *alike_labels(looked), *imbalance(looked)]
    at(2)
    findings += [*repeated_texts(looked), *leakage(looked), *conflicting_labels(looked)]
    at(3)
    lengths = token_lengths(looked)
    findings += long_texts(looked, lengths=lengths, max_length=spec.max_length)
    at(4)
    language, of_languages, notes = languages(looked)
    at(5)
    noise = doubtful_labels(looked) if texts.labels is not None else Noise(reason="The file has no labels.")
    findings += [*of_languages, *([noise.finding] if noise.finding else [])]
    moments, how, why = _moments(texts)
    reasons = {
        "label_noise": noise.reason,
        "token_lengths": None if lengths.told else "The shipped tokenizer is not installed.",
        "start": why,
    }
    result = CheckTextsResult(
        valid=all(each.severity != "error" for each in findings),
        format=texts.format,
        encoding=texts.encoding,
        encoding_assumed=texts.encoding_assumed,
        rows=len(texts),
        columns=texts.columns,
        text_column=texts.names["text"],
        label_column=texts.names.get("label"),
        label_distribution=_counted(texts.labels, most=LABELS_SHOWN),
        labels_count=len({label for label in texts.labels or () if label}),
        token_lengths=lengths.told,
        language=language,
        symbols=_counted(texts.symbols, most=SYMBOLS_SHOWN),
        start=_moment(min(moments, default=None)),
        end=_moment(max(moments, default=None)),
        out_of_fold_accuracy=noise.accuracy,
        findings=_ordered(findings),
        notes=(*texts.notes, *notes, *(note for note in (how, noise.note, _not_compared(looked)) if note is not None)),
        reasons={name: reason for name, reason in reasons.items() if reason is not None},
    )
    return Checked(result, looked, lengths, noise, moments)


def _not_compared(looked: Looked) -> str | None:
    distinct = int(looked.exact.max(initial=-1)) + 1
    if distinct <= MOST:
        return None
    told = "near-duplicates were not looked for, nor are they in split_leakage"
    return f"There are {distinct:,} distinct texts; {MOST:,} are compared at most: {told}."


def _wanted(spec: CheckTextsSpec) -> Wanted:
    return Wanted(
        text=spec.text_column,
        label=spec.label_column,
        time=spec.time_column,
        symbol=spec.symbol_column,
        group=spec.group_column,
        split=spec.split_column,
    )


def _ordered(findings: list[TextFinding]) -> tuple[TextFinding, ...]:
    """Return errors first, each severity in the order of the codes."""
    codes = list(TextFindingCode)
    return tuple(sorted(findings, key=lambda each: (_SEVERITIES.index(each.severity), codes.index(each.code))))


def _counted(words: list[str] | None, *, most: int) -> dict[str, int]:
    return {shortened(word): count for word, count in Counter(word for word in words or () if word).most_common(most)}


def _moments(texts: Texts) -> tuple[list[int], str | None, str | None]:
    """Return the moments that rows have, how they were read where that is a guess, and why there are none though a column is named so."""
    if texts.times is None:
        return [], None, None
    name, written = texts.names["time"], [time for time in texts.times if time]
    reading = tell_reading(written[:TIMES_TRIED], zone="UTC") if written else None
    if reading is None:
        return [], None, f"{name} holds no times that can be read, such as 2024-01-02T15:30:00Z."
    read = (read_moment(time, reading) for time in written)
    moments = [moment for moment in read if moment is not None and abs(moment) <= _LATEST]
    return moments, f"{name} was read {reading.understood}." if reading.guessed else None, None


def _moment(nanoseconds: int | None) -> datetime | None:
    return None if nanoseconds is None else datetime.fromtimestamp(nanoseconds / 10**9, UTC)
