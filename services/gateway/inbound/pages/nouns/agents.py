"""Agents: environments, trainings by reinforcement learning, what an agent has learned and its runs."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.gateway.inbound.pages import charts
from services.gateway.inbound.pages.page import Action, Facts, Form, Page, Read, filled, json_of, several

ENGINE: Final = "/v1/ai/rl-environments"
AGENTS: Final = "/app/agents"
ENVIRONMENT: Final = f"{ENGINE}/{{environment_id}}"
TRAINING: Final = f"{ENVIRONMENT}/train/{{job_id}}"
AGENT: Final = f"{ENVIRONMENT}/agents/{{agent_id}}"
RUN: Final = f"{AGENT}/runs/{{run_id}}"
PAGE: Final = f"{AGENTS}/{{environment_id}}"
AGENT_PAGE: Final = f"{PAGE}/agents/{{agent_id}}"
CRUMBS: Final = ((AGENTS, "Agents"),)
SIZE: Final = 20
STATUSES: Final = ("created", "active", "inactive")
ENDED: Final = frozenset({"completed", "failed", "cancelled"})
# What an environment shows an agent that is no feature.
STATES: Final = ("price_history", "volume_history", "position", "balance")
TYPES: Final[Mapping[str, str]] = {
    "stock_trading": "Stocks: one symbol",
    "crypto_trading": "Coins: one symbol",
    "portfolio_optimization": "Portfolio: weights of two symbols or more",
}
REWARDS: Final[Mapping[str, str]] = {
    "profit": "Profit: the change of equity",
    "sharpe_ratio": "Sharpe ratio: by how much the step moves it",
    "sortino": "Sortino ratio: the same, of losses alone",
    "drawdown_penalised": "Profit, less by how much a drawdown grows",
}
AGENT_TYPES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "ppo": ("PPO: slow and steady", ("discrete", "continuous")),
    "a2c": ("A2C: quick, less steady", ("discrete", "continuous")),
    "dqn": ("DQN: values each action", ("discrete",)),
    "sac": ("SAC: learns from what it remembers", ("continuous",)),
    "td3": ("TD3: the same, without chance", ("continuous",)),
}
BASELINES: Final = ("buy_and_hold", "random", "flat")
# Trades that a page has room for; the run's own answer has more.
TRADES: Final = 30


def _ticked(form: Form, *names: str) -> dict[str, bool]:
    return {name: True for name in names if form.get(name)}


def _widths(text: str) -> list[Any]:
    return [int(each) if each.isdecimal() else each for each in text.replace(",", " ").split()]


def _data_source(form: Form, ids: Sequence[str]) -> dict[str, Any]:
    """Return where candles are from; empty where nothing was said of it."""
    found = {**({"dataset_ids": ids} if ids else {}), **filled(form, "start_date", "end_date")}
    return {"data_source": {"type": "historical", **found}} if found else {}


def _environment(form: Form) -> dict[str, Any]:
    """Return the body of a new environment, of the guided form."""
    numbers = ("initial_balance", "commission", "slippage", "window")
    parameters = filled(form, "timeframe", "reward_function", "action_space", "direction", numbers=numbers)
    seen = {"state_space": several(form, "state_space")}
    return {**filled(form, "name", "type"), "parameters": parameters | seen, **_data_source(form, several(form, "dataset_ids"))}


def _training(form: Form) -> dict[str, Any]:
    """Return the body of a training."""
    numbers = ("total_timesteps", "eval_freq", "evaluation_share", "seeds", "seed", "environments")
    widths = {name: _widths(form[name]) for name in ("policy_network", "value_network") if form.get(name, "").strip()}
    return {
        **filled(form, "agent_type", "name", numbers=numbers),
        "hyperparameters": json_of(form.get("hyperparameters", "")),
        **({"network_architecture": widths} if widths else {}),
        **_ticked(form, "check_learnability"),
    }


def _run(form: Form) -> dict[str, Any]:
    """Return the body of a run."""
    return {
        **filled(form, numbers=("episodes", "seed")),
        **_ticked(form, "deterministic", "render"),
        **_data_source(form, several(form, "dataset_id")),
    }


def _to_environment(answer: Any, _: Mapping[str, str]) -> str:
    return PAGE.format(environment_id=answer["id"])


def _to_training(answer: Any, _: Mapping[str, str]) -> str:
    return f"{AGENTS}/{answer['environment_id']}/train/{answer['job_id']}"


def _to_run(answer: Any, _: Mapping[str, str]) -> str:
    return f"{AGENT_PAGE.format(**answer)}/runs/{answer['run_id']}"


def _to_its_environment(_: Any, given: Mapping[str, str]) -> str:
    return PAGE.format(environment_id=given["environment_id"])


def _beside(results: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what was measured, each beside what buying and holding, chance and doing nothing came to."""
    told: Mapping[str, Mapping[str, Any]] = results["baselines"]
    reasons: Mapping[str, str] = results["reasons"]
    metrics = dict.fromkeys([*results["metrics"], *(name for each in told.values() for name in each)])
    whole = results["metrics"] | ({"total_return": results["total_return"]} if "total_return" in results else {})
    return [
        {
            "name": name,
            "value": whole.get(name),
            "why": reasons.get(f"metrics.{name}") or reasons.get(name),
            "others": {each: (told[each].get(name), reasons.get(f"baselines.{each}.{name}")) for each in BASELINES if each in told},
        }
        for name in metrics
    ]


