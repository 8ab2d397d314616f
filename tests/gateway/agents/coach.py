"""What stories about agents do: make environments, train agents in them, and end their jobs as the training service would."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import httpx

from libs.contracts.agents import AcrossSeeds, AgentResult, AgentRunResult, Evaluation, Period, SeedResult
from libs.contracts.backtests import BacktestTrade
from libs.contracts.envelope import Message
from libs.contracts.jobs import JobCompleted, JobFailed, JobProgressed, JobRequested
from libs.contracts.training import JobError
from tests.gateway.studio.doubles import STARTED, a_png
from tests.gateway.studio.world import User, World
from tests.waiting import until

ENVIRONMENTS: Final = "/v1/ai/rl-environments"
FIRST: Final = datetime(2005, 1, 3, 21, tzinfo=UTC)
LEARNED: Final = Period(start=FIRST, end=FIRST + timedelta(days=2300), bars=1590)
JUDGED: Final = Period(start=FIRST + timedelta(days=2345), end=FIRST + timedelta(days=2915), bars=393)
METRICS: Final = {
    "mean_reward": 0.2,
    "std_reward": 0.05,
    "max_reward": 0.3,
    "min_reward": 0.1,
    "total_return": 0.12,
    "sharpe_ratio": 0.8,
    "sortino_ratio": 1.1,
    "max_drawdown": 0.09,
    "win_rate": None,
    "total_trades": 0.0,
}
BASELINES: Final[dict[str, dict[str, float | None]]] = {
    name: {"total_return": earned} for name, earned in (("buy_and_hold", 0.3), ("random", -0.1), ("flat", 0.0))
}
LONE: Final = AcrossSeeds(metric="total_return", mean=0.12, std=None, best=None, worst=None, iqm=None, iqm_interval=None)
# Doing nothing has no Sharpe ratio.
BASELINES["flat"]["sharpe_ratio"] = None
# As documented.
PARAMETERS: Final[dict[str, Any]] = {
    "symbols": ["AAPL"],
    "initial_balance": 100000,
    "commission": 0.001,
    "reward_function": "sharpe_ratio",
    "state_space": ["price_history", "volume_history", "position", "balance"],
    "action_space": "discrete",
}
SOURCE: Final = {"type": "historical", "dataset_id": "packaged_AAPL_1d", "start_date": "2005-01-01", "end_date": "2012-12-31"}
NEW: Final[dict[str, Any]] = {"name": "StockTradingEnv-AAPL", "type": "stock_trading", "parameters": PARAMETERS, "data_source": SOURCE}
TRAINING: Final[dict[str, Any]] = {
    "agent_type": "ppo",
    "hyperparameters": {"learning_rate": 0.0003, "n_steps": 2048, "batch_size": 64, "clip_range_vf": None},
    "network_architecture": {"policy_network": [64, 64], "value_network": [64, 64]},
    "total_timesteps": 20_000,
    "eval_freq": 1000,
}


@dataclass
class Coach:
    """Asks as a user, and ends jobs as the training service would."""

    world: World
    user: User

    async def call(self, method: str, path: str = "", body: Any = None, *, key: str | None = None, **query: Any) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else None
        return await self.user.http.request(method, f"{ENVIRONMENTS}{path}", json=body, headers=headers, params=query)

    async def get(self, path: str = "", **query: Any) -> Any:
        answer = await self.call("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def make(self, **changes: Any) -> str:
        answer = await self.call("POST", "", NEW | changes)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def train(self, environment_id: str, **changes: Any) -> dict[str, Any]:
        answer = await self.call("POST", f"/{environment_id}/train", TRAINING | changes)
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    async def trained(self, environment_id: str, **changes: Any) -> dict[str, Any]:
        """Train an agent to its end and return it."""
        accepted = await self.train(environment_id, **changes)
        await self.complete(accepted["job_id"], self.learnt())
        # Its job ends last, and holds its place until then.
        await self.becomes(f"/{environment_id}/train/{accepted['job_id']}", "completed")
        return await self.becomes(f"/{environment_id}/agents/{accepted['agent_id']}", "ready")

    async def becomes(self, path: str, status: str) -> dict[str, Any]:
        """Wait until what is at a path has a status, and return it."""
        found: dict[str, Any] = {}

        async def there() -> bool:
            found.update((await self.call("GET", path)).json())
            return found.get("status") == status

        await until(there, what=f"{path} {status}")
        return found

    async def job_of(self, environment_id: str) -> dict[str, Any]:
        """Wait until an agent trains in an environment, and return it."""
        found: list[dict[str, Any]] = []

        async def there() -> bool:
            found[:] = (await self.get(f"/{environment_id}/agents"))["agents"]
            return bool(found)

        await until(there, what=f"an agent in {environment_id}")
        return found[0]

    async def heard(self, job_id: str) -> JobRequested:
        async def here() -> bool:
            return job_id in self.world.training.job_requests

        await until(here, what=f"the request of {job_id}")
        return self.world.training.job_requests[job_id]

    async def progress(self, job_id: str, *, timesteps: int, **metrics: float) -> None:
        await self.heard(job_id)
        await self.world.training.bus.publish(
            JobProgressed(
                **self.world.training.of_job(job_id),
                attempt=1,
                started_at=STARTED,
                progress=25,
                stage="Learning",
                step=timesteps,
                total_steps=20_000,
                metrics={"timesteps": float(timesteps), "seed": 0.0} | metrics,
                logs=(),
                estimated_completion=None,
            )
        )

    async def complete(self, job_id: str, result: Message) -> JobCompleted:
        end = await self.end_of(job_id, result)
        await self.world.training.bus.publish(end)
        return end

    async def end_of(self, job_id: str, result: Message) -> JobCompleted:
        """Return what tells that a job has ended well, without telling it."""
        request = await self.heard(job_id)
        work = {"started_at": STARTED, "ended_at": STARTED + timedelta(minutes=2), "compute_hours": Decimal("0.002")}
        told = {"spec": request.spec, "result": result.model_dump(mode="json")}
        return JobCompleted(**self.world.training.of_job(job_id), **work, **told, logs=())

    async def fail(self, job_id: str, message: str) -> None:
        await self.heard(job_id)
        work = {"started_at": STARTED, "ended_at": STARTED + timedelta(minutes=1), "compute_hours": Decimal("0.001")}
        error = JobError(type="InvalidError", message=message)
        await self.world.training.bus.publish(JobFailed(**self.world.training.of_job(job_id), **work, attempts=1, error=error, logs=()))

    def learnt(self) -> AgentResult:
        """Return what a training of an agent answers, its files in the store."""
        put = self.world.training.artifacts.put
        row = SeedResult(seed=0, mean_reward=0.2, std_reward=0.05, total_return=0.12, sharpe_ratio=0.8, max_drawdown=0.09, best=True)
        return AgentResult(
            policy=put(b"an ONNX file"),
            manifest=put(b"{}"),
            metrics=METRICS,
            baselines=BASELINES,
            seeds=(row,),
            across_seeds=(LONE,),
            single_seed=True,
            training=LEARNED,
            evaluation=JUDGED,
            purged_bars=30,
            evaluations=(Evaluation(seed=0, timesteps=1000, mean_reward=0.1, std_reward=0.0, max_reward=0.1, min_reward=0.1),),
            timesteps=20_000,
            files={"learning.png": put(a_png("learning")), "table": put(b"a table")},
            reasons={"win_rate": "There were no trades.", "std": "there is one seed", "iqm": "there is one seed"},
            run_card={"data_source": "bokeh-sampledata", "synthetic": False},
        )

    def played(self, *, period: Period = JUDGED) -> AgentRunResult:
        """Return what a run answers."""
        trade = BacktestTrade(
            symbol="AAPL",
            entered_at=period.start,
            left_at=period.end,
            entry_price=10.0,
            exit_price=11.0,
            shares=100.0,
            bars=20,
            net_return=0.098,
            profit=98.0,
            reason="end",
        )
        return AgentRunResult(
            episodes=2,
            mean_reward=1.5,
            std_reward=0.5,
            max_reward=2.0,
            min_reward=1.0,
            total_timesteps=786,
            total_return=0.1,
            metrics={"sharpe_ratio": 0.9, "max_drawdown": 0.1, "win_rate": 1.0},
            episode_rewards=(1.0, 2.0),
            episode_returns=(0.08, 0.12),
            baselines=BASELINES,
            trades=(trade,),
            equity_curve=((period.start, 100_000.0, 0.0), (period.end, 110_000.0, 0.0)),
            period=period,
            files={"equity.png": self.world.training.artifacts.put(a_png("equity"))},
        )
