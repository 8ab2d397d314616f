"""What each type of agent can be tuned by: the names that stable-baselines3 has for its arguments, with what is allowed and meant."""

from collections.abc import Mapping
from typing import Final

from libs.contracts.algorithm import flag, integer, number
from libs.contracts.hyperparameters import Hyperparameter, HyperparameterValue
from libs.contracts.names import did_you_mean, listed
from libs.contracts.problems import first_problems

SHOWN: Final = 64
BUFFER_MOST: Final = 200_000
"""Steps that an agent remembers at most: a step of a wide state takes some 2 KB, twice."""


def _nullable(name: str, span: tuple[float, float], description: str) -> Hyperparameter:
    low, high = span
    return Hyperparameter(
        name=name, type="number", default=None, minimum=low, maximum=high, open_minimum=True, nullable=True, description=description
    )


def _common(*, learning_rate: float) -> tuple[Hyperparameter, ...]:
    return (
        number("learning_rate", learning_rate, (0.0, 1.0), "Step of the optimiser.", above=True),
        number("gamma", 0.99, (0.0, 1.0), "Weight of a reward one step later.", above=True),
    )


def _on_policy(*, gae_lambda: float, normalised: bool) -> tuple[Hyperparameter, ...]:
    return (
        number("gae_lambda", gae_lambda, (0.0, 1.0), "Between one step's error (0) and whole episodes (1) in estimating advantages."),
        flag("normalize_advantage", default=normalised, description="Whether advantages have mean 0 and deviation 1 in each update."),
        number("ent_coef", 0.0, (0.0, 1.0), "Weight of the policy's entropy: more of it explores more."),
        number("vf_coef", 0.5, (0.0, 10.0), "Weight of the value's error."),
        number("max_grad_norm", 0.5, (0.0, 100.0), "Longest gradient of an update.", above=True),
    )


def _off_policy(*, batch_size: int, tau: float, train_freq: int) -> tuple[Hyperparameter, ...]:
    return (
        integer("buffer_size", 100_000, (100, BUFFER_MOST), "Steps that are remembered."),
        integer("learning_starts", 100, (0, 1_000_000), "Steps before the first update."),
        integer("batch_size", batch_size, (1, 4096), "Steps of an update."),
        number("tau", tau, (0.0, 1.0), "How far a target network moves in an update.", above=True),
        integer("train_freq", train_freq, (1, 10_000), "Steps between two updates."),
        integer("gradient_steps", 1, (1, 1000), "Gradients of an update."),
    )


_PPO: Final = (
    *_common(learning_rate=3e-4),
    integer("n_steps", 2048, (2, 65_536), "Steps of all environments together before an update."),
    integer("batch_size", 64, (2, 65_536), "Steps of a gradient."),
    integer("n_epochs", 10, (1, 100), "How often an update goes through its steps."),
    *_on_policy(gae_lambda=0.95, normalised=True),
    number("clip_range", 0.2, (0.0, 1.0), "How far the policy's probabilities may move in an update.", above=True),
    _nullable("clip_range_vf", (0.0, 100.0), "The same of the value; null: it is not clipped."),
    _nullable("target_kl", (0.0, 1.0), "Divergence at which an update ends early; null: none."),
)
_A2C: Final = (
    *_common(learning_rate=7e-4),
    integer("n_steps", 5, (1, 65_536), "Steps of each environment before an update."),
    *_on_policy(gae_lambda=1.0, normalised=False),
    flag("use_rms_prop", default=True, description="Whether RMSprop is used, and Adam otherwise."),
    number("rms_prop_eps", 1e-5, (0.0, 1.0), "RMSprop's epsilon.", above=True),
)
_DQN: Final = (
    *_common(learning_rate=1e-4),
    *_off_policy(batch_size=32, tau=1.0, train_freq=4),
    integer("target_update_interval", 10_000, (1, 1_000_000), "Steps between two moves of the target network."),
    number("exploration_fraction", 0.1, (0.0, 1.0), "Share of the training in which random actions become few.", above=True),
    number("exploration_initial_eps", 1.0, (0.0, 1.0), "Share of random actions at first."),
    number("exploration_final_eps", 0.05, (0.0, 1.0), "Share of random actions in the end."),
    number("max_grad_norm", 10.0, (0.0, 100.0), "Longest gradient of an update.", above=True),
)
_ENTROPY: Final = Hyperparameter(
    name="ent_coef", type="number", default="auto", minimum=0.0, maximum=10.0, choices=("auto",), description="Weight of the entropy."
)
_SAC: Final = (
    *_common(learning_rate=3e-4),
    *_off_policy(batch_size=256, tau=0.005, train_freq=1),
    _ENTROPY,
    integer("target_update_interval", 1, (1, 1_000_000), "Updates between two moves of the target networks."),
)
_TD3: Final = (
    *_common(learning_rate=1e-3),
    *_off_policy(batch_size=256, tau=0.005, train_freq=1),
    integer("policy_delay", 2, (1, 100), "Updates of the critics for each of the policy."),
    number("target_policy_noise", 0.2, (0.0, 1.0), "Deviation of the noise on target actions."),
    number("target_noise_clip", 0.5, (0.0, 1.0), "Largest noise on target actions."),
)
AGENT_HYPERPARAMETERS: Final[Mapping[str, Mapping[str, Hyperparameter]]] = {
    agent: {each.name: each for each in parameters}
    for agent, parameters in {"ppo": _PPO, "a2c": _A2C, "dqn": _DQN, "sac": _SAC, "td3": _TD3}.items()
}
"""By type of agent, then by name."""


def check_agent_hyperparameters(agent_type: str, given: Mapping[str, object]) -> list[str]:
    """Return what is wrong with hyperparameters of a known type of agent, a sentence each."""
    known = AGENT_HYPERPARAMETERS[agent_type]
    wrong = [name for name, value in given.items() if name not in known or not known[name].takes(value)]
    return first_problems(wrong, lambda name: ("wrong", _problem(agent_type, name))).get("wrong", [])


def _problem(agent_type: str, name: str) -> str:
    known = AGENT_HYPERPARAMETERS[agent_type]
    if name in known:
        return f"Invalid parameter '{name}': {known[name].allowed()}."
    return f"Unknown parameter '{name[:SHOWN]}'.{did_you_mean(name, known) or f' {agent_type} has {listed(list(known), most=20)}.'}"


def complete_agent_hyperparameters(agent_type: str, given: Mapping[str, HyperparameterValue]) -> dict[str, HyperparameterValue]:
    """Return every hyperparameter of a type of agent, the given ones over the defaults."""
    return {name: given.get(name, each.default) for name, each in AGENT_HYPERPARAMETERS[agent_type].items()}
