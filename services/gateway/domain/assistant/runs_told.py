"""What the assistant tells of runs: how one did beside its baselines and why, why one has failed, and how far one is."""

from collections.abc import Mapping
from typing import Final

from libs.contracts.envelope import JsonObject
from libs.contracts.recipe_runs import RecipeRunResult
from libs.contracts.training import JobState
from services.gateway.domain.assistant.speech import Speech, number, shown
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.recipe_runs import is_reported, result_of, run_id_of, spec_of, status_of

HIGHER: Final = frozenset(
    {
        "revenue_lift",
        "margin_impact",
        "revenue_gain",
        "margin_gain",
        "effective_rows",
        "support",
        "policy_value",
        "policy_gain",
        "qini",
        "auuc",
        "r2",
        "rank_correlation",
        "top_decile_lift",
        "skill",
    }
)
LOWER: Final = frozenset(
    {"wape", "rmsle", "mape", "rmse", "mae", "mase", "interval_width", "pinball", "total_wape", "incoherence", "blocked_cv_rmse"}
)
"""Metrics of recipes of which more, or less, is better; of the others (an elasticity, a coverage) neither is."""
SIGNED: Final = frozenset({"revenue_lift", "margin_impact", "revenue_gain", "margin_gain", "policy_gain", "elasticity"})
"""Metrics whose sign is what they are asked for."""
FEATURES_MOST, NOTES_MOST, METRICS_MOST = 5, 4, 12
REMEDIES: Final[Mapping[str, str]] = {
    "COMPUTE_LIMIT": "It used up the hours that were set aside: fewer trees, epochs, folds or rows need less, and an estimate says what.",
    "CANCELLED": "It did not fail by itself: start it again when it is wanted.",
    "InvalidError": "The words say what is wrong with the manifest or the rows: a new version of the recipe, or other data, mends it.",
}


def run_source(speech: Speech, job: Job) -> int:
    """Return the number of a run as a source."""
    run = run_id_of(job.id)
    return speech.about("run", f"/api/ml-development/runs/{run}", f"Run {run} ({spec_of(job).run_type.value}, {status_of(job)})")


def tell_run(speech: Speech, job: Job) -> None:
    """Tell how a run did beside its baselines, and what speaks for and against that."""
    at, spec, result = run_source(speech, job), spec_of(job), result_of(job)
    speech.say(
        f"{run_id_of(job.id)} is a {spec.run_type.value} run of {spec.recipe_id}, version {spec.recipe_version or spec.recipe_version_id}"
        f"{f', of {spec.model_id}' if spec.model_id else ''}; it is {status_of(job)}.",
        at,
    )
    if is_reported(job) and job.reported is not None:
        told = ", ".join(f"{name} {shown(value)}" for name, value in list(job.reported.metrics.items())[:METRICS_MOST]) or "no figures"
        speech.say(f"An outside worker has reported it with {told}: nobody here has measured that, and no baseline stands beside it.", at)
    elif result is not None:
        _tell_measured(speech, at, result, chosen=spec.manifest["baseline"]["name"])
    elif job.state.ended:
        tell_failure(speech, job)
        return
    else:
        tell_status(speech, job)
        return
    _suggest_after(speech, job)


def _tell_measured(speech: Speech, at: int, result: RecipeRunResult, *, chosen: str) -> None:
    figures = ", ".join(f"{name} {number(value)}" for name, value in list(result.metrics.items())[:METRICS_MOST])
    speech.say(f"On rows that it had not learned from ({result.rows.get('test', 0):,} of them) it measured {figures}.", at)
    for name in sorted(result.baseline, key=lambda each: each != chosen):
        _tell_baseline(speech, at, result, name)
    for metric, found in list(result.intervals.items())[:3]:
        holds = "holds zero, so that its sign is not sure" if found.low <= 0 <= found.high else "does not hold zero"
        about = f", which {holds}" if metric in SIGNED else ""
        speech.say(
            f"The {found.level:.0%} interval of {metric} is {number(found.low)} to {number(found.high)} ({found.method}){about}.", at
        )
    first = sorted(result.importance.items(), key=lambda each: -each[1])[:FEATURES_MOST]
    if first:
        speech.say(f"What it goes by most: {', '.join(f'{name} ({value:.0%})' for name, value in first)}.", at)
    for name, why in list(result.reasons.items())[:NOTES_MOST]:
        speech.say(f"{name} is unknown: {why.rstrip('.')}.", at)
    for note in result.notes[:NOTES_MOST]:
        speech.say(f"{note.rstrip('.')}.", at)
    if result.synthetic:
        speech.say("Its rows were generated: these figures are of no market.", at)


