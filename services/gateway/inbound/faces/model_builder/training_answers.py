"""What Model Builder says of a training on texts, in the document's words."""

from collections.abc import Mapping
from typing import Final

from libs.contracts.job_kinds import shown_spec
from libs.contracts.texts import BASELINES, MODEL, TextResult, TextSpec
from libs.contracts.training import JobState
from modelbourse.answers.builder import trainings as answers
from services.gateway.domain.jobs.estimate import Estimate
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.models.text_checkpoints import files_of, resumable_path
from services.gateway.inbound.faces.model_builder.words import duration_in_words
from services.gateway.usecases.jobs.start_job import Started

STATUSES: Final[Mapping[JobState, answers.TextStatus]] = {
    JobState.QUEUED: "started",
    JobState.RUNNING: "running",
    JobState.SUCCEEDED: "completed",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "cancelled",
}
NO_SPREAD: Final = "Fewer than three such trainings have ended well: how much they differ is not known."
NO_CHECKPOINT: Final = "It has left none: it has not come to the end of an epoch."
NOT_SETTLED: Final = "It is not settled yet."
MAIN: Final = "macro_f1"


def started_of(started: Started) -> answers.TextTrainingStarted:
    """Return what is answered of a training when it is accepted."""
    job, spec = started.job, _spec(started.job)
    assert started.estimate is not None  # Past jobs tell what a training takes.
    estimate = estimate_of(started.estimate)
    return answers.TextTrainingStarted(
        job_id=job.id,
        status=STATUSES[job.state],
        estimated_duration=duration_in_words(estimate.seconds),
        mlflow_run_id=job.id,
        created_at=job.created_at,
        experiment_name=spec.experiment_name,
        version=spec.version,
        output_dir=spec.output_dir,
        estimated_completion=job.estimated_completion or job.ended_at,
        estimated_cost=job.reserved_cost,
        estimate=estimate,
        resumed_from=spec.resumed_from,
    )


def estimate_of(estimate: Estimate) -> answers.TextEstimate:
    """Return how long a training will take, in seconds by the clock."""

    def seconds(hours: float) -> float:
        return round(hours * 3600 / estimate.workers, 1)

    whys = dict.fromkeys(("low_seconds", "high_seconds", "level"), NO_SPREAD) if estimate.level is None else {}
    wait, why = estimate.queue.wait_s, estimate.queue.why_unknown
    return answers.TextEstimate(
        seconds=seconds(estimate.hours),
        low_seconds=None if estimate.low_hours is None else seconds(estimate.low_hours),
        high_seconds=None if estimate.high_hours is None else seconds(estimate.high_hours),
        level=estimate.level,
        runs=estimate.jobs,
        basis=estimate.basis.value,
        queue_seconds=None if wait is None else round(wait, 1),
        reasons=whys | ({"queue_seconds": why} if why else {}),
    )


def row_of(job: Job) -> answers.TextTrainingRow:
    """Return a training as lists show it."""
    spec, word = _spec(job), STATUSES[job.state]
    measured = (job.result or {}).get("metrics", {}).get(MAIN)
    whys = {
        MAIN: (job.result or {}).get("reasons", {}).get(MAIN) or f"The training is {word}: measured when it has ended well.",
        "started_at": _not_taken_up(job),
        "completed_at": f"The training is {word}.",
    }
    values = {MAIN: measured, "started_at": job.started_at, "completed_at": job.ended_at}
    return answers.TextTrainingRow(
        job_id=job.id,
        status=word,
        experiment_name=spec.experiment_name,
        version=spec.version,
        model_id=job.model_id or "",
        backbone=spec.config.training.backbone,
        percentage=_percentage(job),
        macro_f1=measured,
        created_at=job.created_at,
        started_at=job.started_at,
        completed_at=job.ended_at,
        reasons={name: why for name, why in whys.items() if values[name] is None},
    )


NOT_COMPARED: Final = "The release that trained it did not compare int8."


