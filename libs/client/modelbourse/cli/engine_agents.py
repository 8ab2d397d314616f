"""`modelbourse engine agents …`: agents that learn to trade, trained, watched, shown and let loose."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from modelbourse.answers.engine.agents import AcceptedRun, Agent, AgentRun
from modelbourse.cli.engine_envs import DatasetsOption, FromOption, ToOption
from modelbourse.cli.engine_models import pairs
from modelbourse.cli.finding import AGENT, JOB
from modelbourse.cli.given import EnvironmentId
from modelbourse.cli.interrupting import heeding_ctrl_c
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, PageOption, SizeOption, counted, print_facts, print_json, print_table, say, tell
from modelbourse.command import INTERRUPTED
from modelbourse.modelbourse import Modelbourse

cli = typer.Typer(help="Agents that learn to trade.", no_args_is_help=True)
AgentArgument = Annotated[str, typer.Argument(metavar="AGENT", help="An agent's id, its beginning, or its name."), AGENT]
JobArgument = Annotated[str, typer.Argument(metavar="JOB", help="A training's id, or its beginning."), JOB]
PlotsOption = Annotated[Path | None, typer.Option("--plots", metavar="DIR", help="Save the pictures there.")]
DetachOption = Annotated[bool, typer.Option("--detach", help="Start it and do not wait.")]
TimeoutOption = Annotated[float | None, typer.Option(help="Wait for so many seconds at most.")]
MARKS: Final = {"ready": "green", "training": "cyan", "failed": "red", "cancelled": "yellow", "completed": "green", "running": "cyan"}
FIGURES: Final = ("total_return", "sharpe_ratio", "max_drawdown", "win_rate")


@cli.command("list")
def list_(environment_id: EnvironmentId, *, page: PageOption = 1, page_size: SizeOption = 20, json_: JsonOption = False) -> None:
    """List an environment's agents, the newest first."""
    found = open_client().engine.agents.list(environment_id, limit=page_size, offset=(page - 1) * page_size)
    if json_:
        return print_json(found)
    rows = [
        (row.id, row.name, row.agent_type, row.status, *((row.metrics or {}).get(name) for name in FIGURES[:2]), row.created_at)
        for row in found.agents
    ]
    columns = ("id", "name", "type", "status", "return", "sharpe", "created")
    title = counted(found.total, "agent", page=page, page_size=page_size)
    return print_table(columns, rows, title=title, drop=("created", "sharpe"), marks=MARKS)


@cli.command()
def show(environment_id: EnvironmentId, agent_id: AgentArgument, *, plots: PlotsOption = None, json_: JsonOption = False) -> None:
    """Show an agent beside buying and holding, a random agent and a flat one, and what its seeds say together."""
    client = open_client()
    agent = client.engine.agents.get(environment_id, agent_id)
    if plots is not None:
        _save_agent(client, agent, plots)
    return print_json(agent) if json_ else _print_agent(agent)


@cli.command()
def train(
    environment_id: EnvironmentId,
    *,
    type_: Annotated[str, typer.Option("--type", help="ppo, a2c, dqn, sac or td3.")] = "ppo",
    timesteps: Annotated[int, typer.Option(help="Steps that each seed learns from.")] = 100_000,
    seeds: Annotated[int | None, typer.Option(help="How many learn: one alone says little.")] = None,
    seed: Annotated[int | None, typer.Option(help="The first seed.")] = None,
    eval_freq: Annotated[int | None, typer.Option(help="Steps between two evaluations.")] = None,
    param: Annotated[list[str] | None, typer.Option(help="A hyperparameter, `learning_rate=0.0003`, repeatable.")] = None,
    learnability: Annotated[bool, typer.Option("--check-learnability", help="First learn a planted signal.")] = False,
    name: Annotated[str | None, typer.Option(help="How it is called.")] = None,
    plots: PlotsOption = None,
    detach: DetachOption = False,
    timeout: TimeoutOption = None,
    json_: JsonOption = False,
) -> None:
    """Train an agent, and wait until it has been: Ctrl-C leaves the training running."""
    client = open_client()
    accepted = client.engine.agents.train(
        environment_id,
        agent_type=type_,
        total_timesteps=timesteps,
        hyperparameters=pairs(param) or None,
        seeds=seeds,
        seed=seed,
        eval_freq=eval_freq,
        check_learnability=learnability or None,
        name=name,
    )
    if detach:
        again = f"watch it: modelbourse engine agents watch {environment_id} {accepted.job_id}"
        return print_json(accepted) if json_ else say(f"started {accepted.job_id}; {again}")
    tell(f"started {accepted.job_id}, which makes {accepted.agent_id}")
    return _wait(client, environment_id, accepted.job_id, plots=plots, timeout=timeout, json_=json_)


