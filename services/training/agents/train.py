"""What the job kind `agent` runs: seeds learn one after the other, are judged on days that none has seen, and the best one is served."""

from dataclasses import dataclass
from statistics import median
from typing import Any, Final

import numpy as np

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.agents import AgentResult, AgentSpec, Evaluation, SeedResult
from libs.contracts.training import Artifact
from libs.market.candles import Market
from libs.quant.candles import Floats
from libs.quant.environments.stepping import Bars
from services.training.agents.desk import Desk, Split, open_desk, scaled, split
from services.training.agents.learnability import ENOUGH, TIMESTEPS_MOST, Verdict, check_learnability
from services.training.agents.learning import Tell, acting, key_of, learn, rewards_of_stretches, spread_of
from services.training.agents.manifest import Manifest
from services.training.agents.policy_file import Policy, check_policy, head_of, policy_to_onnx
from services.training.agents.scoring import FEWEST_SEEDS, Judged, across, baselines_of, judge
from services.training.agents.telling import learning_of, pictures_of, tables_of
from services.training.learners.progress import Checkpoints, Progress, Report
from services.training.reports.data import Section

PARITY_ROWS: Final = 512
SECTIONS: Final = ("total_return", "sharpe_ratio", "sortino_ratio", "max_drawdown", "win_rate", "total_trades")


@dataclass(slots=True)
class _Job:
    """What all parts of the job need."""

    spec: AgentSpec
    desk: Desk
    parts: Split
    bars: Bars
    manifest: Manifest
    artifacts: Artifacts
    checkpoints: Checkpoints | None
    report: Report

    def key(self, phase: str, seed: int) -> str:
        """Return what decides an agent's numbers."""
        return key_of(self.spec, seed=seed, phase=phase, data=self.desk.card()["data_hash"])

    def teller(self, stage: str, *, done: int, seed: int) -> Tell:
        """Return who tells how far a seed is; `done` steps were learnt by those before it."""

        def tell(steps: int, evaluation: Evaluation | None, message: str) -> None:
            metrics = {"timesteps": float(done + steps), "seed": float(seed)}
            if evaluation is not None:
                metrics |= evaluation.model_dump(include={"mean_reward", "std_reward", "max_reward", "min_reward"})
                last.update(metrics)
                message = f"{stage}, step {steps}: mean reward {evaluation.mean_reward:.4g}"
            whole = self.spec.total_timesteps * self.spec.seeds
            self.report(
                Progress(stage=stage, step=min(done + steps, whole), total_steps=whole, message=message, metrics={**last, **metrics})
            )

        last: dict[str, float] = {}
        return tell


def run(
    spec: AgentSpec,
    *,
    market: Market,
    report: Report,
    artifacts: Artifacts,
    checkpoints: Checkpoints | None = None,
    pictures: bool = True,
    **_: object,
) -> AgentResult:
    """Train an agent of each seed, judge all on the evaluation's days, and keep the best. The same spec, the same agents.

    Without `pictures` nothing is drawn, which takes a second.
    Raise what `open_desk` and `split` raise, InvalidError for settings that do not fit, ArtifactMismatchError where a policy's file acts
    otherwise than the policy.
    """
    whole = spec.total_timesteps * spec.seeds
    report(
        Progress(stage="Loading candles", step=0, total_steps=whole, message=f"Loading candles of {', '.join(spec.environment.symbols)}")
    )
    desk = open_desk(spec.environment, market=market, synthetic=spec.synthetic)
    parts = split(desk, share=spec.evaluation_share)
    scale, bars = scaled(desk, parts)
    manifest = Manifest.of(spec, desk, head=head_of(spec.agent_type, choices=desk.choices), scale=scale, seed=spec.seed)
    job = _Job(spec, desk, parts, bars, manifest, artifacts, checkpoints, report)
    known = _kept(job)
    verdict = _learnability(job, known)
    for number in range(len(known["seeds"]), spec.seeds):
        known["seeds"].append(_seed(job, seed=spec.seed + number, done=number * spec.total_timesteps))
        _keep(job, known)
    report(Progress(stage="Judging", step=whole, total_steps=whole, message=f"Judging on {parts.last - parts.judged} bars"))
    return _result(job, known, verdict, pictures=pictures)


