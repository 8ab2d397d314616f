"""AI Engine's jobs: one's own of every kind, with what each belongs to and where its result is."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Final

from fastapi import Path
from starlette.requests import Request

from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobState
from modelbourse.answers.answer import JOB_ID
from modelbourse.answers.engine import jobs as answers
from modelbourse.answers.trainings import LogLine
from services.gateway.domain.jobs.errors import CancellationPendingError, JobEndedError, JobNotFoundError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.ports import EveryJobFilter
from services.gateway.inbound.faces.ai_engine.face import FACE, NO_SUCH_PART, PAGES, Reader, Trainer
from services.gateway.inbound.http.ids import id_of
from services.gateway.inbound.http.queries import query, read_id, read_word
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_route import make_router
from services.gateway.inbound.live.feed import live_job_of
from services.gateway.usecases.nouns import OwnJobUseCases

FILTERS: Final = [
    query("kind", "Only jobs of this kind.", enum=list(JobKind)),
    query("state", "Only jobs in this state.", enum=list(JobState)),
    query("model_id", "Only jobs that work on this model."),
]
# What a job is called itself where its kind is shown: a field, and what the id begins with there.
ITSELF: Final[Mapping[JobKind, tuple[str, str]]] = {
    JobKind.RUN_RECIPE: ("run_id", "run"),
    JobKind.AGENT_RUN: ("run_id", "run"),
    JobKind.PREDICT_BATCH: ("batch_id", "batch"),
    JobKind.PREDICT_RECIPE: ("prediction_id", "answer"),
}
# Where the API shows what comes of a job: the first address all of whose names are known.
RESULTS: Final[Mapping[JobKind, tuple[str, ...]]] = {
    JobKind.TRAIN: ("/api/ai-studio/training-jobs/{job_id}/",),
    JobKind.BACKTEST: ("/api/backtests/{job_id}",),
    JobKind.VALIDATE: ("/v1/ai/datasets/{dataset_id}",),
    JobKind.REFRESH: ("/v1/ai/datasets/{dataset_id}",),
    JobKind.TUNE: ("/v1/ai/models/{model_id}/hyperparameter-tuning/{job_id}", "/v1/ai/experiments/{experiment_id}"),
    JobKind.AGENT: ("/v1/ai/rl-environments/{environment_id}/train/{job_id}",),
    JobKind.AGENT_RUN: ("/v1/ai/rl-environments/{environment_id}/agents/{agent_id}/runs/{run_id}",),
    JobKind.IMPORTANCE: ("/v1/ai/models/{model_id}/feature-importance",),
    JobKind.PREDICT_BATCH: ("/v1/ai/predictions/batch/{batch_id}",),
    JobKind.TRAIN_TEXT: ("/api/v1/training/{job_id}",),
    JobKind.EXPORT: ("/api/v1/export/{job_id}",),
    JobKind.SCORE_TEXTS: ("/api/v1/score/{job_id}",),
    JobKind.CHECK_TEXTS: ("/api/v1/data/validate/{job_id}",),
    JobKind.RUN_RECIPE: ("/api/ml-development/runs/{run_id}",),
    JobKind.MONITOR_MODEL: ("/api/ml-development/models/{model_id}/monitoring/{snapshot_id}",),
    JobKind.GENERATE_ROWS: ("/api/ml-development/recipes/{recipe_id}/synthetic-example",),
    JobKind.PREDICT_RECIPE: ("/api/ml-development/models/{model_id}/predictions/{prediction_id}",),
}
NAMED: Final = re.compile(r"\{(\w+)\}")
IN_THE_END: Final = ("cost", "refund")
NO_JOB: Final = JobNotFoundError(JOB_ID, noun="job")
OwnJobId = Annotated[str, id_of("job", partial(JobNotFoundError, noun="job")), Path(description="The job's id.", examples=[JOB_ID])]
Use = Annotated[OwnJobUseCases, used(OwnJobUseCases)]
routes = make_router(prefix=f"{FACE.prefix}/jobs", tags=[FACE.tag("jobs")])


@routes.get(
    "",
    summary="List jobs",
    response_description="A part of the list, the newest first.",
    responses=NO_SUCH_PART,
    openapi_extra={"parameters": [*FILTERS, *PAGES.parameters]},
)
async def list_own_jobs(request: Request, caller: Reader, use: Use) -> answers.OwnJobs:
    """Your jobs of every kind, those among them that are parts of others."""
    part = PAGES.read(request)
    kind, state = read_word(request, "kind", known=JobKind), read_word(request, "state", known=JobState)
    model_id = read_id(request, "model_id", prefix="model")
    wanted = EveryJobFilter(caller.account_id, [kind] if kind else (), [state] if state else (), model_id)
    page = await use.every.find(part, wanted)
    return answers.OwnJobs(jobs=[own_job_of(each) for each in page.items], total=page.count, limit=part.size, offset=part.skipped)


@routes.get("/{job_id}", summary="Get a job", responses=refused(FACE, NO_JOB))
async def get_own_job(job_id: OwnJobId, caller: Reader, use: Use) -> answers.OwnJobDetails:
    """How it stands, with its log; `result_url` is where what comes of it is shown in full."""
    return _details_of(await use.jobs.get(job_id, account_id=caller.account_id, kind=None))


@routes.post(
    "/{job_id}/cancel",
    summary="Cancel a job",
    response_description="It has ended; what it did not use is given back.",
    responses=refused(FACE, NO_JOB, JobEndedError(JobState.SUCCEEDED), CancellationPendingError(JOB_ID)),
)
async def cancel_own_job(job_id: OwnJobId, caller: Trainer, use: Use) -> answers.OwnJobDetails:
    """End a job of any kind that waits or runs: hours that it has used are charged, and what it was to make is not made."""
    return _details_of(await use.stop(job_id, account_id=caller.account_id))


def own_job_of(job: Job) -> answers.OwnJob:
    """Return a job with what it belongs to."""
    return answers.OwnJob(**_told(job))


def _details_of(job: Job) -> answers.OwnJobDetails:
    lines = [LogLine(timestamp=line.timestamp, level=line.level, message=line.message) for line in job.logs]
    return answers.OwnJobDetails(**_told(job), metrics=job.metrics, logs=lines)


def _told(job: Job) -> dict[str, Any]:
    belongs = _belongs(job)
    told = dict(live_job_of(job)) | {"model_id": job.model_id or (job.spec or {}).get("model_id") or None}
    url = _result_url(job.kind, {"job_id": job.id, "model_id": told["model_id"], **belongs})
    whys = dict.fromkeys(IN_THE_END, "It has not ended.") if job.cost is None else {}
    return told | {
        "job_id": job.id,
        "priority": job.priority.name,
        "attempts": job.attempt,
        "belongs_to": answers.BelongsTo(**belongs),
        "cost": job.cost,
        "refund": job.refund,
        "cancel_reason": job.cancel_reason,
        "result_url": url,
        "reasons": whys if url else whys | {"result_url": "What it was for is not known any more."},
    }


def _belongs(job: Job) -> dict[str, str]:
    """Return the ids of what a job works for, by their names in its spec, and what it is called itself."""
    spec = job.spec or {}
    belongs = {name: str(spec[name]) for name in answers.BelongsTo.model_fields if spec.get(name)}
    if job.kind in ITSELF:
        name, prefix = ITSELF[job.kind]
        belongs[name] = f"{prefix}_{job.id.removeprefix('job_')}"
    return belongs


def _result_url(kind: JobKind, names: Mapping[str, str | None]) -> str | None:
    known = {name: value for name, value in names.items() if value}
    addresses = (each for each in RESULTS[kind] if known.keys() >= set(NAMED.findall(each)))
    return next((each.format_map(known) for each in addresses), None)
