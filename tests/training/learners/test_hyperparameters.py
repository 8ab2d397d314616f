"""What may be set of a learner, and how a wrong setting is answered."""

import pytest

from libs.contracts.algorithm import DEFAULT_SEED
from libs.contracts.algorithms import ALGORITHMS, check_algorithm, check_hyperparameters, complete_hyperparameters
from libs.contracts.hyperparameters import Hyperparameter
from libs.contracts.training import ModelType

EVERY = [(algorithm.name, parameter) for algorithm in ALGORITHMS.values() for parameter in algorithm.hyperparameters.values()]


@pytest.mark.parametrize(("algorithm", "parameter"), EVERY, ids=lambda each: each if isinstance(each, str) else each.name)
def test_every_default_is_allowed_and_every_hyperparameter_says_what_it_is(algorithm: str, parameter: Hyperparameter) -> None:
    assert parameter.takes(parameter.default)
    assert parameter.description
    assert parameter.allowed().startswith("must be ")
    assert ALGORITHMS[algorithm].hyperparameters[parameter.name] is parameter


@pytest.mark.parametrize(
    ("algorithm", "given", "problem"),
    [
        ("RANDOM_FOREST", {"n_estimators": -5}, "Invalid parameter 'n_estimators': must be a positive integer between 1 and 2000"),
        ("RANDOM_FOREST", {"n_estimators": 100.0}, "Invalid parameter 'n_estimators': must be a positive integer between 1 and 2000"),
        ("RANDOM_FOREST", {"n_estimators": True}, "Invalid parameter 'n_estimators': must be a positive integer between 1 and 2000"),
        ("RANDOM_FOREST", {"n_estimators": None}, "Invalid parameter 'n_estimators': must be a positive integer between 1 and 2000"),
        ("RANDOM_FOREST", {"n_estimators": [100]}, "Invalid parameter 'n_estimators': must be a positive integer between 1 and 2000"),
        ("RANDOM_FOREST", {"max_depth": 33}, "Invalid parameter 'max_depth': must be a positive integer between 1 and 32"),
        (
            "RANDOM_FOREST",
            {"criterion": "ginny"},
            "Invalid parameter 'criterion': must be one of 'gini', 'entropy' or 'log_loss'. Did you mean 'gini'?",
        ),
        ("RANDOM_FOREST", {"class_weight": "heavy"}, "Invalid parameter 'class_weight': must be 'balanced' or null"),
        ("RANDOM_FOREST", {"bootstrap": 1}, "Invalid parameter 'bootstrap': must be true or false"),
        ("RANDOM_FOREST", {"max_samples": 0}, "Invalid parameter 'max_samples': must be a number above 0 and up to 1 or null"),
        ("RANDOM_FOREST", {"random_state": -1}, "Invalid parameter 'random_state': must be an integer between 0 and 2147483647"),
        ("RANDOM_FOREST", {"n_jobs": 8}, "Unknown parameter 'n_jobs': is set by the platform"),
        ("RANDOM_FOREST", {"n_estimator": 8}, "Unknown parameter 'n_estimator'. Did you mean 'n_estimators'?"),
        ("EXTRA_TREES", {"max_samples": 0.5}, "Invalid parameter 'max_samples': can be set only when 'bootstrap' is true"),
        ("XGBOOST", {"learning_rate": float("nan")}, "Invalid parameter 'learning_rate': must be a number above 0 and up to 1"),
        ("XGBOOST", {"reg_lambda": float("inf")}, "Invalid parameter 'reg_lambda': must be a number between 0 and 1000000"),
        ("XGBOOST", {"eta": 0.1}, "Unknown parameter 'eta'. Did you mean 'learning_rate'?"),
        ("LIGHTGBM", {"max_depth": 0}, "Invalid parameter 'max_depth': must be -1 or a positive integer between 1 and 32"),
        ("LIGHTGBM", {"min_data_in_leaf": 3}, "Unknown parameter 'min_data_in_leaf'. Did you mean 'min_child_samples'?"),
        ("RIDGE", {"zzz": 1}, "Unknown parameter 'zzz'. Known: alpha, fit_intercept, random_state."),
    ],
)
def test_a_wrong_hyperparameter_is_named_with_what_is_allowed(algorithm: str, given: dict[str, object], problem: str) -> None:
    assert check_hyperparameters(algorithm, given) == {"hyperparameters": [problem]}


def test_what_the_documentation_shows_is_allowed() -> None:
    given = {"n_estimators": 100, "max_depth": 10, "min_samples_split": 5, "random_state": 42}

    assert check_hyperparameters("RANDOM_FOREST", given, model_type=ModelType.CLASSIFICATION) == {}


def test_shares_and_names_are_taken_where_the_library_takes_them() -> None:
    given = {"max_features": 0.5, "min_samples_leaf": 0.01, "min_samples_split": 1.0, "max_samples": 0.8, "class_weight": None}

    assert check_hyperparameters("RANDOM_FOREST", given) == {}
    assert check_hyperparameters("RANDOM_FOREST", {"max_features": "log2"}) == {}
    assert check_hyperparameters("RANDOM_FOREST", {"max_features": None}) == {}


def test_what_only_classification_has_is_refused_for_regression() -> None:
    problems = check_hyperparameters("LIGHTGBM", {"class_weight": "balanced"}, model_type=ModelType.REGRESSION)

    assert problems == {"hyperparameters": ["Invalid parameter 'class_weight': applies to classification only"]}


def test_of_very_many_problems_the_first_are_told_and_the_others_counted() -> None:
    problems = check_hyperparameters("RANDOM_FOREST", {f"max_depth_{number}": 1 for number in range(55_000)})["hyperparameters"]

    assert problems[0] == "Unknown parameter 'max_depth_0'. Did you mean 'max_depth'?"
    assert problems[20:] == ["… and 54980 more."]


def test_a_huge_name_is_not_echoed_whole() -> None:
    (problem,) = check_hyperparameters("RIDGE", {"x" * 100_000: 1})["hyperparameters"]

    assert len(problem) < 200


def test_algorithm_type_and_target_must_belong_together() -> None:
    assert check_algorithm("RANDOM_FOREST", model_type=ModelType.REGRESSION, target_variable="forward_return") == {}
    assert check_algorithm("RANDOM_FORREST", model_type=ModelType.REGRESSION, target_variable="forward_return") == {
        "algorithm": ["Unknown algorithm 'RANDOM_FORREST'. Did you mean 'RANDOM_FOREST'?"]
    }
    assert set(check_algorithm("RIDGE", model_type=ModelType.CLASSIFICATION, target_variable="forward_return")) == {
        "algorithm",
        "target_variable",
    }
    assert set(check_algorithm("RANDOM_FOREST", model_type=ModelType.TIME_SERIES, target_variable="signal_type")) == {
        "algorithm",
        "target_variable",
    }


def test_the_seed_is_fixed_where_none_is_given() -> None:
    for algorithm in ALGORITHMS.values():
        for kind in algorithm.model_types:
            assert complete_hyperparameters(algorithm.name, {}, model_type=kind)["random_state"] == DEFAULT_SEED


def test_given_values_stand_over_the_defaults() -> None:
    complete = complete_hyperparameters("RANDOM_FOREST", {"max_depth": 3}, model_type=ModelType.REGRESSION)

    assert complete["max_depth"] == 3
    assert complete["n_estimators"] == 100
    assert "class_weight" not in complete
