"""Why a model of texts answers what it does: Shapley values of the words, masked or known, of the probability of the label answered.

v(S) is the probability when the words of S are known and the others are masked (Lundberg & Lee 2017); the base value is that of the text
with every word masked. A long text's words are grouped in runs, which are known or masked as a whole, as in the partitions of Owen (1977):
so the cost is bounded. What contributions sum to is exact; how it is divided is an estimate above some ten words (`plan_for`).
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from libs.quant.shapley_coalitions import Plan, plan_for
from libs.texts.serving.model import Floats, ReadText, TextModel

PLAYERS_MOST: Final = 32
EVALUATIONS_MOST: Final = 256
# So many are needed for a player: two pairs of orders.
EVALUATIONS_A_PLAYER: Final = 4
EVALUATIONS_FEWEST: Final = 2 * EVALUATIONS_A_PLAYER
"""With fewer, no part of a text is told from another one."""
# So many tell the parts of a text apart well enough to be worth more time than usual.
EVALUATIONS_WORTH_WAITING: Final = 8 * EVALUATIONS_A_PLAYER


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """Contributions of spans, each from its first character to behind its last one, to the probability of the label at `answered`."""

    answered: int
    base: float
    spans: tuple[tuple[int, int], ...]
    contributions: Floats  # (spans,)
    additivity_error: float
    standard_error: float | None
    evaluations: int


@dataclass(frozen=True, slots=True)
class Budget:
    """Seconds that explaining all texts of an ask takes, about: as usual, and at most, where texts are long or a model is slow."""

    usual_s: float
    most_s: float

    def evaluations(self, seconds: float) -> int:
        """Return how often each text can be answered, 0 to EVALUATIONS_MOST, where answering all of them once takes so many seconds."""
        if seconds <= 0:
            return EVALUATIONS_MOST
        worth_it = min(EVALUATIONS_WORTH_WAITING, int(self.most_s / seconds))
        return min(EVALUATIONS_MOST, max(worth_it, int(self.usual_s / seconds)))


def attribute(model: TextModel, text: ReadText, *, served: Floats, evaluations: int) -> Attribution:
    """Explain the label that is answered with at most so many evaluations; `served` (labels,) are the text's probabilities. Blocks.

    A text without words has no spans.
    """
    answered = int(served.argmax())
    players = _players(len(text.spans), most=max(1, min(PLAYERS_MOST, evaluations // EVALUATIONS_A_PLAYER)))
    count = int(players.max()) + 1 if len(players) else 0
    if count == 0:
        return Attribution(answered, float(served[answered]), (), np.zeros(0), 0.0, None, 0)
    plan = _plan(count, evaluations - 1)
    sets = np.concatenate((plan.sets, np.zeros((1, count), dtype=bool)))  # The last one knows nothing: the base value.
    known = model.without(text, sets[:, players])[:, answered]
    base, output = float(known[-1]), float(served[answered])
    worth = np.concatenate((known[:-1] - base, [0.0, output - base]))
    contributions = plan.weights @ worth
    doubt = None if plan.halves is None else float(np.sqrt(np.mean((plan.halves @ worth) ** 2)))
    spans = tuple((text.spans[places[0]][0], text.spans[places[-1]][1]) for places in _runs(players, count))
    return Attribution(answered, base, spans, contributions, abs(base + float(contributions.sum()) - output), doubt, len(sets))


def _players(words: int, *, most: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return which player each word is part of: itself, or of a long text one of `most` runs of about the same length."""
    return np.arange(words, dtype=np.int64) * min(words, most) // max(words, 1)


def _runs(players: np.ndarray[tuple[int], np.dtype[np.int64]], count: int) -> list[list[int]]:
    return [np.flatnonzero(players == player).tolist() for player in range(count)]


@lru_cache(maxsize=512)
def _plan(players: int, most_sets: int) -> Plan:
    """Return the plan for so many players; a text of one word has nothing to divide."""
    if players == 1:
        return Plan(np.zeros((0, 1), dtype=bool), np.array([[-1.0, 1.0]]))
    return plan_for(players, most_sets=most_sets)
