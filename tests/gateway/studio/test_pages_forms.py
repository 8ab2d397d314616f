"""Guided forms: whatever the API can be asked for can be filled in, and each refusal stands at its field."""

import json
import re

import pytest

from libs.contracts.algorithms import ALGORITHMS
from libs.contracts.backtests import BacktestSpec
from tests.gateway.studio.reader import as_user, reader, text_of
from tests.gateway.studio.test_pages_web import FORM
from tests.gateway.studio.world import World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
NEW_MODEL = "/app/models/new"
NEW_BACKTEST = "/app/backtests/new"
NEW_EXPERIMENT = "/app/experiments/new"


async def test_every_hyperparameter_of_each_algorithm_has_a_field_and_those_of_the_chosen_one_are_sent(studio: World) -> None:
    # given
    somebody = await reader(studio)
    network = FORM | {"algorithm": "LSTM", "name": "A network"}
    within = "hyperparameters.LSTM."

    # when
    page = await somebody.open(NEW_MODEL)
    refused = await somebody.send(NEW_MODEL, action="create", **network, **{f"{within}hidden_size": "9000"})
    made = await somebody.send(
        NEW_MODEL,
        action="create",
        **network,
        **{f"{within}hidden_size": "48", f"{within}dropout": "0.25", f"{within}max_epochs": "3", f"{within}class_weight": "balanced"},
        **{f"{within}early_stopping_patience": "null", f"{within}num_layers": "", "hyperparameters.LIGHTGBM.num_leaves": "15"},
    )
    forest = await somebody.send(
        NEW_MODEL,
        action="create",
        **FORM,
        **{"hyperparameters.RANDOM_FOREST.bootstrap": "false", "hyperparameters.RANDOM_FOREST.max_features": "log2"},
    )

    # then
    names = {f"hyperparameters.{each.name}.{name}" for each in ALGORITHMS.values() for name in each.hyperparameters}
    assert names <= set(re.findall(r'name="([^"]+)"', page))
    assert ALGORITHMS["LSTM"].hyperparameters["hidden_size"].description in text_of(page)
    assert refused.status_code == 400
    assert "Invalid parameter 'hidden_size': must be a positive integer between 4 and 128" in text_of(refused.text)
    assert f'aria-describedby="{within}hidden_size-help {within}hidden_size-wrong"' in refused.text
    assert refused.text.count('class="wrong"') == 1
    assert f'name="{within}hidden_size" type="number" value="9000"' in refused.text
    user = as_user(studio, somebody)
    network_kept, forest_kept = [await user.get(f"/models/{each.headers['location'].rpartition('/')[2]}/") for each in (made, forest)]
    assert network_kept["hyperparameters"] == {
        "hidden_size": 48, "dropout": 0.25, "max_epochs": 3, "class_weight": "balanced", "early_stopping_patience": None,
    }  # fmt: skip
    assert forest_kept["hyperparameters"] == {"bootstrap": False, "max_features": "log2"}


async def test_a_backtest_of_several_symbols_is_walked_forward_from_its_form(studio: World) -> None:
    # given
    somebody = await reader(studio)
    asked = {
        "strategy_name": "rsi",
        "symbol": "AAPL",
        "timeframe": "1d",
        "start_date": "2005-01-01",
        "end_date": "2012-12-31",
        "parameters": '{"period": [7, 14]}',
        "walk_forward.in_sample_days": "730",
        "walk_forward.mode": "anchored",
        "walk_forward.metric": "calmar_ratio",
    }

    # when
    refused = await somebody.send(NEW_BACKTEST, action="ask", **asked)
    whole = asked | {"walk_forward.out_of_sample_days": "180"}
    made = await somebody.send(NEW_BACKTEST, action="ask", **whole, symbols=["AAPL", "MSFT", "IBM"])

    # then
    assert refused.status_code == 400
    assert "walk_forward.out_of_sample_days: This field is required." in text_of(refused.text)
    assert 'value="730"' in refused.text
    assert made.status_code == 303, text_of(made.text)
    page = text_of(await somebody.open(made.headers["location"]))
    task = (await as_user(studio, somebody).http.get(f"/api/backtests/{made.headers['location'].rpartition('/')[2]}")).json()["task_id"]

    async def is_asked() -> bool:
        return task in studio.training.job_requests

    await until(is_asked, what="the backtest's job")
    spec = BacktestSpec.model_validate(studio.training.job_requests[task].spec)
    assert spec.symbols == ("AAPL", "MSFT", "IBM")
    assert "Rsi on" in page or "RSI on" in page
    assert spec.walk_forward
    assert spec.walk_forward.model_dump() == {
        "mode": "anchored", "in_sample_days": 730, "out_of_sample_days": 180, "metric": "calmar_ratio",
    }  # fmt: skip


async def test_an_experiment_searches_for_two_things_at_once_by_the_sampler_of_its_form(studio: World) -> None:
    # given
    somebody = await reader(studio)
    asked = {
        "name": "Two at once",
        "model_type": "lightgbm",
        "dataset_id": "packaged_AAPL_1d",
        "target": "signal_type",
        "features": "rsi_14, macd_signal",
        "hyperparameter_space": json.dumps({"num_leaves": {"type": "int", "min": 7, "max": 63}}),
        "optimization_metric": "sharpe",
        "second_metric": "max_drawdown",
        "sampler": "random",
        "max_trials": "5",
        "seed": "7",
    }

    # when
    refused = await somebody.send(NEW_EXPERIMENT, action="create", **asked, pruner="median")
    made = await somebody.send(NEW_EXPERIMENT, action="create", **asked, pruner="none")
    page = text_of(await somebody.open(made.headers["location"]))

    # then
    assert refused.status_code == 422
    assert 'id="pruner-wrong"' in refused.text
    kept = (await as_user(studio, somebody).http.get(f"/v1/ai/experiments/{made.headers['location'].rpartition('/')[2]}")).json()
    assert kept["objectives"] == [{"metric": "sharpe", "direction": "maximize"}, {"metric": "max_drawdown", "direction": "minimize"}]
    assert (kept["sampler"], kept["pruner"]) == ("random", "none")
    assert "0 of 5 trials, Random" in page


async def test_lists_of_data_are_filtered_by_the_address(studio: World) -> None:
    somebody = await reader(studio)

    shipped = text_of(await somebody.open("/app/datasets?source=packaged&symbol=AAPL"))
    own = text_of(await somebody.open("/app/datasets?source=uploaded"))
    slip = await somebody.open("/app/datasets?kind=candels", status=422)
    pending = await somebody.open("/app/texts/checks?status=pending")

    assert "AAPL 1d" in shipped
    assert "MSFT 1d" not in shipped
    assert "None." in own
    assert "Did you mean 'candles'" in text_of(slip)
    assert '<option value="pending" selected>' in pending
    assert "No check of yours stands so." in text_of(pending)
