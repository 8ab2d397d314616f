"""The last fit of a model that is to serve with all there is: on the test's rows, too, after everything was measured without them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np

from services.training.learners.judging import training_metrics
from services.training.learners.learner import Fitted, Learner
from services.training.learners.quality import novelty_of
from services.training.learners.result import Evidence
from services.training.learners.series import moment_of

REFITTED: Final = (
    "It was refitted on all rows: metrics, plots, intervals and the backtest are of the model before, which had not seen the test's, and "
    "nothing was measured of the one that serves."
)


def refitted(evidence: Evidence, *, learner: Learner) -> tuple[Fitted, Evidence, dict[str, Any]]:
    """Return what has learned from all rows, what it rests on, and what the run card says of it.

    What was measured is of the model before: of this one nothing is known but how well it fits what it has learned from.
    """
    table = evidence.table
    every = np.arange(len(table))
    fitted = learner.fit(table.sample(every), watched=None, on_epoch=lambda _: None)
    parts = replace(evidence.parts, train=every)
    learned = replace(evidence, parts=parts, novelty=novelty_of(table.rows[every], features=evidence.features))
    measured = training_metrics(fitted.scores(table.rows[every]), table.targets, scale=fitted.scale, epochs=fitted.epochs)
    until = moment_of(learned.learned_until).isoformat().replace("+00:00", "Z")
    about = {"rows": len(table), "learned_until": until, "training_metrics": dict(measured.values)}
    return fitted, learned, {"refit": about, "learned_until": until}


def marked(card: Mapping[str, Any]) -> dict[str, Any]:
    """Return a run card that says, where its model was refitted, that what it measures is of another."""
    if "refit" not in card:
        return dict(card)
    intervals = {**card["intervals"], "of": "the model before the refit"}
    return {**card, "warnings": [*card["warnings"], REFITTED], "intervals": intervals}
