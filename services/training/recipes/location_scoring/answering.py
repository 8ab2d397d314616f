"""What a scoring of places says of a place: what it is expected to be worth, its interval, its score, and why."""

from typing import Final

import numpy as np

from libs.contracts.envelope import JsonObject
from services.training.recipes.answers import Answers, null_or, word_or
from services.training.recipes.location_scoring.model import PlaceModel
from services.training.recipes.table import Table

ANSWERED: Final = ("expected", "low", "high", "score", "because")
REASONS_MOST: Final = 3
NO_NAME: Final = "The rows do not name it."
NO_INTERVAL: Final = "Too few places were learned from for an interval."
LOGARITHM: Final = "What columns add is to the logarithm of what is expected."


def answer(model: PlaceModel, table: Table) -> Answers:
    """Return each place's worth, and the columns that have most to do with it."""
    rows = np.arange(len(table))
    columns = model.columns(table, rows)
    worth = model.worth(columns)
    scores, ends, added = model.scores(worth), model.ends(worth), model.learned.contributions(columns)
    answers = Answers(notes=[LOGARITHM] if model.manifest.objective.log_target else [])
    x, y, ids = table.numbers("x"), table.numbers("y"), table.words("id") if table.has("id") else [None] * len(table)
    for place in rows.tolist():
        values: JsonObject = {
            "id": word_or(ids[place]),
            "x": float(x[place]),
            "y": float(y[place]),
            "expected": null_or(worth[place]),
            "low": None if ends is None else null_or(ends[0][place]),
            "high": None if ends is None else null_or(ends[1][place]),
            "score": null_or(scores[place]),
            "because": [
                {"column": model.features[each], "value": null_or(columns[place, each]), "adds": float(added[place, each])}
                for each in np.argsort(-np.abs(added[place]), kind="stable")[:REASONS_MOST].tolist()
            ],
        }
        answers.add(values)
        whys = {"id": NO_NAME} | dict.fromkeys(("low", "high"), NO_INTERVAL)
        answers.why(place, {field: why for field, why in whys.items() if values[field] is None})
    return answers
