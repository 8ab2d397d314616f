"""Agents: trained with live progress, shown beside their baselines, let loose on other days, cancelled, refused in words."""

from typing import Any

import pytest
import pytest_asyncio

from services.gateway.domain.accounts.account import Tier
from tests.faces.shapes import differences
from tests.gateway.agents.coach import JUDGED, LEARNED, NEW, PARAMETERS, SOURCE, TRAINING, Coach
from tests.gateway.engine.desk import MODELS, new_model
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
AT = "2025-06-06T10:20:00Z"
ACCEPTED = {"job_id": "job_1", "environment_id": "env_1", "agent_id": "agent_1", "status": "queued", "created_at": AT}
REWARDS = {"mean_reward": 125.5, "std_reward": 45.2, "max_reward": 350.0, "min_reward": -50.0}
TRAINING_SHOWN = ACCEPTED | {"started_at": AT, "progress": {"timesteps": 5000, "total_timesteps": 20_000, "metrics": REWARDS}}
RUN = {"run_id": "run_1", "environment_id": "env_1", "agent_id": "agent_1", "status": "queued", "created_at": AT}
RESULTS = {
    "episodes": 10,
    "mean_reward": 1.5,
    "std_reward": 0.5,
    "max_reward": 2.0,
    "min_reward": 1.0,
    "total_timesteps": 2500,
    "metrics": {"sharpe_ratio": 1.85, "max_drawdown": 0.15, "win_rate": 0.65},
    "episode_rewards": [1200.0],
}


@pytest_asyncio.fixture(loop_scope="session")
async def coach(studio: World, ada: User) -> Coach:
    return Coach(studio, ada)


async def test_an_agent_is_trained_with_live_progress_and_shown_beside_its_baselines(coach: Coach, eve: User) -> None:
    environment_id = await coach.make()
    accepted = await coach.train(environment_id, seeds=2)
    path, agent = f"/{environment_id}/train/{accepted['job_id']}", f"/{environment_id}/agents/{accepted['agent_id']}"
    queued, learning = await coach.get(path), await coach.get(agent)
    await coach.progress(accepted["job_id"], timesteps=5000, **REWARDS)
    running = await coach.becomes(path, "running")
    request = await coach.heard(accepted["job_id"])
    end = await coach.complete(accepted["job_id"], coach.learnt())
    done, ready = await coach.becomes(path, "completed"), await coach.becomes(agent, "ready")
    await coach.world.training.again(end)
    listed = await coach.get(f"/{environment_id}/agents")
    picture = await coach.call("GET", f"{agent}/plots/learning.png")
    table = await coach.call("GET", f"{agent}/plots/table")
    theirs = [await Coach(coach.world, eve).call("GET", each) for each in (path, agent, f"{agent}/plots/learning.png")]

    assert list(differences(ACCEPTED, accepted)) == []
    assert (queued["started_at"], queued["progress"]["metrics"]["mean_reward"]) == (None, None)
    assert queued["reasons"].keys() == {"started_at", "completed_at"}
    assert (learning["status"], learning["results"], learning["reasons"]["results"]) == ("training", None, "It is still learning.")
    assert list(differences(TRAINING_SHOWN, running)) == []
    assert (running["progress"]["timesteps"], running["progress"]["total_timesteps"]) == (5000, 40_000)
    assert running["progress"]["metrics"] == REWARDS
    assert (request.spec["agent_id"], request.spec["seeds"], request.spec["environment"]["symbols"]) == (accepted["agent_id"], 2, ["AAPL"])
    assert (done["progress"]["timesteps"], done["progress"]["metrics"]["mean_reward"]) == (40_000, 0.2)
    assert ready["results"]["baselines"].keys() == {"buy_and_hold", "random", "flat"}
    assert (ready["results"]["single_seed"], ready["results"]["plots"]) == (True, ["learning.png"])
    assert (ready["metrics"]["win_rate"], ready["results"]["reasons"]["win_rate"]) == (None, "There were no trades.")
    whys = ready["results"]["reasons"]
    assert {whys[f"across_seeds.0.{name}"] for name in ("std", "best", "worst", "iqm", "iqm_interval")} == {"There is one seed."}
    assert (whys["baselines.flat.sharpe_ratio"], "std" in ready["reasons"]) == ("Its returns do not vary.", False)
    assert ready["hyperparameters"]["n_epochs"] == 10
    assert (listed["total"], listed["agents"][0]["type"]) == (1, "reinforcement_learning")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
    assert (table.status_code, "learning.png" in table.text) == (404, True)
    assert [each.status_code for each in theirs] == [404, 404, 404]


