"""Agents in the words of AI Engine's models, for lists and look-ups in which they stand beside what learns from rows."""

from collections.abc import Mapping
from typing import Any, Final

from libs.contracts.agent_hyperparameters import complete_agent_hyperparameters
from modelbourse.answers.engine import models as answers
from services.gateway.domain.environments.environment import Agent, AgentStatus
from services.gateway.domain.predictions.kept import NONE_KNOWN
from services.gateway.inbound.faces.ai_engine.predictions import live_metrics_of

# A model has no word for cancelled: it has failed to become one, and its reason says how.
STATUS_WORDS: Final[Mapping[AgentStatus, answers.ModelStatus]] = {
    AgentStatus.TRAINING: "training",
    AgentStatus.READY: "ready",
    AgentStatus.FAILED: "failed",
    AgentStatus.CANCELLED: "failed",
}
STILL_LEARNS: Final = "It is still learning."
CANCELLED: Final = "Its training was cancelled."
NOT_MEASURED: Final = "Its training did not measure it."
NO_VERSIONS: Final = "An agent has no versions: each training makes another one."
NOT_UNDER_WAY: Final = "Nothing trains it now."
ACTS: Final = "An agent acts and predicts nothing: see mean_reward and total_return."
NEVER_PREDICTS: Final = "An agent acts: no prediction of it is kept."


def agent_statuses(word: answers.ModelStatus | None) -> list[AgentStatus]:
    """Return which agents a list's query for models in a status asks for; without one, all of them."""
    return [status for status, said in STATUS_WORDS.items() if word in {None, said}]


def agent_row_of(agent: Agent) -> answers.EngineModelRow:
    """Return an agent as lists of models show it."""
    return answers.EngineModelRow(**_row(agent))


def agent_model_of(agent: Agent) -> answers.EngineModel:
    """Return an agent as a model: it looks at its state space, and its target is its reward."""
    spec, row = agent.spec, _row(agent)
    learns = agent.status is AgentStatus.TRAINING
    score, unscored = live_metrics_of(NONE_KNOWN)
    reasons = row["reasons"] | dict.fromkeys(unscored, NEVER_PREDICTS) | {"version": NO_VERSIONS}
    learned = {"agent_type": spec.agent_type, "environment_id": agent.environment_id, "total_timesteps": spec.total_timesteps}
    return answers.EngineModel(
        **row | {"reasons": reasons if learns else reasons | {"active_job_id": NOT_UNDER_WAY}},
        parameters=learned | {"seeds": spec.seeds} | complete_agent_hyperparameters(spec.agent_type, spec.hyperparameters),
        features=list(spec.environment.state_space),
        target=spec.environment.reward_function,
        symbols=list(spec.environment.symbols),
        timeframe=spec.environment.timeframe,
        version=None,
        active_job_id=agent.job_id if learns else None,
        live_metrics=score,
    )


def _row(agent: Agent) -> dict[str, Any]:
    metrics, reasons = _metrics_of(agent)
    return {
        "id": agent.id,
        "name": agent.name,
        "type": "reinforcement_learning",
        "status": STATUS_WORDS[agent.status],
        "created_at": agent.created_at,
        "updated_at": agent.updated_at,
        "metrics": metrics,
        "reasons": reasons,
    }


def _metrics_of(agent: Agent) -> tuple[answers.EngineMetrics | None, dict[str, str]]:
    """Return what an agent has measured in days that it has not learned from, and why values of it are null."""
    if agent.result is None:
        return None, {"metrics": STILL_LEARNS if agent.status is AgentStatus.TRAINING else agent.reason or CANCELLED}
    whys = dict.fromkeys(("accuracy", "mse", "mae"), ACTS)
    measured: dict[str, float | None] = dict.fromkeys(whys) | dict(agent.result.metrics)
    known = agent.result.reasons | whys
    return answers.EngineMetrics.model_validate(measured), {
        f"metrics.{name}": known.get(name, NOT_MEASURED) for name, value in measured.items() if value is None
    }
