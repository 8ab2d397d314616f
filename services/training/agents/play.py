"""What the job kind `agent_run` runs: a policy, let loose on candles that may be others than those it learnt from."""

from typing import Final

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.agents import AgentRunResult, AgentRunSpec
from libs.contracts.backtests import TRADES_MOST
from libs.market.candles import Market
from libs.quant.candles import Floats
from services.training.agents.desk import Desk, open_desk
from services.training.agents.learning import spread_of
from services.training.agents.manifest import Manifest
from services.training.agents.policy_file import Policy
from services.training.agents.scoring import Judged, baselines_of, judge
from services.training.agents.telling import curve_of, pictures_of, tables_of, trades_of
from services.training.learners.progress import Progress, Report
from services.training.reports.data import Section

FIGURES: Final = ("sharpe_ratio", "sortino_ratio", "max_drawdown", "win_rate", "total_trades")


def run(spec: AgentRunSpec, *, market: Market, report: Report, artifacts: Artifacts, **_: object) -> AgentRunResult:
    """Play the window `episodes` times, deterministic or drawn by the policy's probabilities. The same spec, the same result.

    Raise what `open_desk` raises, InvalidError where the environment is none that the policy can act in, `ArtifactMissingError`.
    """
    _tell(report, "Loading candles", done=0, of=spec.episodes)
    manifest = Manifest.from_bytes(artifacts.get(spec.manifest.sha256))
    manifest.check(spec.environment)
    desk = open_desk(spec.environment, market=market, synthetic=spec.synthetic)
    bars = manifest.scale.bars(desk.market)
    window = (desk.market.first, len(desk.market))
    policy = Policy(artifacts.get(spec.policy.sha256), head=manifest.head)
    act = policy.act if spec.deterministic else policy.drawing(seed=spec.seed)
    # What is not drawn is the same each time: it is played once and told as often.
    same = spec.deterministic or manifest.head == "exact"
    played = judge(desk, window, bars, act, episodes=1 if same else spec.episodes)
    times = spec.episodes if same else 1
    _tell(report, "Playing", done=spec.episodes, of=spec.episodes)
    baselines, held = baselines_of(desk, window, bars)
    rewards = [float(each) for each in played.rewards] * times
    trades, left_out = trades_of(played.first, desk, window, most=TRADES_MOST)
    warnings = _warnings(spec, desk, window=window, has_chances=manifest.head != "exact")
    files = tables_of(played.first, held, desk, window)
    if spec.render:
        _tell(report, "Drawing", done=spec.episodes, of=spec.episodes)
        files |= _drawn(spec, desk, played, held=held, window=window, warnings=warnings)
    return AgentRunResult(
        episodes=spec.episodes,
        **spread_of(played.rewards),
        total_timesteps=played.steps * times,
        total_return=float(played.returns.mean()),
        metrics={name: played.metrics[name] for name in FIGURES},
        episode_rewards=tuple(rewards),
        episode_returns=tuple([float(each) for each in played.returns] * times),
        baselines=baselines,
        trades=trades,
        trades_left_out=left_out,
        equity_curve=curve_of(played.first, desk, window),
        period=desk.period(*window),
        files={name: artifacts.put(data) for name, data in sorted(files.items())},
        reasons=played.reasons,
        warnings=warnings,
        run_card=desk.card(),
    )


def _drawn(
    spec: AgentRunSpec, desk: Desk, played: Judged, *, held: Floats, window: tuple[int, int], warnings: tuple[str, ...]
) -> dict[str, bytes]:
    sections = [Section("All episodes, their mean", {name: played.metrics[name] for name in ("total_return", *FIGURES)}, played.reasons)]
    return pictures_of(played.first, held, desk, window, name=f"{spec.agent_type} agent", sections=sections, notes=warnings)


def _warnings(spec: AgentRunSpec, desk: Desk, *, window: tuple[int, int], has_chances: bool) -> tuple[str, ...]:
    told = []
    period, learned = desk.period(*window), spec.learned
    if learned and set(learned.symbols) & set(desk.market.symbols) and learned.start <= period.end and period.start <= learned.end:
        told.append("The agent has learnt from some of these very bars: what it earned there says nothing of what it will earn.")
    if spec.episodes > 1 and not has_chances:
        told.append("Each episode is the same: this agent has one action for what it sees, and draws none.")
    elif spec.episodes > 1 and spec.deterministic:
        told.append("Each episode is the same, as nothing is drawn: `deterministic: false` tells how much its actions' chances matter.")
    if desk.card()["synthetic"]:
        told.append("The candles are generated: what was earned on them is true of nothing that is traded.")
    return tuple(told)


def _tell(report: Report, stage: str, *, done: int, of: int) -> None:
    report(Progress(stage=stage, step=done, total_steps=of, message=stage, metrics={"episode": float(done), "total_episodes": float(of)}))