def _pictures(results: Mapping[str, Any] | None, where: str) -> dict[str, Any]:
    """Return the pictures that there are, and what else there is to read."""
    names: Sequence[str] = results["plots"] if results else ()
    drawn = {name: f"{where}/plots/{name}" for name in names}
    return {
        # Each is there in both formats.
        "pictures": {name: address for name, address in drawn.items() if name.endswith(".png")},
        "papers": {name: address for name, address in drawn.items() if not name.endswith((".png", ".svg"))},
    }


def _shape_new(facts: Facts) -> Mapping[str, Any]:
    """Return what the form's choices are."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for feature in facts["features"]["results"]:
        groups.setdefault(feature["group"], []).append(feature)
    return {"types": list(TYPES.items()), "rewards": list(REWARDS.items()), "states": STATES, "feature_groups": groups}


def _shape_environment(facts: Facts) -> Mapping[str, Any]:
    """Return the kinds of agent that can act in it."""
    space = facts["environment"]["parameters"]["action_space"]
    kinds = [(name, words) for name, (words, spaces) in AGENT_TYPES.items() if space in spaces]
    return {"kinds": kinds, "size": SIZE, "reward_words": REWARDS, "type_words": TYPES}


def _shape_training(facts: Facts) -> Mapping[str, Any]:
    return {"ended": facts["training"]["status"] in ENDED}


def _shape_agent(facts: Facts) -> Mapping[str, Any]:
    """Return an agent's figures beside its baselines, how it learned, and how far its seeds are apart."""
    agent = facts["agent"]
    results: Mapping[str, Any] | None = agent["results"]
    where = AGENT_PAGE.format(environment_id=agent["environment_id"], agent_id=agent["id"])
    shaped = {"measured": _beside(results) if results else [], "baselines": BASELINES, **_pictures(results, where)}
    if results is None:
        return shaped | {"learning": None, "spread": None}
    curves: dict[str, list[list[float]]] = {}
    for point in results["evaluations"]:
        curves.setdefault(f"seed {point['seed']}", []).append([point["timesteps"], point["mean_reward"]])
    seeds = [str(each["seed"]) for each in results["seeds"]]
    returns = {"Total return": [each["total_return"] for each in results["seeds"]]}
    return shaped | {
        "learning": charts.curve({"series": curves, "x": "steps", "y": "mean reward"}) if curves else None,
        "spread": charts.beside(seeds, returns) if len(seeds) > 1 else None,
    }


