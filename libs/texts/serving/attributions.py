"""Why a model of texts answers what it does: Shapley values of the words, masked or known, of the probability of the label answered.

v(S) is the probability when the words of S are known and the others are masked (Lundberg & Lee 2017); the base value is that of the text
with every word masked. A long text's words are grouped in runs, which are known or masked as a whole, as in the partitions of Owen (1977):
so the cost is bounded. What contributions sum to is exact; how it is divided is an estimate above some ten words (`plan_for`).
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from libs.quant.shapley_coalitions import Plan, plan_for
from libs.texts.serving.model import Floats, ReadText, TextModel

PLAYERS_MOST: Final = 32
PLAYERS_FEWEST: Final = 4
"""Of a text that has so many words: below that nothing is told apart any more."""
EVALUATIONS_MOST: Final = 256
# So many are needed for a player: two pairs of orders.
EVALUATIONS_A_PLAYER: Final = 4


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


def explained(model: TextModel, texts: Sequence[ReadText], *, served: Floats, budget_s: float) -> list[Attribution | None]:
    """Explain texts in their order, within about so many seconds; None for those that it is too short for. Blocks.

    `served` (texts, labels) are their probabilities. Where time is short texts are told apart less finely, down to PLAYERS_FEWEST parts.
    """
    began, found = time.perf_counter(), list[Attribution | None]()
    evaluations = evaluations_for(texts, token_s=model.token_s, budget_s=budget_s)
    for text, row in zip(texts, served, strict=True):
        needs = _fewest(text) * text.tokens * model.token_s
        is_late = time.perf_counter() - began + needs > budget_s
        found.append(None if is_late else attribute(model, text, served=row, evaluations=evaluations))
    return found


def evaluations_for(texts: Sequence[ReadText], *, token_s: float, budget_s: float) -> int:
    """Return how often each text can be answered so that all of it takes about so many seconds."""
    seconds = token_s * sum(each.tokens for each in texts)
    return EVALUATIONS_MOST if seconds <= 0 else max(0, min(EVALUATIONS_MOST, int(budget_s / seconds)))


def _fewest(text: ReadText) -> int:
    """Return how often a text is answered at least to be explained."""
    players = min(len(text.spans), PLAYERS_FEWEST)
    return len(_plan(players, 2).sets) + 1 if players else 0


def attribute(model: TextModel, text: ReadText, *, served: Floats, evaluations: int) -> Attribution:
    """Explain the label that is answered; `served` (labels,) are the text's probabilities. Blocks. A text without words has no spans."""
    answered = int(served.argmax())
    players = _players(len(text.spans), most=max(PLAYERS_FEWEST, min(PLAYERS_MOST, evaluations // EVALUATIONS_A_PLAYER)))
    count = int(players.max()) + 1 if len(players) else 0
    if count == 0:
        return Attribution(answered, float(served[answered]), (), np.zeros(0), 0.0, None, 0)
    plan = _plan(count, max(evaluations, 2))
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
