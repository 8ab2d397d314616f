"""The probability of backtest overfitting: against the paper's recipe written out, and against what chance and skill do."""

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import rankdata

from libs.quant.candles import Floats
from libs.quant.overfitting import overfitting


def written_out(returns: Floats, *, blocks: int) -> list[float]:
    """Return the logits as Bailey, Borwein, López de Prado and Zhu (2017) tell how to find them, step by step."""
    parts, found = np.split(returns, blocks), []
    for chosen in combinations(range(blocks), blocks // 2):
        inside = np.concatenate([parts[each] for each in chosen])
        outside = np.concatenate([parts[each] for each in range(blocks) if each not in chosen])
        best = int((inside.mean(axis=0) / inside.std(axis=0, ddof=1)).argmax())
        rank = rankdata(outside.mean(axis=0) / outside.std(axis=0, ddof=1))[best] / (returns.shape[1] + 1)
        found.append(float(np.log(rank / (1 - rank))))
    return found


def test_it_is_the_papers_recipe() -> None:
    returns = np.random.default_rng(8).normal(0.0, 0.01, (96, 7))

    found, said = overfitting(returns, blocks=8), written_out(returns, blocks=8)

    assert found is not None
    assert found.logits == pytest.approx(said)
    assert found.probability == np.mean(np.array(said) <= 0)
    assert (found.splits, found.blocks, found.configurations) == (70, 8, 7)


def test_luck_alone_is_overfitted_and_skill_is_not() -> None:
    random = np.random.default_rng(6)
    luck = [overfitting(random.normal(0.0, 0.01, (200, 20)), blocks=8) for _ in range(60)]
    skilled = random.normal(0.0, 0.01, (200, 20))
    skilled[:, 4] += 0.008

    skill = overfitting(skilled, blocks=8)

    assert np.mean([each.probability for each in luck if each]) == pytest.approx(0.5, abs=0.08)
    assert skill is not None
    assert (skill.probability, skill.loss) == (0.0, 0.0)


def test_the_better_noise_looks_the_worse_it_does() -> None:
    # The same bars that lift one half are lacking in the other.
    found = overfitting(np.random.default_rng(6).normal(0.0, 0.01, (320, 30)))

    assert found is not None
    assert found.blocks == 16
    assert found.slope is not None
    assert found.slope < 0


def test_equal_configurations_share_their_rank_and_those_that_never_traded_are_worth_nothing() -> None:
    same = np.tile(np.random.default_rng(2).normal(0.001, 0.01, (80, 1)), (1, 5))
    idle = np.zeros((80, 3))

    twins, still = overfitting(same, blocks=4), overfitting(idle, blocks=4)

    assert twins is not None
    assert twins.logits == pytest.approx(np.zeros(6))
    assert still is not None
    assert (still.probability, still.loss, still.slope) == (1.0, 0.0, None)


def test_there_is_nothing_to_say_of_one_configuration_or_of_a_few_bars() -> None:
    returns = np.random.default_rng(2).normal(0.0, 0.01, (39, 5))

    assert overfitting(returns) is None
    assert overfitting(np.tile(returns, (9, 1))[:, :1]) is None
    with pytest.raises(ValueError, match="even number"):
        overfitting(returns, blocks=5)