def _shape_run(facts: Facts) -> Mapping[str, Any]:
    """Return a run's figures beside its baselines, and its equity."""
    run, path = facts["run"], AGENT_PAGE.format(**facts["run"])
    results: Mapping[str, Any] | None = run.get("results")
    shaped = {"ended": run["status"] in ENDED, "results": results, "baselines": BASELINES, "room": TRADES}
    shaped |= {"job_id": run["run_id"].replace("run_", "job_", 1), **_pictures(results, f"{path}/runs/{run['run_id']}")}
    if results is None:
        return shaped | {"measured": [], "equity": None, "fallen": None, "episodes": None}
    points = results["equity_curve"]
    by_episode = [str(at) for at in range(1, len(results["episode_returns"]) + 1)]
    return shaped | {
        "measured": _beside(results),
        "equity": charts.lines({"Equity": [[at, equity] for at, equity, _ in points]}) if points else None,
        "fallen": charts.lines({"Drawdown, %": [[at, round(-100 * fell, 3)] for at, _, fell in points]}) if points else None,
        "episodes": charts.beside(by_episode, {"Return": results["episode_returns"]}) if len(by_episode) > 1 else None,
    }


CANDLES: Final = Read("/v1/ai/datasets", fixed={"kind": "candles", "status": "ready", "limit": 100}, needed=False)
PAGES: Final[Sequence[Page]] = (
    Page(
        path=AGENTS,
        template="agents.html",
        title="Agents",
        reads={"environments": Read(ENGINE, query=("status",), size=SIZE)},
        shape=lambda _: {"statuses": STATUSES, "size": SIZE, "type_words": TYPES},
    ),
    Page(
        path=f"{AGENTS}/new",
        template="new_environment.html",
        title="New environment",
        crumbs=CRUMBS,
        reads={"datasets": CANDLES, "features": Read("/api/ai-studio/features/", fixed={"page_size": 100})},
        shape=_shape_new,
        actions={"make": Action("POST", ENGINE, _environment, _to_environment, "It is there. Now train an agent in it.")},
    ),
    Page(
        path=PAGE,
        template="environment.html",
        title=lambda facts: str(facts["environment"]["name"]),
        crumbs=CRUMBS,
        reads={"environment": Read(ENVIRONMENT), "agents": Read(f"{ENVIRONMENT}/agents", size=SIZE)},
        shape=_shape_environment,
        actions={
            "train": Action("POST", f"{ENVIRONMENT}/train", _training, _to_training, "The training is queued."),
            "delete": Action("DELETE", ENVIRONMENT, goes=lambda *_: AGENTS, done="It is deleted, with its agents."),
        },
    ),
    Page(
        path=f"{PAGE}/train/{{job_id}}",
        template="agent_training.html",
        title="Training of an agent",
        crumbs=CRUMBS,
        reads={"training": Read(TRAINING), "environment": Read(ENVIRONMENT)},
        shape=_shape_training,
        actions={"cancel": Action("POST", f"{TRAINING}/cancel", done="It is cancelled; what it did not use comes back.")},
    ),
    Page(
        path=AGENT_PAGE,
        template="agent.html",
        title=lambda facts: str(facts["agent"]["name"]),
        crumbs=CRUMBS,
        reads={
            "agent": Read(AGENT),
            "environment": Read(ENVIRONMENT),
            "runs": Read(f"{AGENT}/runs", size=SIZE),
            "datasets": CANDLES,
        },
        shape=lambda facts: {"size": SIZE, **_shape_agent(facts)},
        actions={
            "run": Action("POST", f"{AGENT}/run", _run, _to_run, "The run is queued."),
            "delete": Action("DELETE", AGENT, goes=_to_its_environment, done="The agent is deleted; its runs stay."),
        },
    ),
    Page(
        path=f"{AGENT_PAGE}/runs/{{run_id}}",
        template="agent_run.html",
        title="Run of an agent",
        crumbs=CRUMBS,
        reads={"run": Read(RUN), "agent": Read(AGENT, needed=False)},
        shape=_shape_run,
        actions={"cancel": Action("POST", f"{RUN}/cancel", done="It is cancelled; what it did not use comes back.")},
    ),
)
FILES: Final[Mapping[str, str]] = {
    f"{AGENT_PAGE}/plots/{{plot}}": f"{AGENT}/plots/{{plot}}",
    f"{AGENT_PAGE}/runs/{{run_id}}/plots/{{plot}}": f"{RUN}/plots/{{plot}}",
}
