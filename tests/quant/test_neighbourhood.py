"""Whether the best of many trials is a plateau or a spike."""

import numpy as np
import pytest

from libs.quant.neighbourhood import judge_neighbourhood


def places(trials: int, parameters: int = 2) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.random.default_rng(3).random((trials, parameters))


ORDERED = np.array([True, True])


def test_a_smooth_hill_is_a_plateau_and_one_lucky_trial_is_a_spike() -> None:
    at = places(80)
    hill = -((at - 0.5) ** 2).sum(axis=1)
    lucky = np.random.default_rng(4).normal(size=80) * 0.1
    lucky[17] = 3.0

    broad, sharp = judge_neighbourhood(at, hill, ordered=ORDERED), judge_neighbourhood(at, lucky, ordered=ORDERED)

    assert (broad.verdict, broad.best) == ("plateau", int(hill.argmax()))
    assert broad.score == pytest.approx(1.0, abs=0.1)
    assert (sharp.verdict, sharp.best) == ("spike", 17)
    assert sharp.score == pytest.approx(0.05, abs=0.1)


def test_pure_noise_is_mostly_called_a_spike() -> None:
    random = np.random.default_rng(5)

    verdicts = [
        judge_neighbourhood(random.random((100, 3)), random.normal(size=100), ordered=np.full(3, fill_value=True)).verdict
        for _ in range(100)
    ]

    assert verdicts.count("spike") >= 90


def test_neighbours_share_what_has_no_order_and_where_there_are_too_few_of_them_nothing_is_said() -> None:
    at = np.column_stack([np.linspace(0, 1, 40), np.arange(40) % 2])
    scores = np.where(at[:, 1] == 1, 1.0 - np.abs(at[:, 0] - 0.5), 0.0)
    alone = np.column_stack([np.linspace(0, 1, 40), (np.arange(40) == 20).astype(float)])

    told = judge_neighbourhood(at, scores, ordered=np.array([True, False]))

    assert told.verdict == "plateau"
    assert judge_neighbourhood(at[:5], scores[:5], ordered=ORDERED).reason == "there are fewer than 10 trials with a score"
    without = judge_neighbourhood(alone, np.where(alone[:, 1] == 1, 1.0, 0.0), ordered=np.array([True, False]))
    assert (without.verdict, without.score, without.reason) == ("inconclusive", None, "the best trial has fewer than 3 neighbours")
    assert judge_neighbourhood(at, np.zeros(40), ordered=np.array([True, False])).reason == "the trials do not differ"
    assert judge_neighbourhood(at, np.full(40, np.nan), ordered=ORDERED).best is None