async def test_an_agent_that_is_ready_has_left_its_place_and_can_be_deleted_before_its_job_says_that_it_has_ended(studio: World) -> None:
    coach = Coach(studio, await studio.user(Tier.FREE))
    environment_id = await coach.make()
    first, _ = await coach.train(environment_id), await coach.train(environment_id)
    full = await coach.call("POST", f"/{environment_id}/train", TRAINING)
    end = await coach.end_of(first["job_id"], coach.learnt())

    await studio.gateway.platform.job_parts.follow.missed(end)
    ready = await coach.get(f"/{environment_id}/agents/{first['agent_id']}")
    job = await coach.get(f"/{environment_id}/train/{first['job_id']}")
    third = await coach.call("POST", f"/{environment_id}/train", TRAINING)
    gone = await coach.call("DELETE", f"/{environment_id}/agents/{first['agent_id']}")
    busy = await coach.call("DELETE", f"/{environment_id}")

    assert (ready["status"], job["status"]) == ("ready", "queued")
    assert (full.status_code, third.status_code, gone.status_code) == (403, 202, 200)
    assert (busy.status_code, first["job_id"] in busy.text) == (409, False)


async def test_agents_stand_after_the_models_in_the_list_of_models_and_are_shown_in_its_words(coach: Coach, eve: User) -> None:
    environment_id = await coach.make()
    model = (await coach.user.http.post(MODELS, json=new_model())).json()
    ready = await coach.trained(environment_id)
    lost = await coach.train(environment_id)
    await coach.heard(lost["job_id"])
    await coach.call("POST", f"/{environment_id}/train/{lost['job_id']}/cancel")

    async def of(**query: Any) -> tuple[list[str], int]:
        found = (await coach.user.http.get(MODELS, params=query)).json()
        return [row["id"] for row in found["models"]], found["total"]

    ids = [model["id"], ready["id"], lost["agent_id"]]
    shown, failed = [(await coach.user.http.get(f"{MODELS}/{each}")).json() for each in ids[1:]]
    theirs = await eve.http.get(f"{MODELS}/{ready['id']}")
    odd = await coach.user.http.get(f"{MODELS}/{environment_id}")

    assert await of() == (ids, 3)
    assert await of(type="reinforcement_learning") == (ids[1:], 2)
    assert await of(type="random_forest") == (ids[:1], 1)
    assert [await of(limit=1, offset=offset) for offset in range(4)] == [*(([each], 3) for each in ids), ([], 3)]
    assert await of(limit=2) == (ids[:2], 3)
    assert [await of(status=word) for word in ("created", "ready", "failed")] == [([each], 1) for each in ids]
    assert (shown["type"], shown["status"], shown["target"]) == ("reinforcement_learning", "ready", "sharpe_ratio")
    assert (shown["parameters"]["environment_id"], shown["parameters"]["n_epochs"]) == (environment_id, 10)
    assert (shown["metrics"]["mean_reward"], shown["metrics"]["accuracy"]) == (0.2, None)
    assert shown["reasons"]["metrics.win_rate"] == "There were no trades."
    assert "mean_reward" in shown["reasons"]["metrics.accuracy"]
    assert (failed["metrics"], failed["reasons"]["metrics"]) == (None, "The training was cancelled.")
    assert [each.status_code for each in (theirs, odd)] == [404, 404]


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"agent_type": "pppo"}, "agent_type", "'ppo'"),
        ({"agent_type": "sac"}, "agent_type", "ppo, a2c, dqn can"),
        ({"hyperparameters": {"learning_rat": 0.1}}, "hyperparameters", "'learning_rate'"),
        ({"hyperparameters": {"gamma": 2}}, "hyperparameters", "up to 1"),
        ({"hyperparameters": {f"x{number}": 1 for number in range(1000)}}, "hyperparameters", "and 980 more"),
        ({"eval_freq": 30_000}, "eval_freq", "at most total_timesteps"),
        ({"total_timestep": 1}, "total_timestep", "'total_timesteps'"),
        ({"network_architecture": {"policy_net": [64]}}, "network_architecture.policy_net", "'policy_network'"),
        ({"seeds": 21}, "seeds", "20"),
    ],
)
async def test_what_cannot_learn_is_refused_by_field_with_what_can(coach: Coach, changes: dict[str, Any], field: str, said: str) -> None:
    answer = await coach.call("POST", f"/{await coach.make()}/train", TRAINING | changes)

    assert answer.status_code == 422, answer.text
    assert said in " ".join(answer.json()["error"]["details"][field])