@cli.command()
def watch(
    environment_id: EnvironmentId,
    job_id: JobArgument,
    *,
    plots: PlotsOption = None,
    timeout: TimeoutOption = None,
    json_: JsonOption = False,
) -> None:
    """Watch a training, its steps and rewards, until its end: Ctrl-C leaves it running."""
    return _wait(open_client(), environment_id, job_id, plots=plots, timeout=timeout, json_=json_)


@cli.command()
def cancel(environment_id: EnvironmentId, job_id: JobArgument, *, json_: JsonOption = False) -> None:
    """End a training; the hours that it has not used come back."""
    ended = open_client().engine.agents.cancel(environment_id, job_id)
    return print_json(ended) if json_ else say(f"cancelled {ended.job_id}")


@cli.command()
def run(
    environment_id: EnvironmentId,
    agent_id: AgentArgument,
    *,
    episodes: Annotated[int, typer.Option(help="How often the days are played.")] = 1,
    deterministic: Annotated[bool, typer.Option("--deterministic", help="Always its best action.")] = False,
    dataset: DatasetsOption = None,
    start: FromOption = None,
    end: ToOption = None,
    plots: PlotsOption = None,
    detach: DetachOption = False,
    timeout: TimeoutOption = None,
    json_: JsonOption = False,
) -> None:
    """Let an agent loose on the days that it was evaluated on, or on other candles, and show what came of it."""
    client = open_client()
    started = client.engine.agents.run(
        environment_id,
        agent_id,
        episodes=episodes,
        deterministic=deterministic or None,
        render=plots is not None or None,
        dataset_id=dataset or None,
        start_date=start,
        end_date=end,
    )
    if detach:
        later = f"modelbourse engine agents result {environment_id} {agent_id} {started.run_id}"
        return print_json(started) if json_ else say(f"started {started.run_id}; its result, when it has ended: {later}")
    tell(f"started {started.run_id}")
    return _wait_run(client, started, plots=plots, timeout=timeout, json_=json_)


@cli.command()
def runs(
    environment_id: EnvironmentId,
    agent_id: AgentArgument,
    *,
    page: PageOption = 1,
    page_size: SizeOption = 20,
    json_: JsonOption = False,
) -> None:
    """List an agent's runs, the newest first."""
    found = open_client().engine.agents.runs(environment_id, agent_id, limit=page_size, offset=(page - 1) * page_size)
    if json_:
        return print_json(found)
    rows = [(row.run_id, row.status, row.created_at) for row in found.runs]
    title = counted(found.total, "run", page=page, page_size=page_size)
    return print_table(("id", "status", "created"), rows, title=title, marks=MARKS)


@cli.command()
def result(
    environment_id: EnvironmentId,
    agent_id: AgentArgument,
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="A run's id.")],
    *,
    plots: PlotsOption = None,
    timeout: TimeoutOption = None,
    json_: JsonOption = False,
) -> None:
    """Show what came of a run, when it has ended."""
    client = open_client()
    found = client.engine.agents.get_run(environment_id, agent_id, run_id)
    return _wait_run(client, found, plots=plots, timeout=timeout, json_=json_)


@cli.command()
def delete(environment_id: EnvironmentId, agent_id: AgentArgument, *, json_: JsonOption = False) -> None:
    """Delete an agent."""
    gone = open_client().engine.agents.delete(environment_id, agent_id)
    return print_json(gone) if json_ else say(f"deleted {agent_id}")


