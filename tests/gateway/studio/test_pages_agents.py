"""Pages of environments and agents as a reader without scripts meets them: made, trained, measured, let loose."""

import pytest

from tests.gateway.agents.coach import Coach
from tests.gateway.studio.reader import as_user, reader, text_of
from tests.gateway.studio.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")
AGENTS = "/app/agents"
FORM: dict[str, str | list[str]] = {
    "name": "StockTradingEnv-AAPL",
    "type": "stock_trading",
    "dataset_ids": "packaged_AAPL_1d",
    "start_date": "2005-01-01",
    "end_date": "2012-12-31",
    "state_space": ["price_history", "position", "rsi_14"],
    "initial_balance": "100000",
    "window": "30",
    "reward_function": "sharpe_ratio",
}


async def test_an_agent_is_trained_in_an_environment_shown_beside_its_baselines_and_let_loose(studio: World) -> None:
    # given
    somebody, other = await reader(studio), await reader(studio)
    coach = Coach(studio, as_user(studio, somebody))
    empty = text_of(await somebody.open(AGENTS))

    # when an environment is made, and an agent trained in it
    wrong = await somebody.send(f"{AGENTS}/new", action="make", **FORM | {"window": "900"})
    made = await somebody.send(f"{AGENTS}/new", action="make", **FORM)
    page = made.headers["location"]
    facts = text_of(await somebody.open(page))
    unknown = await somebody.send(page, action="train", agent_type="ppo", total_timesteps="20000", hyperparameters='{"learnin_rate": 1}')
    started = await somebody.send(page, action="train", agent_type="ppo", total_timesteps="20000", seeds="1", check_learnability="true")
    training = started.headers["location"]
    job_id = training.rpartition("/")[2]
    queued = await somebody.open(training)
    await coach.progress(job_id, timesteps=5000, mean_reward=125.5, std_reward=45.2, max_reward=350.0, min_reward=-50.0)
    await coach.becomes(training.removeprefix(AGENTS), "running")
    running = text_of(await somebody.open(training))
    await coach.complete(job_id, coach.learnt())
    await coach.becomes(training.removeprefix(AGENTS), "completed")
    agent_id = (await coach.get(f"{page.removeprefix(AGENTS)}/agents"))["agents"][0]["id"]
    agent_page = f"{page}/agents/{agent_id}"
    await coach.becomes(agent_page.removeprefix(AGENTS), "ready")
    done = await somebody.open(training)
    agent = await somebody.open(agent_page)
    picture = await somebody.http.get(f"{agent_page}/plots/learning.png")

    # then
    assert "No environments yet" in empty
    assert wrong.status_code == 422
    assert 'id="window-wrong"' in wrong.text
    assert "AAPL, 1d" in facts
    assert "None has been trained yet." in facts
    assert unknown.status_code >= 400
    assert "learning_rate" in text_of(unknown.text)
    assert "<noscript><meta http-equiv" in queued
    assert "5,000 of 20,000 steps" in running
    assert "125.5000" in running
    assert f'href="{agent_page}"' in done
    assert "One seed has learned: its figures may be luck." in text_of(agent)
    assert "Total return 0.1200 0.3000 -0.1000 0.0000" in text_of(agent)
    assert "There were no trades." in agent
    assert "<mb-chart" in agent
    assert picture.headers["content-type"] == "image/png"
    for path in (page, training, agent_page, f"{agent_page}/plots/learning.png"):
        await other.open(path, status=404)


async def test_an_agent_is_let_loose_and_its_run_is_read(studio: World) -> None:
    # given
    somebody, other = await reader(studio), await reader(studio)
    coach = Coach(studio, as_user(studio, somebody))
    agent = await coach.trained(await coach.make())
    agent_page = f"{AGENTS}/{agent['environment_id']}/agents/{agent['id']}"

    # when
    refused = await somebody.send(agent_page, action="run", episodes="2", start_date="1990-01-01", end_date="1990-02-01")
    run = await somebody.send(agent_page, action="run", episodes="2", render="true")
    run_page = run.headers["location"]
    waiting = await somebody.open(run_page)
    await coach.complete(run_page.rpartition("/")[2].replace("run_", "job_"), coach.played())
    await coach.becomes(run_page.removeprefix(AGENTS), "completed")
    played = await somebody.open(run_page)

    # then
    assert refused.status_code == 422
    assert "<noscript><meta http-equiv" in waiting
    assert "Equity of the first episode" in text_of(played)
    assert "AAPL Long" in text_of(played)
    assert f'src="{run_page}/plots/equity.png"' in played
    assert f'href="{run_page}"' in await somebody.open(agent_page)
    await other.open(run_page, status=404)


async def test_a_training_is_cancelled_and_an_agent_and_its_environment_are_deleted(studio: World) -> None:
    somebody = await reader(studio)
    coach = Coach(studio, as_user(studio, somebody))
    environment_id = await coach.make()
    accepted = await coach.train(environment_id)
    page, training = f"{AGENTS}/{environment_id}", f"{AGENTS}/{environment_id}/train/{accepted['job_id']}"

    busy = await somebody.send(page, action="delete")
    cancelled = await somebody.send(training, action="cancel")
    ended = text_of(await somebody.open(training))
    gone = await somebody.send(f"{page}/agents/{accepted['agent_id']}", action="delete")
    all_gone = await somebody.send(page, action="delete")

    assert busy.status_code == 409
    assert (cancelled.status_code, gone.status_code, all_gone.status_code) == (303, 303, 303)
    assert "Cancelled" in ended
    assert (gone.headers["location"], all_gone.headers["location"]) == (page, AGENTS)
