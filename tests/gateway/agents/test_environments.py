"""Environments: made of a dataset or of symbols by name, listed, refused with what was probably meant, deleted when nothing works there."""

from typing import Any

import pytest
import pytest_asyncio

from tests.faces.shapes import differences
from tests.gateway.agents.coach import NEW, PARAMETERS, SOURCE, Coach
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
DOCUMENTED = NEW | {"id": "env_1", "status": "created", "created_at": "2025-06-06T10:15:00Z", "updated_at": "2025-06-06T10:15:00Z"}
PORTFOLIO = PARAMETERS | {"symbols": ["AAPL", "MSFT"], "action_space": "continuous"}


@pytest_asyncio.fixture(loop_scope="session")
async def coach(studio: World, ada: User) -> Coach:
    return Coach(studio, ada)


async def test_an_environment_is_as_documented_and_active_from_its_first_training_on(coach: Coach, eve: User) -> None:
    made = await coach.call("POST", "", NEW)
    again = await coach.make(name="Second", type="portfolio_optimization", parameters=PORTFOLIO, data_source=None)
    environment_id = made.json()["id"]
    await coach.train(environment_id)
    listed = await coach.get()
    active, created = await coach.get(status="active"), await coach.get(status="created", limit=1)

    assert made.status_code == 201
    assert list(differences(DOCUMENTED, made.json())) == []
    assert made.json()["parameters"] == PARAMETERS | {"timeframe": "1d", "slippage": 0.0, "direction": "long", "window": 30}
    assert made.json()["data_source"] == SOURCE | {"dataset_ids": ["packaged_AAPL_1d"], "reasons": {}}
    assert (listed["total"], [row["id"] for row in listed["environments"]]) == (2, [environment_id, again])
    assert ([row["id"] for row in active["environments"]], [row["id"] for row in created["environments"]]) == ([environment_id], [again])
    assert (await coach.get(f"/{environment_id}"))["status"] == "active"
    assert (await coach.get(f"/{again}"))["data_source"]["reasons"].keys() == {"dataset_id", "start_date", "end_date"}
    assert (await Coach(coach.world, eve).call("GET", f"/{environment_id}")).status_code == 404


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"type": "stock_tradin"}, "type", "'stock_trading'"),
        ({"parameters": PARAMETERS | {"reward_function": "sharp_ratio"}}, "parameters.reward_function", "'sharpe_ratio'"),
        ({"parameters": PARAMETERS | {"state_space": ["price_histry"]}}, "parameters.state_space", "'price_history'"),
        ({"parameters": PARAMETERS | {"state_space": ["rsi_14", "rsi_14"]}}, "parameters.state_space", "twice"),
        ({"parameters": PARAMETERS | {"symbols": ["AAPLE"]}}, "parameters.symbols", "'AAPL'"),
        ({"parameters": PARAMETERS | {"symbols": ["AAPLE"]}, "data_source": None}, "parameters.symbols", "'AAPL'"),
        ({"parameters": PARAMETERS | {"comission": 0.1}}, "parameters.comission", "'commission'"),
        ({"data_source": SOURCE | {"start_date": "2010-01-01", "end_date": "2009-01-01"}}, "data_source.end_date", "after start_date"),
        ({"data_source": SOURCE | {"start_date": "2024-01-01", "end_date": "2025-01-01"}}, "data_source.start_date", "from 2000-03-01 to"),
        ({"data_source": SOURCE | {"start_date": "2012-12-01"}}, "parameters.window", "too few"),
        ({"type": "portfolio_optimization"}, "parameters", "continuous"),
        ({"type": "portfolio_optimization", "parameters": {}}, "parameters", "two or more"),
        ({"parameters": {}, "data_source": None}, "parameters.symbols", "Name symbols"),
    ],
)
async def test_what_cannot_be_learned_in_is_refused_by_field_with_the_nearest_name(
    coach: Coach, changes: dict[str, Any], field: str, said: str
) -> None:
    answer = await coach.call("POST", "", NEW | changes)

    assert answer.status_code == 422, answer.text
    assert said in " ".join(answer.json()["error"]["details"][field])


async def test_the_same_request_makes_one_environment_and_a_dataset_that_is_not_there_is_404(coach: Coach) -> None:
    first, second = [await coach.call("POST", "", NEW, key="one") for _ in range(2)]
    unknown = await coach.call("POST", "", NEW | {"data_source": SOURCE | {"dataset_id": "dataset_123456"}})

    assert first.json() == second.json()
    assert unknown.status_code == 404


async def test_an_environment_goes_with_its_agents_when_none_of_them_works(coach: Coach) -> None:
    environment_id = await coach.make()
    accepted = await coach.train(environment_id)
    busy = await coach.call("DELETE", f"/{environment_id}")
    end = await coach.complete(accepted["job_id"], coach.learnt())
    await coach.becomes(f"/{environment_id}/train/{accepted['job_id']}", "completed")
    gone = await coach.call("DELETE", f"/{environment_id}")
    await coach.world.training.again(end)
    again = [await coach.call("GET", path) for path in (f"/{environment_id}", f"/{environment_id}/agents/{accepted['agent_id']}")]

    assert (busy.status_code, busy.json()["error"]["details"]) == (409, {"job_id": [accepted["job_id"]]})
    assert (gone.status_code, gone.json()["deleted"]) == (200, True)
    assert [each.status_code for each in again] == [404, 404]


async def test_a_portfolio_is_of_as_many_datasets_as_it_has_symbols_on_days_that_all_have(coach: Coach) -> None:
    several = {"dataset_ids": ["packaged_AAPL_1d", "packaged_MSFT_1d"], "end_date": "2012-12-31"}
    made = await coach.call("POST", "", {"name": "Two", "type": "portfolio_optimization", "data_source": several})
    shown = made.json()

    assert made.status_code == 201, made.text
    assert (shown["parameters"]["symbols"], shown["parameters"]["action_space"]) == (["AAPL", "MSFT"], "continuous")
    assert (shown["data_source"]["dataset_id"], shown["data_source"]["end_date"]) == ("packaged_AAPL_1d", "2012-12-31")
    assert shown["data_source"]["start_date"] is not None