def _wait(client: Modelbourse, environment_id: str, job_id: str, *, plots: Path | None, timeout: float | None, json_: bool) -> None:
    try:
        with heeding_ctrl_c() as look:
            ended = client.engine.agents.wait(environment_id, job_id, progress=True, watch=look, timeout=timeout)
    except KeyboardInterrupt:
        again = f"modelbourse engine agents watch {environment_id} {job_id}"
        tell(f"the training goes on\n→ wait for it: {again}\n→ end it: {again.replace(' watch ', ' cancel ')}")
        raise SystemExit(INTERRUPTED) from None
    agent = client.engine.agents.get(environment_id, ended.agent_id)
    if plots is not None:
        _save_agent(client, agent, plots)
    return print_json(agent) if json_ else _print_agent(agent)


def _wait_run(client: Modelbourse, run: AcceptedRun, *, plots: Path | None, timeout: float | None, json_: bool) -> None:
    try:
        with heeding_ctrl_c() as look:
            done = client.engine.agents.wait_run(run.environment_id, run.agent_id, run.run_id, timeout=timeout, watch=look)
    except KeyboardInterrupt:
        tell(f"the run goes on\n→ wait for it: modelbourse engine agents result {run.environment_id} {run.agent_id} {run.run_id}")
        raise SystemExit(INTERRUPTED) from None
    if plots is not None and done.results is not None:
        for plot in done.results.plots:
            _save(plots, plot, client.engine.agents.run_plot(done.environment_id, done.agent_id, done.run_id, plot))
        tell(f"wrote {len(done.results.plots)} pictures to {plots}")
    return print_json(done) if json_ else _print_run(done)


def _save_agent(client: Modelbourse, agent: Agent, folder: Path) -> None:
    there = agent.results.plots if agent.results else []
    for plot in there:
        _save(folder, plot, client.engine.agents.plot(agent.environment_id, agent.id, plot))
    tell(f"wrote {len(there)} pictures to {folder}")


def _save(folder: Path, name: str, content: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / Path(name).name).write_bytes(content)


def _print_agent(agent: Agent) -> None:
    results = agent.results
    print_facts(
        [
            ("id", agent.id),
            ("name", agent.name),
            ("type", agent.agent_type),
            ("status", agent.status),
            ("why", None if results else agent.reasons.get("results")),
            ("learned from", f"{results.training.start:%Y-%m-%d} to {results.training.end:%Y-%m-%d}" if results else None),
            ("measured on", f"{results.evaluation.start:%Y-%m-%d} to {results.evaluation.end:%Y-%m-%d}" if results else None),
            ("learnability", results.learnability if results else None),
            ("seeds", "one, which says little" if results and results.single_seed else agent.seeds),
        ]
    )
    if results is None:
        return
    _print_beside({"agent": results.metrics, **results.baselines})
    rows = [(each.metric, each.mean, each.std, each.best, each.worst, each.iqm) for each in results.across_seeds]
    if rows and not results.single_seed:
        print_table(("over seeds", "mean", "std", "best", "worst", "middle half"), rows)
    for warning in results.warnings:
        tell(f"! {warning}")


def _print_run(run: AgentRun) -> None:
    results = run.results
    if results is None:
        return
    facts: list[tuple[str, Any]] = [
        ("run", run.run_id),
        ("episodes", results.episodes),
        ("mean reward", results.mean_reward),
        ("best and worst", f"{results.max_reward:.4g} and {results.min_reward:.4g}"),
        ("days", f"{results.period.start:%Y-%m-%d} to {results.period.end:%Y-%m-%d}"),
        ("trades", len(results.trades) + results.trades_left_out),
    ]
    print_facts(facts)
    _print_beside({"agent": {"total_return": results.total_return, **results.metrics}, **results.baselines})
    for warning in results.warnings:
        tell(f"! {warning}")


def _print_beside(figures: dict[str, dict[str, float | None]]) -> None:
    rows = [(who.replace("_", " "), *(told.get(name) for name in FIGURES)) for who, told in figures.items()]
    print_table(("", "return", "sharpe", "drawdown", "win rate"), rows)
