"""AI Engine's answers about agents, made of jobs and of what they have left; what is null has its reason under `reasons`."""

from collections.abc import Mapping
from typing import Any, Final

from libs.contracts.agent_hyperparameters import complete_agent_hyperparameters
from libs.contracts.agents import AgentResult, AgentRunResult, AgentRunSpec, AgentSpec, Period
from libs.contracts.job_kinds import shown_spec
from libs.contracts.training import JobState
from modelbourse.answers.engine import agents as answers
from services.gateway.domain.environments.environment import Agent, AgentStatus
from services.gateway.domain.jobs.errors import JobNotFoundError
from services.gateway.domain.jobs.job import Job

JOB_WORDS: Final[Mapping[JobState, answers.JobStatus]] = {
    JobState.QUEUED: "queued",
    JobState.RUNNING: "running",
    JobState.SUCCEEDED: "completed",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "cancelled",
}
REWARDS: Final = ("mean_reward", "std_reward", "max_reward", "min_reward")
WAITS, RUNS = "It waits for a worker.", "It has not ended."
NOT_EVALUATED: Final = "It has not been evaluated yet."
NOT_ASKED: Final = "It was not asked for: `check_learnability`."
NOT_TIMED: Final = "It was not measured."
CANCELLED: Final = "It was cancelled."
SPREADS: Final = ("std", "best", "worst", "iqm", "iqm_interval")
ONE_SEED: Final = "There is one seed."
FEW_SEEDS: Final = "Fewer than two seeds have the figure."
UNDEFINED: Final[Mapping[str, str]] = {
    "mean": "No seed has the figure.",
    "sharpe_ratio": "Its returns do not vary.",
    "sortino_ratio": "No bar lost.",
    "win_rate": "There are no trades.",
}
IN_SAMPLE: Final = (
    "These days begin before {end}, to when the agent has learned from {symbols}: what it does in days that it knows proves little."
)


def accepted_of(job: Job) -> answers.AcceptedAgent:
    """Return a training that was accepted."""
    return answers.AcceptedAgent(**_about(job, shown_spec(AgentSpec, job.spec)))


def training_of(job: Job) -> answers.AgentTraining:
    """Return a training as it stands."""
    spec = shown_spec(AgentSpec, job.spec)
    total = spec.total_timesteps * spec.seeds
    done = total if job.state is JobState.SUCCEEDED else int(job.metrics.get("timesteps") or 0)
    rewards = _rewards_of(job)
    return answers.AgentTraining(
        **_about(job, spec),
        **_times(job),
        **_error(job),
        progress=answers.AgentProgress(
            timesteps=min(done, total),
            total_timesteps=total,
            metrics=answers.Rewards(**rewards),
            stage=job.stage or JOB_WORDS[job.state],
            percent=job.progress,
            reasons={f"metrics.{name}": NOT_EVALUATED for name, value in rewards.items() if value is None},
        ),
        reasons=_time_reasons(job),
    )


def agent_row_of(agent: Agent) -> answers.AgentRow:
    """Return an agent in short."""
    return answers.AgentRow(**_row(agent))


def agent_of(agent: Agent) -> answers.Agent:
    """Return all there is to say of an agent."""
    spec, row = agent.spec, _row(agent)
    reasons = row["reasons"] | ({} if agent.result else {"results": row["reasons"]["metrics"]})
    return answers.Agent(
        **row | {"reasons": reasons},
        hyperparameters=complete_agent_hyperparameters(spec.agent_type, spec.hyperparameters),
        network_architecture={name: list(widths) for name, widths in dict(spec.network_architecture).items()},
        total_timesteps=spec.total_timesteps,
        eval_freq=spec.eval_freq,
        seeds=spec.seeds,
        seed=spec.seed,
        results=_results_of(agent.result) if agent.result else None,
    )


def run_row_of(job: Job) -> answers.AcceptedRun:
    """Return a run in short."""
    return answers.AcceptedRun(**_run_about(job, shown_spec(AgentRunSpec, job.spec)))


def run_of(job: Job) -> answers.AgentRun:
    """Return a run as it stands, without the key `results` until it has completed."""
    spec = shown_spec(AgentRunSpec, job.spec)
    results: dict[str, Any] = {"results": _run_results_of(job, spec)} if job.state is JobState.SUCCEEDED and job.result else {}
    return answers.AgentRun(**_run_about(job, spec), **_times(job), **_error(job), **results, reasons=_time_reasons(job))


def run_id_of(job_id: str) -> str:
    """Return the id of a run, by that of its job."""
    return f"run_{job_id.removeprefix('job_')}"


def job_id_of(run_id: str) -> str:
    """Return the id of a run's job."""
    return f"job_{run_id.removeprefix('run_')}"


def check_belongs(job: Job, *, environment_id: str, agent_id: str | None = None) -> Job:
    """Return the job. Raise JobNotFoundError for one of another environment or agent."""
    spec: Mapping[str, Any] = job.spec or {}
    if spec.get("environment_id") != environment_id or (agent_id is not None and spec.get("agent_id") != agent_id):
        raise JobNotFoundError(job.id, noun=f"{job.kind.noun} job")
    return job


def _about(job: Job, spec: AgentSpec) -> dict[str, Any]:
    ids = {"job_id": job.id, "environment_id": spec.environment_id, "agent_id": spec.agent_id}
    return ids | {"status": JOB_WORDS[job.state], "created_at": job.created_at}


