"""What a model of uplift says of a customer: what each action changes, what it gains after its cost, and which gains the most."""

from typing import Final

import numpy as np

from libs.contracts.manifests.next_best_action import NextBestActionManifest
from services.training.recipes.answers import Answers, word_or
from services.training.recipes.next_best_action.learners import UpliftModel
from services.training.recipes.table import Table

ANSWERED: Final = ("action", "gain", "uplift", "gains", "expected_outcome")
BUDGET: Final = (
    "The recipe's budget treats {share:.0%} of the customers at most. It is not applied here, as it is a matter of all of them together: "
    "begin with those of the largest gain."
)


def answer(model: UpliftModel, table: Table, *, manifest: NextBestActionManifest) -> Answers:
    """Return the action of each row that gains the most, nothing where none gains, beside the uplift and the gain of each."""
    rows = np.arange(len(table))
    matrix = model.matrix(table, rows)
    expected, uplift = model.expected(matrix), model.uplift(matrix)
    costs, words = model.actions.costs(manifest), model.actions.words
    gain = uplift * manifest.objective.outcome_value - (costs - costs[0])
    best = np.argmax(gain, axis=1)
    answers = Answers()
    if manifest.objective.budget_share < 1:
        answers.notes.append(BUDGET.format(share=manifest.objective.budget_share))
    customers = table.words("customer") if table.has("customer") else [None] * len(table)
    for place in rows.tolist():
        customer = word_or(customers[place])
        answers.add(
            {
                "customer": customer,
                "action": words[best[place]],
                "gain": float(gain[place, best[place]]),
                "uplift": _by(words[1:], uplift[place, 1:]),
                "gains": _by(words[1:], gain[place, 1:]),
                "expected_outcome": _by(words, expected[place]),
            }
        )
        if customer is None:
            answers.why(place, {"customer": "The rows do not name it."})
    return answers


def _by(words: tuple[str, ...], values: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> dict[str, float]:
    return dict(zip(words, values.tolist(), strict=True))
