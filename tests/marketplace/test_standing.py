"""What a record counts for: ranked only when it is long enough, and deflated by how often its account has tried."""

from math import sqrt
from typing import Any

import pytest

from libs.contracts.listings import Performance
from libs.quant.deflated import Moments, deflated_sharpe_ratio
from services.marketplace.domain.standing import Least, Trials, standing_of
from tests.marketplace.listing_story import a_record

LEAST = Least(bars=250, trades=30)
EIGHTY = Trials(80, 80, 1.2)


def standing(record: Performance, trials: Trials | None = EIGHTY) -> Any:
    return standing_of(record, trials=trials, least=LEAST)


def test_a_long_record_is_ranked_by_its_own_sharpe_ratio() -> None:
    found = standing(a_record(bars=250, total_trades=30))

    assert (found.sharpe_ratio, found.trials, found.trials_variance, found.reasons) == (0.2456, 80, 1.2, {})


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ({"bars": 249}, "It has 249 bars and 242 trades; to be ranked, a record needs at least 250 bars and 30 trades."),
        ({"total_trades": 29}, "It has 408 bars and 29 trades; to be ranked, a record needs at least 250 bars and 30 trades."),
        (
            {"bars": 31, "total_trades": 2, "sharpe_ratio": 7.6},
            "It has 31 bars and 2 trades; to be ranked, a record needs at least 250 bars and 30 trades.",
        ),
        ({"synthetic": True}, "It rests on generated candles, which say nothing of a market."),
        ({"bars": None}, "It is from before records ran to the last candle, and is measured anew."),
        ({"sharpe_ratio": None, "reasons": {"sharpe_ratio": "the returns do not vary"}}, "the returns do not vary"),
    ],
)
def test_what_is_not_ranked_says_why(figures: dict[str, Any], said: str) -> None:
    found = standing(a_record(**figures))

    assert (found.sharpe_ratio, found.reasons["sharpe_ratio"]) == (None, said)


def test_the_deflated_ratio_is_that_of_one_bar_against_the_trials() -> None:
    record = a_record()
    assert record.bars_per_year is not None
    assert record.skewness is not None
    assert record.kurtosis is not None

    found = standing(record)

    assert found.deflated_sharpe_ratio == deflated_sharpe_ratio(
        0.2456 / sqrt(record.bars_per_year),
        bars=408,
        shape=Moments(record.skewness, record.kurtosis),
        trials=80,
        variance=1.2 / record.bars_per_year,
    )


@pytest.mark.parametrize("trials", [Trials(0, 0, None), Trials(1, 1, None), Trials(5, 1, None)])
def test_fewer_than_two_known_ratios_vary_as_the_estimator_does_without_skill(trials: Trials) -> None:
    found = standing(a_record(), trials)

    assert found.trials == max(trials.count, 1)
    assert found.trials_variance == pytest.approx(251.6 / 407)
    assert found.deflated_sharpe_ratio is not None


def test_the_same_training_again_and_again_deflates_as_chance_alone_would() -> None:
    record = a_record()

    alike, by_chance, apart = (standing(record, Trials(80, 80, variance)) for variance in (0.0, 251.6 / 407, 1.2))

    assert (alike.trials_variance, alike.deflated_sharpe_ratio) == (by_chance.trials_variance, by_chance.deflated_sharpe_ratio)
    assert alike.trials_variance == pytest.approx(251.6 / 407)
    assert apart.deflated_sharpe_ratio < alike.deflated_sharpe_ratio < standing(record, Trials(1, 1, None)).deflated_sharpe_ratio


def test_more_trials_make_the_same_record_count_for_less() -> None:
    found = [standing(a_record(), Trials(count, count, 0.6)).deflated_sharpe_ratio for count in (2, 10, 80, 1000)]

    assert found == sorted(found, reverse=True)


def test_without_trials_or_a_sharpe_ratio_nothing_is_invented() -> None:
    unknown = standing(a_record(), None)
    silent = standing(Performance.unmeasured("There is no candle yet.", at=a_record().measured_at, synthetic=False), None)

    assert unknown.reasons == dict.fromkeys(
        ("deflated_sharpe_ratio", "trials", "trials_variance"), "Nobody knows which trainings share its symbols."
    )
    assert silent.reasons == dict.fromkeys(
        ("sharpe_ratio", "deflated_sharpe_ratio", "trials", "trials_variance"), "There is no candle yet."
    )
