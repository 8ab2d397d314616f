"""Experiments, trials and tunings in AI Engine's words."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from libs.contracts.training import JobState
from libs.contracts.tuning import TrialRow, TrialStatus, TuneResult
from modelbourse.answers.engine import experiments as answers
from services.gateway.domain.experiments.experiment import UNDER_WAY, Experiment, ExperimentStatus
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.models.engine_types import parameters_of, type_of
from services.gateway.domain.models.model import Model
from services.gateway.inbound.faces.ai_engine.words import TYPE_NAMES

NOT_STARTED: Final = "The experiment has not been started."
WHYS: Final = {
    "started_at": NOT_STARTED,
    "job_id": NOT_STARTED,
    "completed_at": "It has not ended.",
    "error": "It has not failed.",
    "validation": "Each trial is validated as a training is.",
    "optimization_metric": "There are several: see objectives.",
    "optimization_direction": "There are several: see objectives.",
    "progress.best_trial": "No trial has completed.",
}
TUNING_WORDS: Final[Mapping[ExperimentStatus, answers.TuningStatus]] = {
    ExperimentStatus.CREATED: "queued",
    ExperimentStatus.RUNNING: "running",
    ExperimentStatus.STOPPING: "stopping",
    ExperimentStatus.STOPPED: "stopped",
    ExperimentStatus.COMPLETED: "completed",
    ExperimentStatus.FAILED: "failed",
}
FOUND: Final = (
    "parameter_importance", "importance_method", "holdout_metrics", "trials_counted", "deflated_sharpe", "pbo", "robustness", "seeds_noise",
    "stopped_early",
)  # fmt: skip


def row_of(experiment: Experiment) -> answers.ExperimentRow:
    """Return an experiment in short."""
    return answers.ExperimentRow(
        id=experiment.id,
        name=experiment.name,
        status=experiment.status.value,
        created_at=experiment.created_at,
        updated_at=experiment.updated_at,
    )


def experiment_of(experiment: Experiment) -> answers.Experiment:
    """Return all there is to say of an experiment."""
    spec, asked = experiment.spec, experiment.asked
    evidence = evidence_of(experiment)
    progress = progress_of(experiment)
    values: dict[str, Any] = {
        "started_at": experiment.started_at,
        "completed_at": experiment.completed_at,
        "error": experiment.error,
        "job_id": experiment.job_id,
        "validation": asked.validation,
        "optimization_metric": asked.metric,
        "optimization_direction": asked.direction,
    }
    reasons = {name: why for name, why in WHYS.items() if {**values, "progress.best_trial": progress.best_trial}[name] is None}
    return answers.Experiment(
        **row_of(experiment).model_dump(),
        **values,
        **evidence | {"reasons": reasons | evidence["reasons"]},
        description=experiment.description,
        model_type=TYPE_NAMES[experiment.model_type],
        dataset_id=asked.dataset_id,
        features=list(spec.base.features),
        target=spec.base.target_variable,
        parameters=parameters_of(spec.base.hyperparameters),
        hyperparameter_space=dict(asked.space),
        objectives=[answers.Goal(metric=each.metric, direction=each.direction) for each in spec.objectives],
        max_trials=spec.max_trials,
        parallel_trials=spec.parallel_trials,
        sampler=spec.sampler,
        pruner=spec.pruner,
        seed=spec.seed,
        holdout=spec.holdout,
        symbols=list(spec.base.symbols),
        timeframe=spec.base.timeframe,
        progress=progress,
    )


def evidence_of(experiment: Experiment) -> dict[str, Any]:
    """Return the fields of `Evidence`: null, with the reason, until the search has ended well."""
    result = experiment.result
    if result is None:
        why = "The search has not ended well, which is when it is computed."
        if experiment.status is ExperimentStatus.STOPPED:
            why = "The search was stopped before its last trial: resume it, without max_trials, to have this computed of its best."
        nothing: dict[str, Any] = dict.fromkeys(FOUND)
        return nothing | {"front": [], "plots": [], "warnings": [], "reasons": dict.fromkeys(FOUND, why)}
    return _found(result, experiment)


def _found(result: TuneResult, experiment: Experiment) -> dict[str, Any]:
    noise, robust = result.seeds_noise, result.robustness
    values: dict[str, Any] = {
        "parameter_importance": experiment.named(result.parameter_importance) or None,
        "importance_method": result.importance_method,
        "holdout_metrics": result.holdout_metrics or None,
        "trials_counted": result.trials_counted,
        "deflated_sharpe": result.deflated_sharpe,
        "pbo": result.pbo,
        "robustness": answers.Robustness(score=robust.score, verdict=robust.verdict),
        "seeds_noise": answers.SeedsNoise(**noise.model_dump()) if noise else None,
        "stopped_early": result.stopped_early,
    }
    unsaid = {name: "The search did not measure it." for name, value in values.items() if value is None}
    return values | {
        "front": [found_of(row, experiment) for row in result.front],
        "plots": sorted(result.files),
        "warnings": list(result.warnings),
        "reasons": unsaid | result.reasons,
    }


def progress_of(experiment: Experiment) -> answers.Progress:
    """Return how far a search has come."""
    best = experiment.best_trial
    total = experiment.spec.max_trials
    return answers.Progress(
        completed_trials=experiment.ended_trials,
        total_trials=total,
        best_trial=found_of(best, experiment) if best else None,
    )


def found_of(row: TrialRow, experiment: Experiment) -> answers.TrialFound:
    """Return a trial in short."""
    return answers.TrialFound(trial_id=row.trial_id, hyperparameters=experiment.named(row.hyperparameters), metrics=row.metrics)


def trial_of(row: TrialRow, experiment: Experiment) -> answers.Trial:
    """Return a trial whole; of a search that runs no more nothing runs."""
    lost = row.status is TrialStatus.RUNNING and experiment.status not in UNDER_WAY
    return answers.Trial(
        **found_of(row, experiment).model_dump(),
        experiment_id=experiment.id,
        number=row.number,
        status=(TrialStatus.FAILED if lost else row.status).value,
        created_at=row.created_at,
        completed_at=row.completed_at,
        spread=row.spread,
        reason="The search ended before it did." if lost else row.reason,
    )


def model_made_of(model: Model, trial: TrialRow, experiment_id: str) -> answers.ModelMade:
    """Return the answer to a model that was made of a trial."""
    return answers.ModelMade(
        id=model.id,
        name=model.name,
        type=TYPE_NAMES[type_of(model.market.algorithm)],
        status="created",
        created_at=model.created_at,
        experiment_id=experiment_id,
        trial_id=trial.trial_id,
        parameters=parameters_of(model.market.hyperparameters),
    )


def tuning_word(experiment: Experiment, job: Job | None) -> answers.TuningStatus:
    """Return the one word for where a tuning stands: one that no runner has taken up is queued."""
    if experiment.status is ExperimentStatus.RUNNING and job is not None and job.state is JobState.QUEUED:
        return "queued"
    return TUNING_WORDS[experiment.status]


def tuning_of(experiment: Experiment, job: Job | None) -> answers.Tuning:
    """Return a tuning as it stands."""
    return answers.Tuning(
        **_about(experiment, job),
        error=experiment.error,
        progress=progress_of(experiment),
    )


def results_of(experiment: Experiment, job: Job | None, rows: Sequence[TrialRow]) -> answers.TuningResults:
    """Return what a tuning has found."""
    best = experiment.best_trial
    found = answers.TuningFound(
        **evidence_of(experiment),
        best_trial=found_of(best, experiment) if best else None,
        all_trials=[found_of(row, experiment) for row in rows if row.status is TrialStatus.COMPLETED],
    )
    return answers.TuningResults(**_about(experiment, job), results=found)


def _about(experiment: Experiment, job: Job | None) -> dict[str, Any]:
    return {
        "job_id": experiment.job_id or "",
        "model_id": experiment.model_id or "",
        "status": tuning_word(experiment, job),
        "created_at": experiment.created_at,
        "started_at": job.started_at if job else experiment.started_at,
        "completed_at": experiment.completed_at,
    }
