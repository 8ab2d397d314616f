"""What is said of a model beside its figures."""

import numpy as np

from services.training.texts.corpus import Corpus
from services.training.texts.judging import judge


def test_a_calibration_that_has_done_the_test_no_good_is_noted() -> None:
    rows = np.arange(60)
    corpus = Corpus(
        texts=("a",) * 60, targets=np.zeros(60, dtype=np.int64), labels=("down", "up"), symbols=None, places=tuple(range(60)),
        groups=rows, train=rows[:0], validation=rows[:30], test=rows[30:], near=0, notes=(),
    )  # fmt: skip
    right, wrong = np.tile([1.0, 0.0], (30, 1)), np.tile([0.0, 1.0], (30, 1))

    (note,) = judge(corpus, validation=right, test=wrong).notes

    assert "Calibrating has made the test's log loss worse" in note
    assert judge(corpus, validation=right, test=right).notes == ()