def _kept(job: _Job) -> dict[str, Any]:
    """Return what an earlier attempt has finished."""
    found = job.checkpoints.load() if job.checkpoints else None
    fresh: dict[str, Any] = {"key": job.key("seeds", job.spec.seed), "seeds": [], "learnability": None}
    return found if found is not None and found.get("key") == fresh["key"] else fresh


def _keep(job: _Job, known: dict[str, Any]) -> None:
    if job.checkpoints:
        job.checkpoints.save(known)


def _learnability(job: _Job, known: dict[str, Any]) -> Verdict | None:
    """Check first whether it can learn at all, where that is asked for."""
    spec = job.spec
    if spec.check_learnability and known["learnability"] is None:
        tell = job.teller("Checking learnability", done=0, seed=spec.seed)

        def quietly(steps: int, evaluation: Evaluation | None, message: str) -> None:
            tell(0, None, message or (f"After {steps} steps with a planted signal" if evaluation else ""))

        verdict, share = check_learnability(
            spec, job.desk, parts=job.parts, tell=quietly, checkpoints=job.checkpoints, key=job.key("learnability", spec.seed)
        )
        known["learnability"], known["learnability_share"] = verdict, share
        _keep(job, known)
        tell(0, None, f"With a planted signal: {verdict}, {share:.0%} of what following it earns")
    told: Verdict | None = known["learnability"]
    return told


def _seed(job: _Job, *, seed: int, done: int) -> dict[str, Any]:
    """Let one seed learn, keep its policy and judge it; return what is kept of it, as plain JSON."""
    spec, desk, parts, bars = job.spec, job.desk, job.parts, job.bars
    tell = job.teller(f"Learning, seed {seed}", done=done, seed=seed)
    learnt = learn(
        spec, desk, parts=parts, bars=bars, seed=seed, timesteps=spec.total_timesteps, tell=tell, checkpoints=job.checkpoints,
        key=job.key("seed", seed),
    )  # fmt: skip
    head = job.manifest.head
    onnx = policy_to_onnx(learnt.agent, head=head, columns=desk.columns)
    policy = Policy(onnx, head=head)
    difference = check_policy(policy, learnt.agent, _seen_at_some(job))
    judged = judge(desk, (parts.judged, parts.last), bars, policy.act)
    spread = spread_of(rewards_of_stretches(desk, parts, bars, acting(learnt.agent)))
    return {
        "seed": seed,
        "policy": job.artifacts.put(onnx).model_dump(mode="json"),
        "difference": difference,
        "evaluations": [each.model_dump() for each in learnt.evaluations],
        "timesteps": learnt.timesteps,
        "steps_per_second": learnt.steps_per_second,
        "metrics": {**spread, **judged.metrics},
    }


def _seen_at_some(job: _Job) -> Any:
    """Return what an account without positions sees at some bars of all, for the check of the file."""
    bars = np.unique(np.linspace(job.parts.first, job.parts.last - 1, PARITY_ROWS).astype(int))
    rows = np.zeros((len(bars), job.desk.columns), dtype=np.float32)
    columns = job.bars.seen.shape[1]
    rows[:, :columns] = job.bars.seen[bars]
    rows[:, columns:] = np.random.default_rng(0).uniform(0.0, 1.0, size=(len(bars), job.desk.columns - columns))
    return rows


