"""Uplift, rankings and policies are held against cases worked out by hand and customers whose answers are known."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from libs.contracts.manifests.next_best_action import NextBestActionManifest
from libs.contracts.recipe_metrics import RECIPE_METRICS
from libs.contracts.recipe_runs import RecipeRunResult
from services.training.learners.errors import TrainingRefusedError
from services.training.recipes.next_best_action.next_best_action import NEXT_BEST_ACTION
from services.training.recipes.next_best_action.policy_value import certain, choose, mean_of, row_values, worth
from services.training.recipes.next_best_action.uplift_curves import curves
from services.training.recipes.shipped.insurance import insurance
from services.training.recipes.shipped.offers import CHANCES, chances, customers
from services.training.recipes.table import Table
from tests.training.recipes.conftest import Runs

FAST = {"n_estimators": 40, "learning_rate": 0.1}
EVALUATION = {"resamples": 20}


@pytest.fixture(scope="module")
def learned(runs: Runs) -> RecipeRunResult:
    return runs("next_best_action", learner={"name": "t_learner", "hyperparameters": FAST}, evaluation=EVALUATION, pictures=True)


def test_a_qini_curve_is_as_it_is_worked_out_by_hand() -> None:
    # Ranked: treated 1, untreated 0, treated 1, untreated 1, treated 0, untreated 0.
    score = np.array([0.6, 0.5, 0.4, 0.3, 0.2, 0.1])
    treated = np.array([True, False, True, False, True, False])
    outcome = np.array([1.0, 0.0, 1.0, 1.0, 0.0, 0.0])

    found = curves(score, treated=treated, outcome=outcome)

    # Yt - Yc Nt / Nc by the three treated: 1/3, 1/3, 2/3, (2 - 1 * 2/2)/3, (2 - 1 * 3/2)/3, (2 - 1 * 3/3)/3.
    by_hand = np.array([0, 1 / 3, 1 / 3, 2 / 3, 1 / 3, 1 / 6, 1 / 3])
    assert found is not None
    assert found.qini == pytest.approx(by_hand)
    assert found.qini_area == pytest.approx(sum((a + b) / 12 for a, b in pairwise(by_hand)) - 1 / 6)
    # (Yt / Nt - Yc / Nc) by the share of rows; without both kinds of rows, nothing.
    assert found.uplift == pytest.approx([0, 0, 1 * 2 / 6, 1 * 3 / 6, (1 - 1 / 2) * 4 / 6, (2 / 3 - 1 / 2) * 5 / 6, 2 / 3 - 1 / 3])


def test_rows_of_one_score_are_ranked_together_and_a_weight_stands_for_so_many_rows() -> None:
    rng = np.random.default_rng(1)
    treated, outcome = rng.random(60) < 0.5, rng.integers(0, 2, 60).astype(float)
    score = np.round(rng.random(60), 1)
    weights = rng.integers(1, 4, 60)

    weighed = curves(score, treated=treated, outcome=outcome, weights=weights.astype(float))
    repeated = curves(np.repeat(score, weights), treated=np.repeat(treated, weights), outcome=np.repeat(outcome, weights))
    turned = curves(score[::-1], treated=treated[::-1], outcome=outcome[::-1], weights=weights[::-1].astype(float))

    assert weighed is not None
    assert repeated is not None
    assert turned is not None
    for name in ("share", "qini", "uplift", "qini_area", "auuc"):
        assert getattr(weighed, name) == pytest.approx(getattr(repeated, name))
        assert getattr(weighed, name) == pytest.approx(getattr(turned, name))
    assert curves(score, treated=np.ones(60, dtype=bool), outcome=outcome) is None


def test_a_ranking_is_worth_the_same_whether_actions_were_drawn_alike_or_by_who_a_customer_is() -> None:
    # Those of a high score were hardly ever left alone: counted by rows, their tenth of the customers would seem larger than it is.
    rng = np.random.default_rng(3)
    score = rng.random(60_000)
    alike, by_score = np.full(len(score), 0.5), 0.1 + 0.8 * score

    found = []
    for chance in (alike, by_score):
        treated = rng.random(len(score)) < chance
        outcome = (rng.random(len(score)) < 0.2 + 0.5 * treated * score).astype(float)
        some = treated | (rng.random(len(score)) < 0.3)
        weights = 1 / np.where(treated, chance, (1 - chance) * 0.3)
        found.append(curves(score[some], treated=treated[some], outcome=outcome[some], weights=weights[some]))

    # By the effect, which is 0.5 x: the area under 0.5 (s - s²/2) is 1/6, and half of the mean effect is 1/8.
    for each in found:
        assert each is not None
        assert each.auuc == pytest.approx(1 / 6, abs=0.01)
        assert each.qini_area == pytest.approx(1 / 6 - 1 / 8, abs=0.01)


@pytest.mark.parametrize("wrong", ["none", "expected", "chances"])
def test_a_policys_worth_is_right_if_either_the_model_or_the_propensities_are(wrong: str) -> None:
    rng = np.random.default_rng(11)
    known = customers(40_000, rng=rng)
    truth = np.column_stack([chances(known)[name] for name in CHANCES])
    given = np.tile(list(CHANCES.values()), (len(known), 1))
    drawn = (rng.random(len(known))[:, None] > given.cumsum(axis=1)).sum(axis=1)
    bought = (rng.random(len(known)) < truth[np.arange(len(known)), drawn]).astype(float)
    policy, costs = truth.argmax(axis=1), np.array([0.0, 0.01, 0.03, 0.05])

    values = row_values(
        np.full_like(truth, 0.3) if wrong == "expected" else truth,
        codes=drawn,
        outcome=bought,
        chances=np.full_like(given, 0.25) if wrong == "chances" else given,
    )
    found = mean_of(worth(values, policy=certain(policy, actions=4), costs=costs), clusters=np.arange(len(known)), confidence=0.99)

    assert found.low < float((truth.max(axis=1) - costs[policy]).mean()) < found.high
    assert found.high - found.low < 0.06


def test_a_budget_goes_to_those_who_gain_the_most_and_nobody_is_treated_at_a_loss() -> None:
    gain = np.array([[0.0, 0.5, 0.2], [0.0, -0.1, -0.2], [0.0, 0.1, 0.3], [0.0, 0.4, 0.1]])

    assert choose(gain, budget_share=1.0).tolist() == [1, 0, 2, 1]
    assert choose(gain, budget_share=0.5).tolist() == [1, 0, 0, 1]


def test_a_learned_policy_is_worth_more_than_any_baseline_as_the_known_answers_say(learned: RecipeRunResult) -> None:
    known = customers(20_000, rng=np.random.default_rng(20_240_115))
    truth = np.column_stack([chances(known)[name] for name in CHANCES])

    gain, interval = learned.metrics["policy_gain"], learned.intervals["policy_gain"]

    best_possible = truth.max(axis=1).mean() - truth[:, 0].mean()
    same_for_all = (truth.mean(axis=0) - truth[:, 0].mean()).max()
    assert gain is not None
    assert interval.low < best_possible
    assert gain > same_for_all
    for name in ("treat_none", "treat_all", "random", "response_model"):
        assert gain > learned.baseline[name]["policy_gain"]
    assert learned.baseline["treat_none"]["policy_gain"] == 0
    assert learned.synthetic
    effects = {row["action"]: row for row in learned.tables["actions"]}
    for place, action in enumerate(CHANCES):
        if place:
            true_effect = (truth[:, place] - truth[:, 0]).mean()
            assert effects[action]["low"] - 0.01 < true_effect < effects[action]["high"] + 0.01


def test_uplift_is_shown_by_decile_with_a_qini_curve_for_each_action(learned: RecipeRunResult) -> None:
    deciles = learned.tables["uplift_by_decile"]

    assert {(row["action"], row["decile"]) for row in deciles} == {
        (action, each) for action in ("call", "discount", "email") for each in range(1, 11)
    }
    assert set(learned.curves["qini"].series) == {"call", "discount", "email", "random"}
    assert {"qini.png", "uplift_by_decile.png", "report.html", "model/manifest.json"} <= set(learned.files)
    calls = [row for row in deciles if row["action"] == "call"]
    assert calls[0]["seen"] > calls[-1]["seen"]


def test_an_x_learner_finds_the_effect_of_an_experiment_in_the_field(runs: Runs) -> None:
    rows = insurance()
    bought = rows.groupby("offer")["bought"].mean()

    result = runs(
        "next_best_action", data={"source": "shipped:insurance"}, learner={"name": "x_learner", "hyperparameters": FAST}, evaluation=EVALUATION,
        objective={"control": "opt_in"}, split={"test_fraction": 0.5},
    )  # fmt: skip

    effect = next(row for row in result.tables["actions"] if row["action"] == "opt_out")
    assert effect["low"] < bought["opt_out"] - bought["opt_in"] < effect["high"]
    assert not result.synthetic
    assert "logistic regression" in result.notes[-1] or any("logistic regression" in note for note in result.notes)


@pytest.mark.parametrize(
    ("objective", "words"),
    [
        ({}, "Name in objective.control which of opt_in, opt_out"),
        ({"control": "opt_inn"}, "Did you mean 'opt_in'"),
        ({"control": "opt_in", "action_costs": {"letter": 1.0}}, "'letter' is none of the actions"),
    ],
)
def test_what_cannot_be_told_of_actions_is_refused_in_words(runs: Runs, objective: dict[str, object], words: str) -> None:
    with pytest.raises(TrainingRefusedError, match=words):
        runs("next_best_action", data={"source": "shipped:insurance"}, objective=objective)


def test_rows_since_may_be_of_one_action_and_of_outcomes_that_are_not_known_yet() -> None:
    roles = pd.DataFrame({"action": ["email"] * 3, "outcome": [np.nan] * 3})
    since = Table(
        roles=roles, features=pd.DataFrame({"age": [20.0, 30, 40]}), columns={}, source="", sha256="", licence="", synthetic=False
    )  # fmt: skip

    prepared = NEXT_BEST_ACTION.prepare(since, manifest=NextBestActionManifest())

    assert len(prepared) == 3
    assert prepared.words("customer").tolist() == ["0", "1", "2"]


def test_without_a_column_of_customers_each_row_is_one(runs: Runs) -> None:
    rows = insurance().drop(columns="village")

    result = runs("next_best_action", rows=rows, data={"columns": {"action": "offer", "outcome": "bought"}}, objective={"control": "opt_in"},
                  learner={"name": "t_learner", "hyperparameters": {"n_estimators": 10}}, evaluation=EVALUATION)  # fmt: skip

    assert result.rows["test"] == round(0.25 * len(rows))


def test_a_registry_knows_all_that_is_measured(learned: RecipeRunResult) -> None:
    assert set(learned.metrics) == set(RECIPE_METRICS["next_best_action"])
