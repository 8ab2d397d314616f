"""What all networks have: rows set aside to stop early by, and a bound to the work of an explanation."""

from typing import Final

from libs.quant.candles import Integers
from libs.quant.splits import chronological_split
from services.training.learners.errors import NotEnoughDataError
from services.training.learners.learner import Sample

FEWEST_SET_ASIDE: Final = 10
EXPLAINING: Final = 200_000_000
"""Multiplications that the explanation of one row may take: some 20 ms."""
STILL_BETTER: Final = "The last of {} epochs was the best: it may learn more with a larger max_epochs"


def set_aside(training: Sample, *, share: float) -> tuple[Sample, Sample]:
    """Set the end of the training time aside, purged, to stop early by. Raises NotEnoughDataError."""
    spans = training.spans
    assert spans is not None
    parts = chronological_split(spans.time, spans.known, train_share=1 - share, begins=spans.begins)
    if len(parts.train) < FEWEST_SET_ASIDE or len(parts.test) < FEWEST_SET_ASIDE:
        msg = (
            f"{len(parts.train)} windows to learn from and {len(parts.test)} to stop early by are too few: ask for more days or symbols, "
            "shorter windows (sequence_length, encoder_length) or another validation_fraction, or give early_stopping_patience as null"
        )
        raise NotEnoughDataError(msg, details={"hyperparameters": [msg]})
    learned, held = (_part(training, places) for places in (parts.train, parts.test))
    return learned, held


def _part(training: Sample, places: Integers) -> Sample:
    weights = None if training.weights is None else training.weights[places]
    return Sample(training.rows[places], training.targets[places], weights=weights)