def training_of(job: Job) -> answers.TextTraining:
    """Return all there is to say of a training."""
    spec, result = _spec(job), TextResult.model_validate(job.result, extra="ignore") if job.result else None
    metrics = _metrics(job, result)
    answer = answers.TextTraining(
        job_id=job.id,
        status=STATUSES[job.state],
        progress=_progress(job, spec, result),
        metrics=metrics,
        estimated_completion=job.estimated_completion,
        stage=job.stage or "waiting for a runner",
        experiment_name=spec.experiment_name,
        version=spec.version,
        model_id=job.model_id or "",
        mlflow_run_id=job.id,
        data_path=spec.data.path,
        output_dir=spec.output_dir,
        model_path=f"{spec.output_dir}/{MODEL}" if result else None,
        config=spec.config.model_dump(mode="json"),
        created_at=job.created_at,
        started_at=job.started_at,
        completed_at=job.ended_at,
        attempt=job.attempt,
        error=answers.TextTrainingError(code="TRAINING_ERROR", type=job.error.type, message=job.error.message) if job.error else None,
        result=_measured(result) if result else None,
        files=sorted(f"{spec.output_dir}/{path}" for path in files_of(job)),
        cancel_reason=job.cancel_reason,
        resumed_from=spec.resumed_from,
        resumable_from=resumable_path(job),
        compute_hours=None if job.compute_hours is None else float(job.compute_hours),
        cost=job.cost,
        reasons={},
    )
    measured = {} if result is None else ({} if result.int8 else {"int8": NOT_COMPARED}) | result.reasons
    return answer.model_copy(update={"reasons": _reasons(job, answer) | measured})


def cancelled_of(job: Job) -> answers.TextTrainingCancelled:
    """Return what is answered when a training was ended."""
    folder = resumable_path(job)
    values = {"compute_hours": job.compute_hours, "cost": job.cost, "refund": job.refund, "resumable_from": folder}
    whys = dict.fromkeys(values, NOT_SETTLED) | {"resumable_from": NO_CHECKPOINT}
    return answers.TextTrainingCancelled(
        job_id=job.id,
        status=STATUSES[job.state],
        compute_hours=None if job.compute_hours is None else float(job.compute_hours),
        cost=job.cost,
        refund=job.refund,
        resumable_from=folder,
        reasons={name: whys[name] for name, value in values.items() if value is None},
    )


def _spec(job: Job) -> TextSpec:
    return shown_spec(TextSpec, job.spec)


def _progress(job: Job, spec: TextSpec, result: TextResult | None) -> answers.TextTrainingProgress:
    network = spec.config.training.backbone not in BASELINES
    epochs = job.metrics.get("total_epochs") or (spec.config.training.num_epochs if network else None)
    epoch = result.history[-1].epoch if result and result.history else job.metrics.get("epoch")
    return answers.TextTrainingProgress(
        current_epoch=None if epoch is None else int(epoch),
        total_epochs=None if epochs is None else int(epochs),
        current_step=job.step,
        total_steps=job.total_steps,
        percentage=_percentage(job),
    )


def _percentage(job: Job) -> float:
    if job.state is JobState.SUCCEEDED:
        return 100.0
    return round(100.0 * job.step / job.total_steps, 1) if job.total_steps else float(job.progress)


def _metrics(job: Job, result: TextResult | None) -> answers.TextTrainingMetrics:
    names = ("train_loss", "val_loss", "val_accuracy", "val_macro_f1")
    told = {name: job.metrics.get(name) for name in names}
    if result and result.history:  # The last progress may have come before the last epoch's end.
        told = {name: getattr(result.history[-1], name) for name in names}
    return answers.TextTrainingMetrics(**told)


def _measured(result: TextResult) -> answers.TextMeasured:
    said = result.model_dump(mode="json", include=set(answers.TextMeasured.model_fields))
    return answers.TextMeasured(**said)


def _not_taken_up(job: Job) -> str:
    return "No runner has taken it up." if job.state.ended else "It waits for a runner."


def _reasons(job: Job, answer: answers.TextTraining) -> dict[str, str]:
    """Say why values are null, by their names."""
    under_way = f"The training is {answer.status}."
    early = "It is known once the training is under way." if not job.state.ended else f"{under_way} It was not measured."
    nothing = NO_CHECKPOINT if job.state.ended else f"{under_way} It is told when it has ended."
    if answer.progress.total_epochs is None:
        nothing = "A baseline leaves no checkpoint: it has no epochs."
    whys = {
        "estimated_completion": "It has ended." if job.state.ended else "It is too early to say.",
        "model_path": f"{under_way} There is none before it has ended well.",
        "started_at": _not_taken_up(job),
        "completed_at": under_way,
        "error": "It has not failed.",
        "cancel_reason": "No operator has ended it.",
        "result": f"{under_way} It is measured when it has ended well.",
        "resumed_from": "It began from the start.",
        "resumable_from": nothing,
        "compute_hours": f"{under_way} It is known when it has run for a while.",
        "cost": f"{under_way} It is known when it has ended.",
    }
    found = {name: why for name, why in whys.items() if getattr(answer, name) is None}
    found |= {f"metrics.{name}": early for name in type(answer.metrics).model_fields if getattr(answer.metrics, name) is None}
    epochs = "A baseline has no epochs." if answer.progress.total_epochs is None else early
    return found | {f"progress.{name}": epochs for name in ("current_epoch", "total_epochs") if getattr(answer.progress, name) is None}
