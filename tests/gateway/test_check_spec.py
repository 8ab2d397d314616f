"""What makes a training's spec valid is decided in the domain, for every face: all that is wrong at once, by field."""

from dataclasses import replace

from libs.contracts.training import ModelType
from services.gateway.domain.models.check_features import FEATURES_MOST
from services.gateway.domain.models.check_spec import AskedSpec, check_spec

GOOD = AskedSpec(
    model_type=ModelType.CLASSIFICATION,
    algorithm="RANDOM_FOREST",
    target_variable="",
    features=["rsi_14", "macd_signal"],
    hyperparameters={"n_estimators": 50},
    training_config={"symbols": ["AAPL"], "start_date": "2005-01-01"},
)


def test_a_good_one_becomes_a_spec_with_what_was_left_out() -> None:
    spec, problems = check_spec(GOOD, synthetic_allowed=False)

    assert problems == {}
    assert spec is not None
    assert (spec.target_variable, spec.features, spec.workers) == ("signal_type", ("rsi_14", "macd_signal"), 1)
    assert (spec.training_config["timeframe"], spec.training_config["start_date"]) == ("1d", "2005-01-01")


def test_all_that_is_wrong_is_said_at_once_by_field() -> None:
    asked = AskedSpec(
        model_type=ModelType.CLASSIFICATION,
        algorithm="RANDOM_FOREST",
        target_variable="close",
        features=["rsi_14", "rsi"],
        hyperparameters={"n_estimators": 0},
        training_config={"symbols": ["AAPLE"], "horizon": "5", "max_depth": 3, "start_date": "2013-02-30"},
    )

    spec, problems = check_spec(asked, synthetic_allowed=False)

    assert spec is None
    assert set(problems) == {
        "features",
        "target_variable",
        "hyperparameters",
        "training_config.horizon",
        "training_config.start_date",
        "training_config.max_depth",
        "training_config.symbols",
    }
    assert problems["training_config.max_depth"] == ["Unknown field 'max_depth'. Did you mean 'hyperparameters.max_depth'?"]


def test_what_could_not_be_read_is_not_judged_and_makes_no_spec() -> None:
    for field in AskedSpec.__dataclass_fields__:
        assert check_spec(replace(GOOD, **{field: None}), synthetic_allowed=False) == (None, {})


def test_features_are_one_at_least_and_not_too_many() -> None:
    for features, problem in ([], "Must have at least 1 item, not 0."), ([f"rsi_{n}" for n in range(2, 60)], "Must have at most 50 items."):
        assert check_spec(replace(GOOD, features=features), synthetic_allowed=False) == (None, {"features": [problem]})
    assert FEATURES_MOST == 50
