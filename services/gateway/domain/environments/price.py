"""What agents are expected to take of a core: by their steps, their gradients and the networks that those go through.

Estimates for one thread of a server's core, on the safe side: they are set aside, and what is not used comes back.
docs/guides/reinforcement-learning.md tells what a training takes.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

from libs.contracts.agent_hyperparameters import complete_agent_hyperparameters
from libs.contracts.agents import AgentRunSpec, AgentSpec, NetworkArchitecture
from libs.contracts.environments import TradingEnvironment
from services.gateway.domain.jobs.backtest_price import BARS_A_DAY, DAYS_UNSAID

START_SECONDS: Final = 60.0
"""A new process with its imports, the compiled step, figures and pictures."""
STEP_SECONDS: Final = 0.0004
"""A step of the environment with the policy's answer."""
GRADIENT_SECONDS: Final = 0.004
"""A gradient of the usual networks; those of several critics count more."""
CRITICS: Final[Mapping[str, float]] = {"ppo": 1.0, "a2c": 1.0, "dqn": 1.0, "sac": 3.0, "td3": 2.0}
WEIGHTS_USUAL: Final = 64 * 64 + 64 * 128
BATCH_USUAL: Final = 256
# Each baseline is an episode, too.
BASELINES: Final = 3


def agent_seconds(spec: AgentSpec) -> float:
    """Return the seconds of a core for a training: steps, gradients and evaluations of all seeds, and of what is learned first to check."""
    given = complete_agent_hyperparameters(spec.agent_type, spec.hyperparameters)
    bars = _bars(spec.environment) * spec.evaluation_share
    evaluations = spec.total_timesteps // spec.eval_freq + 1
    steps = spec.total_timesteps + (evaluations + BASELINES) * bars
    gradients = _gradients(spec, given)
    batch = max(1.0, float(given.get("batch_size") or 1) / BATCH_USUAL)
    each = STEP_SECONDS * steps + GRADIENT_SECONDS * CRITICS[spec.agent_type] * _size(spec.network_architecture) * batch * gradients
    return START_SECONDS + each * (spec.seeds + spec.check_learnability)


def run_seconds(spec: AgentRunSpec) -> float:
    """Return the seconds of a core for a run: a step a bar and episode."""
    return START_SECONDS + STEP_SECONDS * _bars(spec.environment) * (spec.episodes + BASELINES)


def _gradients(spec: AgentSpec, given: Mapping[str, Any]) -> float:
    """Return how many gradients a seed takes, by the rules that stable-baselines3 has for each type of agent."""
    match spec.agent_type:
        case "ppo":
            a_step = given["n_epochs"] / given["batch_size"]
        case "a2c":
            a_step = 1 / (given["n_steps"] * spec.environments)
        case _:
            a_step = given["gradient_steps"] / (given["train_freq"] * spec.environments)
    return spec.total_timesteps * float(a_step)


def _size(networks: NetworkArchitecture) -> float:
    """Return how large networks are beside the usual ones, which cost what any small ones do."""
    weights = sum(a * b for layers in (networks.policy_network, networks.value_network) for a, b in pairwise((64, *layers)))
    return max(1.0, weights / WEIGHTS_USUAL)


def _bars(environment: TradingEnvironment) -> float:
    start, end = environment.start_date, environment.end_date
    days = (end - start).days + 1 if start and end else DAYS_UNSAID
    return BARS_A_DAY[environment.timeframe] * days
