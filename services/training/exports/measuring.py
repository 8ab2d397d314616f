"""What an exported file costs: its bytes, and the time that it takes for one text and for many, on one core."""

import statistics
import time
from pathlib import Path
from typing import Final

from libs.contracts.text_exports import FileCheck, FileMeasure
from services.training.exports.checking import NO_TEST_DATA
from services.training.exports.opened import Answers
from services.training.exports.probes import SENTENCES
from services.training.exports.source import Encoder, Tokens

BATCH: Final = 32
RUNS_LEAST: Final = 5
RUNS_MOST: Final = 20
SECONDS_MOST: Final = 2.0
"""Longer than that nothing is measured, once there are RUNS_LEAST."""


def measure_file(answers: Answers, path: Path, *, encode: Encoder, check: FileCheck) -> FileMeasure:
    """Measure the file that was compared; the texts are news of common length, the same for every file."""
    texts = [SENTENCES[place % len(SENTENCES)] for place in range(BATCH)]
    return FileMeasure(
        path=check.path,
        role=check.role,
        size=path.stat().st_size,
        p50_ms_batch_1=_median_ms(answers, *encode(texts[:1])),
        p50_ms_batch_32=_median_ms(answers, *encode(texts)),
        accuracy=check.test.accuracy if check.test else None,
        macro_f1=check.test.macro_f1 if check.test else None,
        reasons={} if check.test else dict.fromkeys(("accuracy", "macro_f1"), NO_TEST_DATA),
    )


def _median_ms(answers: Answers, ids: Tokens, mask: Tokens) -> float:
    answers(ids, mask)  # The first one prepares what the others use.
    took: list[float] = []
    began = time.perf_counter()
    while len(took) < RUNS_LEAST or (len(took) < RUNS_MOST and time.perf_counter() - began < SECONDS_MOST):
        start = time.perf_counter()
        answers(ids, mask)
        took.append(time.perf_counter() - start)
    return statistics.median(took) * 1000