def _result(job: _Job, known: dict[str, Any], verdict: Verdict | None, *, pictures: bool) -> AgentResult:
    spec, desk, parts, bars = job.spec, job.desk, job.parts, job.bars
    window = (parts.judged, parts.last)
    best = max(known["seeds"], key=lambda each: each["metrics"]["mean_reward"])
    rows = [_row(each, best=each is best) for each in known["seeds"]]
    policy_file = Artifact.model_validate(best["policy"])
    policy = Policy(job.artifacts.get(policy_file.sha256), head=job.manifest.head)
    judged = judge(desk, window, bars, policy.act)
    baselines, held = baselines_of(desk, window, bars, parts=parts)
    evaluations = tuple(Evaluation.model_validate(each) for seed in known["seeds"] for each in seed["evaluations"])
    warnings = _warnings(job, judged=judged, best=best, baselines=baselines, verdict=verdict)
    speeds = [each["steps_per_second"] for each in known["seeds"] if each["steps_per_second"]]
    result = AgentResult(
        policy=policy_file,
        manifest=job.artifacts.put(job.manifest.to_bytes()),
        metrics=best["metrics"],
        baselines=baselines,
        seeds=tuple(rows),
        across_seeds=across(rows),
        single_seed=spec.seeds == 1,
        training=desk.period(parts.first, parts.learnt),
        evaluation=desk.period(*window),
        purged_bars=parts.purged,
        evaluations=evaluations,
        learnability=verdict,
        timesteps=sum(each["timesteps"] for each in known["seeds"]),
        steps_per_second=median(speeds) if speeds else None,
        reasons=judged.reasons | _reasons(spec.seeds),
        warnings=warnings,
        run_card=desk.card() | {"policy_difference": best["difference"], "learnability_share": known.get("learnability_share")},
    )
    files = tables_of(judged.first, held, desk, window) | (
        _pictures(job, result, judged=judged, held=held, window=window) if pictures else {}
    )
    return result.model_copy(update={"files": {name: job.artifacts.put(data) for name, data in sorted(files.items())}})


def _reasons(seeds: int) -> dict[str, str]:
    one = dict.fromkeys(("std", "iqm"), "there is one seed") if seeds == 1 else {}
    return one | ({"iqm_interval": f"it takes at least {FEWEST_SEEDS} seeds"} if seeds < FEWEST_SEEDS else {})


def _row(known: dict[str, Any], *, best: bool) -> SeedResult:
    figures = {name: known["metrics"][name] for name in ("mean_reward", "std_reward", "total_return", "sharpe_ratio", "max_drawdown")}
    return SeedResult(seed=known["seed"], best=best, **figures)


def _warnings(job: _Job, *, judged: Judged, best: dict[str, Any], baselines: Any, verdict: Verdict | None) -> tuple[str, ...]:
    told = []
    if job.spec.seeds == 1:
        told.append("This is one seed: another may come out quite differently. Ask for several (`seeds`) before believing it.")
    else:
        told.append("The best seed was chosen on these same days, so its figures flatter; `across_seeds` tells what to expect.")
    held, own = baselines["buy_and_hold"]["total_return"], judged.metrics["total_return"]
    if held is not None and own is not None and own <= held:
        told.append(f"It earned {own:.1%}, no more than holding the same, which earned {held:.1%}.")
    if verdict == "not_learnt":
        steps = min(job.spec.total_timesteps, TIMESTEPS_MOST)
        told.append(
            f"Given a column that tells what comes, it earned less than {ENOUGH:.0%} of what that is worth after {steps} steps: it may "
            "need other settings, or more steps."
        )
    if job.desk.card()["synthetic"]:
        told.append("The candles are generated: what was learnt from them is true of nothing that is traded.")
    if best["timesteps"] < len(job.bars.fills):
        told.append(f"It took {best['timesteps']} steps, less than once through the bars there are.")
    return tuple(told)


def _pictures(job: _Job, result: AgentResult, *, judged: Judged, held: Floats, window: tuple[int, int]) -> dict[str, bytes]:
    """Return the report and how it learnt, by name. The same agent, the same files."""
    name = f"{job.spec.agent_type} agent"
    sections = [Section("On days that it has not seen", {each: result.metrics.get(each) for each in SECTIONS}, result.reasons)]
    sections += [
        Section(each.replace("_", " "), {metric: told.get(metric) for metric in SECTIONS}) for each, told in result.baselines.items()
    ]
    learning = learning_of(result.evaluations, result.baselines, title=f"{name} on {', '.join(job.desk.market.symbols)}")
    report = pictures_of(judged.first, held, job.desk, window, name=name, sections=sections, notes=result.warnings)
    return report | {"learning.png": learning.png, "learning.svg": learning.svg}