async def test_a_training_is_cancelled_or_fails_and_its_agent_says_why(coach: Coach) -> None:
    environment_id = await coach.make()
    one, other = await coach.train(environment_id), await coach.train(environment_id, agent_type="dqn", hyperparameters={})
    await coach.heard(one["job_id"])
    cancelled = await coach.call("POST", f"/{environment_id}/train/{one['job_id']}/cancel")
    await coach.fail(other["job_id"], "All bars are the same.")
    failed = await coach.becomes(f"/{environment_id}/train/{other['job_id']}", "failed")
    rows = [await coach.get(f"/{environment_id}/agents/{each['agent_id']}") for each in (one, other)]
    again = await coach.call("POST", f"/{environment_id}/train/{one['job_id']}/cancel")
    run = await coach.call("POST", f"/{environment_id}/agents/{other['agent_id']}/run", {"episodes": 1})

    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert (failed["error"], failed["progress"]["timesteps"]) == ("All bars are the same.", 0)
    assert [(row["status"], row["reasons"]["metrics"]) for row in rows] == [
        ("cancelled", "The training was cancelled."),
        ("failed", "All bars are the same."),
    ]
    assert again.status_code == 409
    assert (run.status_code, run.json()["error"]["details"]) == (409, {"status": ["The agent is failed."]})


async def test_an_agent_runs_on_other_days_and_says_where_it_has_learned_from_them(coach: Coach, eve: User) -> None:
    environment_id = await coach.make()
    agent = await coach.trained(environment_id)
    path = f"/{environment_id}/agents/{agent['id']}"
    unseen = (await coach.call("POST", f"{path}/run", {"episodes": 2, "render": True})).json()
    seen = (await coach.call("POST", f"{path}/run", {"episodes": 2, "data_source": SOURCE})).json()
    before = await coach.get(f"{path}/runs/{seen['run_id']}")
    specs = [(await coach.heard(each["run_id"].replace("run_", "job_"))).spec for each in (unseen, seen)]
    for each, period in ((unseen, JUDGED), (seen, LEARNED)):
        await coach.complete(each["run_id"].replace("run_", "job_"), coach.played(period=period))
    done, warned = [await coach.becomes(f"{path}/runs/{each['run_id']}", "completed") for each in (unseen, seen)]
    picture = await coach.call("GET", f"{path}/runs/{unseen['run_id']}/plots/equity.png")
    listed = await coach.get(f"{path}/runs")
    theirs = await Coach(coach.world, eve).call("GET", f"{path}/runs/{unseen['run_id']}")

    assert list(differences(RUN, unseen)) == []
    assert "results" not in before
    assert list(differences(RUN | {"completed_at": AT, "results": RESULTS}, done)) == []
    assert [(spec["environment"]["start_date"], spec["episodes"], spec["render"]) for spec in specs] == [
        (str(JUDGED.start.date()), 2, True),
        ("2005-01-01", 2, False),
    ]
    assert (done["results"]["warnings"], len(done["results"]["trades"])) == ([], 1)
    assert "has learned from AAPL" in warned["results"]["warnings"][0]
    assert picture.status_code == 200
    assert [row["run_id"] for row in listed["runs"]] == [seen["run_id"], unseen["run_id"]]
    assert theirs.status_code == 404


async def test_a_run_is_refused_on_other_candles_than_the_agent_can_trade_and_cancelled(coach: Coach) -> None:
    environment_id = await coach.make()
    agent = await coach.trained(environment_id)
    path = f"/{environment_id}/agents/{agent['id']}"
    several = {"data_source": SOURCE | {"dataset_ids": ["packaged_MSFT_1d"]}}
    refused = [
        await coach.call("POST", f"{path}/run", body) for body in (several, {"episode": 3}, {"data_source": {"start_date": "2030-01-01"}})
    ]
    # Few days are enough to play, and would be too few to learn from.
    week = {"deterministic": True, "data_source": SOURCE | {"start_date": "2012-12-03", "end_date": "2012-12-14"}}
    run = (await coach.call("POST", f"{path}/run", week)).json()
    await coach.heard(run["run_id"].replace("run_", "job_"))
    busy = await coach.call("DELETE", path)
    cancelled = await coach.call("POST", f"{path}/runs/{run['run_id']}/cancel")
    gone = await coach.call("DELETE", path)
    strange = [await coach.call("GET", f"{path}/runs/{name}") for name in ("run_1", agent["job_id"].replace("job_", "run_"))]

    assert [answer.status_code for answer in refused] == [422, 422, 422]
    assert "trades 1 symbols; these are 2" in refused[0].text
    assert "'episodes'" in refused[1].text
    assert (busy.status_code, cancelled.json()["status"], gone.status_code) == (409, "cancelled", 200)
    assert [answer.status_code for answer in strange] == [404, 404]


async def test_agents_are_forgotten_and_exported_with_their_account(coach: Coach) -> None:
    environment_id = await coach.make(parameters=PARAMETERS | {"timeframe": "1d"}, name=NEW["name"])
    await coach.trained(environment_id)
    parts = coach.world.gateway.engine.environments
    await parts.forget(coach.user.account_id)
    await parts.forget(coach.user.account_id)

    assert (await coach.get())["total"] == 0