def _run_about(job: Job, spec: AgentRunSpec) -> dict[str, Any]:
    ids = {"run_id": run_id_of(job.id), "environment_id": spec.environment_id, "agent_id": spec.agent_id}
    return ids | {"status": JOB_WORDS[job.state], "created_at": job.created_at}


def _times(job: Job) -> dict[str, Any]:
    return {"started_at": job.started_at, "completed_at": job.ended_at}


def _time_reasons(job: Job) -> dict[str, str]:
    reasons = {} if job.started_at else {"started_at": "It never began." if job.state.ended else WAITS}
    return reasons | ({} if job.ended_at else {"completed_at": RUNS})


def _error(job: Job) -> dict[str, Any]:
    if job.state is JobState.CANCELLED:
        return {"error": job.cancel_reason or CANCELLED}
    return {"error": job.error.message} if job.error else {}


def _rewards_of(job: Job) -> dict[str, float | None]:
    """Return the rewards of the last evaluation: the result's, when there is one."""
    told = (job.result or {}).get("metrics", {}) if job.state is JobState.SUCCEEDED else job.metrics
    return {name: told.get(name) for name in REWARDS}


def _row(agent: Agent) -> dict[str, Any]:
    whys = {AgentStatus.TRAINING: "It is still learning.", AgentStatus.READY: ""}
    reasons = {} if agent.result else {"metrics": whys.get(agent.status) or agent.reason or CANCELLED}
    return {
        "id": agent.id,
        "environment_id": agent.environment_id,
        "job_id": agent.job_id,
        "name": agent.name,
        "type": "reinforcement_learning",
        "agent_type": agent.spec.agent_type,
        "status": agent.status.value,
        "created_at": agent.created_at,
        "updated_at": agent.updated_at,
        "metrics": agent.result.metrics if agent.result else None,
        "reasons": reasons | (_own_reasons(agent.result) if agent.result else {}),
    }


def _results_of(result: AgentResult) -> answers.AgentResults:
    reasons = _own_reasons(result) | _null_figures_of(result)
    reasons |= {} if result.learnability else {"learnability": NOT_ASKED}
    reasons |= {} if result.steps_per_second else {"steps_per_second": NOT_TIMED}
    return answers.AgentResults(
        metrics=result.metrics,
        baselines=result.baselines,
        seeds=[answers.SeedRow(**dict(each)) for each in result.seeds],
        across_seeds=[
            answers.AcrossSeeds(**dict(each) | {"iqm_interval": list(each.iqm_interval) if each.iqm_interval else None})
            for each in result.across_seeds
        ],
        single_seed=result.single_seed,
        training=_bars_of(result.training),
        evaluation=_bars_of(result.evaluation),
        purged_bars=result.purged_bars,
        evaluations=[answers.CurvePoint(**dict(each)) for each in result.evaluations],
        learnability=result.learnability,
        timesteps=result.timesteps,
        steps_per_second=result.steps_per_second,
        plots=_pictures(result.files),
        warnings=list(result.warnings),
        run_card=result.run_card,
        reasons=reasons,
    )


def _null_figures_of(result: AgentResult) -> dict[str, str]:
    """Return why figures beside the served seed's own are null, by their paths: `across_seeds.0.std`, `baselines.flat.sharpe_ratio`."""
    lone = dict.fromkeys(SPREADS, ONE_SEED if result.single_seed else FEW_SEEDS)
    rows = [(f"across_seeds.{place}", dict(each)) for place, each in enumerate(result.across_seeds)]
    rows += [(f"seeds.{place}", dict(each)) for place, each in enumerate(result.seeds)]
    rows += [(f"baselines.{name}", dict(each)) for name, each in result.baselines.items()]
    known = {**lone, **UNDEFINED}
    return {f"{path}.{name}": known.get(name, NOT_TIMED) for path, values in rows for name, value in values.items() if value is None}


def _own_reasons(result: AgentResult) -> dict[str, str]:
    """Return why the served seed's figures are null, by their names; what its seeds lack together has paths."""
    return {name: why for name, why in result.reasons.items() if name not in SPREADS}


def _run_results_of(job: Job, spec: AgentRunSpec) -> answers.RunResults:
    result = AgentRunResult.model_validate(job.result, extra="ignore")
    shown = {name: value for name, value in dict(result).items() if name in answers.RunResults.model_fields}
    trades = [answers.RunTrade(**{name: getattr(each, name) for name in answers.RunTrade.model_fields}) for each in result.trades]
    return answers.RunResults(
        **shown
        | {
            "trades": trades,
            "period": _bars_of(result.period),
            "plots": _pictures(result.files),
            "warnings": [*_in_sample(spec, result), *result.warnings],
            "equity_curve": [[at, equity, drawdown] for at, equity, drawdown in result.equity_curve],
        }
    )


def _in_sample(spec: AgentRunSpec, result: AgentRunResult) -> list[str]:
    """Say it where an agent is played on days that it has learned from."""
    learned = spec.learned
    if learned is None or not set(learned.symbols) & set(spec.environment.symbols) or result.period.start > learned.end:
        return []
    return [IN_SAMPLE.format(end=learned.end.date(), symbols=", ".join(learned.symbols))]


def _bars_of(period: Period) -> answers.Bars:
    return answers.Bars(**dict(period))


def _pictures(files: Mapping[str, Any]) -> list[str]:
    return sorted(name for name in files if "." in name)