def _tell_baseline(speech: Speech, at: int, result: RecipeRunResult, name: str) -> None:
    better, worse, equal = list[str](), list[str](), list[str]()
    for metric, other in result.baseline[name].items():
        own = result.metrics.get(metric)
        if own is None or other is None or metric not in HIGHER | LOWER:
            continue
        way = own - other if metric in HIGHER else other - own
        told = f"{metric} ({number(own)} against {number(other)})"
        (better if way > 0 else worse if way < 0 else equal).append(told)
    if not (better or worse or equal):
        speech.say(f"Against {name} nothing can be compared: no figure of which more or less is better is known of both.", at)
        return
    parts = [f"better in {', '.join(better)}"] if better else []
    parts += [f"worse in {', '.join(worse)}"] if worse else []
    parts += [f"equal in {', '.join(equal)}"] if equal else []
    speech.say(f"Beside {name} it is {'; '.join(parts)}.", at)


def _suggest_after(speech: Speech, job: Job) -> None:
    spec = spec_of(job)
    ids: JsonObject = {"recipe_id": spec.recipe_id, "recipe_version_id": spec.recipe_version_id}
    of_model = {"model_id": spec.model_id} if spec.model_id else {}
    if spec.run_type.value != "backtest":
        speech.suggest("See whether it holds through time, or folds", "POST", "/runs", ids | {"run_type": "backtest"} | of_model)
    if result_of(job) is not None:
        speech.suggest("Its report, as a page", "GET", f"/runs/{run_id_of(job.id)}/files/report.html")
    if spec.model_id:
        speech.suggest("The model with its versions", "GET", f"/models/{spec.model_id}")
        speech.questions.append("How do I promote this model?")
    speech.questions += ["What does this recipe do?", "Propose a lower learning rate"]


def tell_failure(speech: Speech, job: Job) -> None:
    """Tell why a run has failed, or that it has not."""
    at, spec = run_source(speech, job), spec_of(job)
    run = run_id_of(job.id)
    if is_reported(job):
        speech.say(f"{run} is an outside worker's, and {status_of(job)}: its log is all that is known here.", at)
        if job.reported is not None and job.reported.logs_text:
            speech.say(f"Its last lines: {_tail(job.reported.logs_text)}.", at)
        return
    if job.state is JobState.SUCCEEDED or not job.state.ended:
        speech.say(f"{run} has not failed: it is {status_of(job)}.", at)
        return
    if job.state is JobState.CANCELLED:
        kind, words = "CANCELLED", f"It was cancelled{f': {job.cancel_reason}' if job.cancel_reason else ''}"
    else:
        kind, words = (job.error.type, job.error.message) if job.error else ("unknown", "Nobody has said why")
    speech.say(f"{run} ({spec.run_type.value} of {spec.recipe_id}) has failed with {kind}: {words.rstrip('.')}.", at)
    if job.stage:
        speech.say(f"It was at {job.progress} % then, in the stage {job.stage}, at attempt {job.attempt}.", at)
    warned = [line.message for line in job.logs if line.level in {"WARNING", "ERROR"}][-3:]
    if warned:
        speech.say(f"Its log warns: {'; '.join(shown(each, most=200).rstrip('.') for each in warned)}.", at)
    if remedy := REMEDIES.get(kind):
        speech.say(remedy)
    asked: JsonObject = {"recipe_id": spec.recipe_id, "recipe_version_id": spec.recipe_version_id, "run_type": spec.run_type.value}
    asked |= {"model_id": spec.model_id} if spec.model_id else {}
    speech.suggest("Its whole log", "GET", f"/runs/{run}")
    if kind == "COMPUTE_LIMIT":
        speech.suggest("What it would need", "POST", "/runs/estimate", asked)
    speech.suggest("Start it again", "POST", "/runs", asked)
    speech.questions += ["What does this recipe do?", "Propose fewer trees"]


def tell_status(speech: Speech, job: Job) -> None:
    """Tell how far a run is, and what it costs."""
    at, run = run_source(speech, job), run_id_of(job.id)
    if job.state.ended or is_reported(job):
        when = f" since {job.ended_at.isoformat(timespec='seconds')}" if job.ended_at else ""
        speech.say(f"{run} is {status_of(job)}{when}.", at)
    else:
        stage = f", in the stage {job.stage}" if job.stage else ""
        speech.say(f"{run} is {status_of(job)}, at {job.progress} %{stage}.", at)
        if job.estimated_completion:
            speech.say(f"It is expected to end at {job.estimated_completion.isoformat(timespec='seconds')}.", at)
        speech.suggest("Cancel it; what is not used comes back", "DELETE", f"/runs/{run}")
    cost = f"; it was charged {job.cost}" if job.cost is not None else ""
    speech.say(f"In credits {job.reserved_cost} were set aside for it{cost}.", at)
    speech.suggest("The run", "GET", f"/runs/{run}")
    speech.questions.append("How did this run do beside its baseline?")


def _tail(text: str) -> str:
    return shown(" / ".join(text.strip().splitlines()[-3:]), most=400).rstrip(".")
