"""Parity: what an exported file answers beside the model itself, on texts of different lengths and on test data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from libs.contracts.text_exports import ExportFormat, FileCheck, TestMetrics
from libs.contracts.texts import TextManifest
from libs.quant.calibration import chances_of
from services.training.exports.opened import Answers, logits_of
from services.training.exports.rows import TestRows
from services.training.exports.source import Encoder, Logits
from services.training.texts.measuring import measure

Role = Literal["export", "optimized", "int8"]
SAME: Final = 1e-4
"""Largest difference of a logit that is rounding (sums in another order), relative to the larger of 1 and the largest logit."""
ROUNDED_PROBABILITY: Final = 0.2
"""Largest difference of a probability that int8 weights may make; `AGREED` is of how many texts they must say the same, and `F1_LOST` what
they may cost in macro F1. MiniLM with a head, at 600 headlines: 0.12 at most, 0.02 on average, 99 % the same."""
AGREED: Final = 0.9
F1_LOST: Final = 0.02
ALONE: Final = 8
"""Texts that are asked about alone, too: spread over the lengths."""
NO_REFERENCE: Final = "Neither the model's weights nor what it answered lie beside the file."
NO_MODEL: Final = "The model's weights do not lie beside the file, so that it was not asked about the test data."
NO_TEST_DATA: Final = "No test data was given."


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What files are compared on: texts with what the model said to them (texts, labels), and test rows likewise.

    Without a model `said` and `tested` are None.
    """

    encode: Encoder
    manifest: TextManifest
    texts: Sequence[str]
    said: Logits | None
    rows: TestRows | None = None
    tested: Logits | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Which file is compared."""

    path: str
    format: ExportFormat
    role: Role = "export"


def check_file(answers: Answers, ground: Ground, *, named: Named) -> FileCheck:
    """Compare a file with the model. It passes where it answers alike, and a text alone as among longer ones."""
    _, mask = ground.encode(ground.texts)
    tokens = mask.sum(axis=1)
    said = logits_of(answers, ground.texts, encode=ground.encode)
    reasons: dict[str, str] = {}
    if problems := _shape_problems(said, ground):
        return _failed(ground, named, problems=problems, lengths=(int(tokens.min()), int(tokens.max())))
    padding = _padding_difference(answers, ground, said=said, order=np.argsort(tokens))
    compared = _compared(said, ground.said, temperature=ground.manifest.temperature)
    if ground.said is None:
        reasons |= dict.fromkeys(("max_abs_difference", "mean_abs_difference", "max_probability_difference", "agreement"), NO_REFERENCE)
    test = None if ground.rows is None else _on_test(answers, ground.rows, ground)
    if test is None:
        reasons["test"] = NO_TEST_DATA
    elif ground.tested is None:
        reasons |= dict.fromkeys(("model_accuracy", "model_macro_f1", "test.agreement"), NO_MODEL)
    tolerance = SAME * max(1.0, float(np.abs(said if ground.said is None else ground.said).max()))
    problems = _problems(compared, padding=padding, test=test, tolerance=tolerance, role=named.role)
    return FileCheck(
        path=named.path,
        format=named.format,
        role=named.role,
        passed=not problems,
        problems=tuple(problems),
        texts=len(ground.texts),
        lengths=(int(tokens.min()), int(tokens.max())),
        tolerance=tolerance,
        padding_difference=padding,
        test=test,
        reasons=reasons,
        **compared,
    )


def scores_on(logits: Logits, rows: TestRows, *, temperature: float) -> tuple[float, float]:
    """Return accuracy and macro F1, measured as its training measured them."""
    metrics, _ = measure(np.array(rows.labels), chances_of(logits.astype(np.float64), temperature=temperature))
    accuracy, f1 = metrics["accuracy"], metrics["macro_f1"]
    assert accuracy is not None, "there are rows"
    assert f1 is not None, "there are rows"
    return accuracy, f1


def _shape_problems(said: Logits, ground: Ground) -> list[str]:
    if said.shape != (len(ground.texts), len(ground.manifest.labels)):
        return [f"It answers {said.shape} to {len(ground.texts)} texts; the model has {len(ground.manifest.labels)} labels."]
    return [] if np.isfinite(said).all() else ["It answers what is no number."]


def _padding_difference(answers: Answers, ground: Ground, *, said: Logits, order: Any) -> float:
    """Return the largest difference of a logit between texts alone and in their batches: 0 where the mask is heeded."""
    some = order[np.unique(np.linspace(0, len(order) - 1, ALONE).astype(int))]
    alone = [answers(*ground.encode([ground.texts[place]]))[0] for place in some.tolist()]
    return float(np.abs(np.stack(alone) - said[some]).max())


def _compared(said: Logits, model: Logits | None, *, temperature: float) -> dict[str, Any]:
    if model is None:
        return dict.fromkeys(("max_abs_difference", "mean_abs_difference", "max_probability_difference", "agreement"))
    difference = np.abs(said - model)
    chances, models = (chances_of(each.astype(np.float64), temperature=temperature) for each in (said, model))
    return {
        "max_abs_difference": float(difference.max()),
        "mean_abs_difference": float(difference.mean()),
        "max_probability_difference": float(np.abs(chances - models).max()),
        "agreement": float((said.argmax(axis=1) == model.argmax(axis=1)).mean()),
    }


def _on_test(answers: Answers, rows: TestRows, ground: Ground) -> TestMetrics:
    said = logits_of(answers, rows.texts, encode=ground.encode)
    temperature = ground.manifest.temperature
    accuracy, f1 = scores_on(said, rows, temperature=temperature)
    model = (None, None) if ground.tested is None else scores_on(ground.tested, rows, temperature=temperature)
    agreement = None if ground.tested is None else float((said.argmax(axis=1) == ground.tested.argmax(axis=1)).mean())
    return TestMetrics(
        rows=len(rows.texts),
        of_rows=rows.of_rows,
        accuracy=accuracy,
        macro_f1=f1,
        model_accuracy=model[0],
        model_macro_f1=model[1],
        agreement=agreement,
    )


def _problems(compared: dict[str, Any], *, padding: float, test: TestMetrics | None, tolerance: float, role: Role) -> list[str]:
    if role == "int8":  # It rounds by design: what counts is what it answers, and what that costs.
        found = []
        if (moved := compared["max_probability_difference"]) is not None and not moved <= ROUNDED_PROBABILITY:
            found.append(f"A probability differs from the model's by {moved:.3g}; at most {ROUNDED_PROBABILITY:g} are allowed.")
        if (agreed := compared["agreement"]) is not None and agreed < AGREED:
            found.append(f"It says the same as the model of {agreed:.1%} of the texts; at least {AGREED:.0%} must be so.")
        if test is not None and test.model_macro_f1 is not None and (lost := test.model_macro_f1 - test.macro_f1) > F1_LOST:
            found.append(f"Macro F1 on the test data falls by {lost:.3g}, from {test.model_macro_f1:.3g}; at most {F1_LOST:g} are allowed.")
        return found
    found = []
    if (differs := compared["max_abs_difference"]) is not None and not differs <= tolerance:
        found.append(f"A logit differs from the model's by {differs:.3g}; at most {tolerance:.3g} are rounding.")
    if not padding <= tolerance:  # What is no number is not alike either.
        found.append(f"A text among longer ones gets another answer than alone, by {padding:.3g}: the file does not heed attention_mask.")
    return found


def _failed(ground: Ground, named: Named, *, problems: list[str], lengths: tuple[int, int]) -> FileCheck:
    why = dict.fromkeys(("max_abs_difference", "mean_abs_difference", "max_probability_difference", "agreement", "test"), problems[0])
    return FileCheck(
        path=named.path,
        format=named.format,
        role=named.role,
        passed=False,
        problems=tuple(problems),
        texts=len(ground.texts),
        lengths=lengths,
        max_abs_difference=None,
        mean_abs_difference=None,
        tolerance=SAME,
        max_probability_difference=None,
        agreement=None,
        padding_difference=0.0,
        reasons=why,
    )
