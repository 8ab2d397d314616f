"""What was done to whom and what came of it: actions as numbers, the one that is none first."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.contracts.manifests.next_best_action import NextBestActionManifest
from libs.contracts.names import did_you_mean, listed
from services.training.learners.errors import ClassMissingError, TrainingRefusedError
from services.training.recipes.table import Floats, Rows, Table

NOTHING: Final = ("none", "control", "no_action", "nothing", "untreated", "0", "0.0", "false", "no")
"""Words for those to whom nothing was done, where the manifest has none."""
ACTIONS_MOST: Final = 20
ROWS_LEAST: Final = 50
"""Of an action, to learn from."""
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Actions:
    """The words of actions; the first is that of nothing done."""

    words: tuple[str, ...]

    @classmethod
    def of(cls, table: Table, *, control: str | None) -> "Actions":
        """Return the actions of a table, the others in their order. Raise TrainingRefusedError where none of them is of nothing done."""
        found = sorted(set(table.words("action").tolist()))
        if len(found) < 2 or len(found) > ACTIONS_MOST:  # noqa: PLR2004 - one has nothing to be compared with
            message = f"There are {len(found):,} actions, {listed(found)}; two to {ACTIONS_MOST} can be told apart."
            raise ClassMissingError(message, details={"manifest.data.columns.action": [message]})
        nothing = control if control is not None else next((word for word in NOTHING for each in found if each.lower() == word), None)
        first = next((each for each in found if nothing is not None and each.lower() == nothing.lower()), None)
        if first is None:
            asked = "" if control is None else f" {control!r} is none of them.{did_you_mean(control, found)}"
            message = f"Name in objective.control which of {listed(found)} is of those to whom nothing was done.{asked}"
            raise TrainingRefusedError(message, details={"manifest.objective.control": [message]})
        return cls((first, *(each for each in found if each != first)))

    def codes(self, table: Table, rows: Rows) -> Codes:
        """Return the place of each row's action (rows,). Raise TrainingRefusedError for one that is not among them."""
        places = {word: place for place, word in enumerate(self.words)}
        words = table.words("action")[rows].tolist()
        if unknown := next((word for word in words if word not in places), None):
            message = f"The action {unknown!r} was not learned from; {listed(self.words)} were."
            raise TrainingRefusedError(message, details={"manifest.data.columns.action": [message]})
        return np.array([places[word] for word in words], dtype=np.int64)

    def costs(self, manifest: NextBestActionManifest) -> Floats:
        """Return what doing each costs (actions,). Raise TrainingRefusedError for a cost of what is none of them."""
        told = manifest.objective.action_costs
        if unknown := next((word for word in told if word not in self.words), None):
            message = f"{unknown!r} is none of the actions {listed(self.words)}.{did_you_mean(unknown, self.words)}"
            raise TrainingRefusedError(message, details={"manifest.objective.action_costs": [message]})
        return np.array([told.get(word, 0.0) for word in self.words])


def check_rows(codes: Codes, actions: Actions) -> None:
    """Raise ClassMissingError for an action with too few rows to learn from."""
    counts = np.bincount(codes, minlength=len(actions.words))
    for word, count in zip(actions.words, counts.tolist(), strict=True):
        if count < ROWS_LEAST:
            message = f"The action {word!r} has {count:,} rows to learn from; {ROWS_LEAST} are the least."
            raise ClassMissingError(message, details={"manifest.data": [message]})
