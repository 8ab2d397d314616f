"""Many accounts of one environment for stable-baselines3: all of them are stepped in one compiled call."""

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from libs.quant.environments.stepping import (
    CUT_OFF,
    GOES_ON,
    RUINED,
    Accounts,
    Bars,
    Rules,
    Singles,
    begin,
    begin_all,
    look,
    look_all,
    new_accounts,
    step,
    step_all,
)

LARGEST: float = np.inf


def spaces_of(*, columns: int, choices: int, actions: int) -> tuple[spaces.Box, spaces.Space[Any]]:
    """Return what is seen and what can be done: one of `choices`, or where there are none `actions` numbers from -1 to 1."""
    seen = spaces.Box(-LARGEST, LARGEST, shape=(columns,), dtype=np.float32)
    return seen, spaces.Discrete(choices) if choices else spaces.Box(-1.0, 1.0, shape=(actions,), dtype=np.float32)


class CompiledVecEnv(VecEnv):
    """Accounts on the same bars, each in an episode of its own. Its `accounts` are all of its state."""

    def __init__(self, bars: Bars, rules: Rules, *, number: int, choices: int, columns: int, seed: int) -> None:
        symbols = bars.closes.shape[1]
        self.render_mode = None
        super().__init__(number, *spaces_of(columns=columns, choices=choices, actions=symbols))
        self.bars, self.rules, self.choices = bars, rules, choices
        self.accounts: Accounts = new_accounts(number, symbols=symbols, seed=seed)
        self._actions: Singles = np.zeros((number, 1 if choices else symbols), dtype=np.float32)
        self._seen, self._final = (np.zeros((number, columns), dtype=np.float32) for _ in range(2))
        self._rewards, self._ends = np.zeros(number, dtype=np.float32), np.zeros(number, dtype=np.int8)

    def reset(self) -> Singles:
        """Begin an episode of each account and return what they see."""
        begin_all(self.bars, self.rules, self.accounts)
        look_all(self.bars, self.rules, self.accounts, self._seen)
        return self._seen.copy()

    def step_async(self, actions: NDArray[Any]) -> None:
        """Take note of the actions."""
        self._actions[:] = np.asarray(actions, dtype=np.float32).reshape(self._actions.shape)

    def step_wait(self) -> tuple[Singles, Singles, NDArray[np.bool_], list[dict[str, Any]]]:
        """Fill the actions; those whose episode has ended are told of, and have begun another."""
        step_all(self.bars, self.rules, self.accounts, self._actions, self._seen, self._rewards, self._ends, self._final)
        done = self._ends != GOES_ON
        infos: list[dict[str, Any]] = [{}] * self.num_envs
        for each in np.flatnonzero(done).tolist():
            infos[each] = {
                "terminal_observation": self._final[each].copy(),
                "TimeLimit.truncated": bool(self._ends[each] == CUT_OFF),
                "episode": {"r": float(self.accounts.ended_total[each]), "l": int(self.accounts.ended_steps[each]), "t": 0.0},
            }
        return self._seen.copy(), self._rewards.copy(), done, infos

    def close(self) -> None:
        """Nothing is open."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Return the same for each account."""
        return [getattr(self, attr_name)] * len(list(self._get_indices(indices)))

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:  # noqa: ARG002 - as the library declares it
        """Refuse: accounts have nothing of their own to set."""
        msg = f"{attr_name} cannot be set"
        raise AttributeError(msg)

    def env_method(self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any) -> list[Any]:  # noqa: ARG002 - as the library declares it
        """Refuse: accounts have no methods of their own."""
        msg = f"there is no {method_name}"
        raise AttributeError(msg)

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:  # noqa: ARG002 - as the library declares it
        """Return that none is; but each tells its episodes, as a Monitor does."""
        return [False] * len(list(self._get_indices(indices)))

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        """Leave it: the accounts have their seeds from the beginning."""
        return [seed] * self.num_envs


class TradingEnv(gymnasium.Env[Any, Any]):
    """One account of an environment as gymnasium has it, of the same compiled step."""

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - as gymnasium declares it

    def __init__(self, bars: Bars, rules: Rules, *, choices: int, columns: int) -> None:
        self._bars, self._rules, self._choices = bars, rules, choices
        symbols = bars.closes.shape[1]
        self.observation_space, self.action_space = spaces_of(columns=columns, choices=choices, actions=symbols)
        self._accounts = new_accounts(1, symbols=symbols, seed=0)
        self._columns = columns

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Singles, dict[str, Any]]:
        """Begin an episode; a `seed` decides where the following ones begin."""
        super().reset(seed=seed, options=options)
        if seed is not None:
            self._accounts = new_accounts(1, symbols=self._bars.closes.shape[1], seed=seed)
        begin(self._bars, self._rules, self._accounts, 0)
        return self._look(), {}

    def step(self, action: Any) -> tuple[Singles, float, bool, bool, dict[str, Any]]:
        """Fill an action at the next open; `terminated` is ruin, `truncated` the end of the bars."""
        reward, end = step(self._bars, self._rules, self._accounts, 0, np.asarray(action, dtype=np.float32).reshape(-1))
        return self._look(), float(reward), bool(end == RUINED), bool(end == CUT_OFF), {"equity": float(self._accounts.equity[0])}

    def _look(self) -> Singles:
        seen = np.zeros(self._columns, dtype=np.float32)
        look(self._bars, self._rules, self._accounts, 0, seen)
        return seen
