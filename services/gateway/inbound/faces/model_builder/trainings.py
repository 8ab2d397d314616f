"""Model Builder's trainings on texts: started, followed, their logs read, cancelled, gone on with."""

from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import Path, status
from pydantic import ConfigDict, Field, StrictStr
from starlette.requests import Request

from libs.chassis.errors import InvalidError
from libs.contracts.job_kinds import JobKind
from libs.contracts.text_config import BASELINES, SHIPPED
from libs.contracts.texts import TEXT
from libs.contracts.training import JobState
from modelbourse.answers.answer import JOB_ID
from modelbourse.answers.builder import trainings as answers
from services.gateway.domain.jobs.errors import CancellationPendingError, JobEndedError, JobNotFoundError
from services.gateway.domain.jobs.lists import JobFilter
from services.gateway.domain.models.errors import ModelNotFoundError
from services.gateway.inbound.faces.model_builder.envelope import make_routes, page_of
from services.gateway.inbound.faces.model_builder.face import FACE, PAGES, Reader, Trainer
from services.gateway.inbound.faces.model_builder.training_answers import STATUSES, cancelled_of, row_of, started_of, training_of
from services.gateway.inbound.http.ids import id_of
from services.gateway.inbound.http.paging import Offsets
from services.gateway.inbound.http.queries import query, read_word
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.http.strict_route import CurrentWork, starts_work
from services.gateway.usecases.text_nouns import TextRunUseCases
from services.gateway.usecases.texts.start_text_run import TextRun

NO_RUN: Final = JobNotFoundError(JOB_ID, noun=f"{JobKind.TRAIN_TEXT.noun} job")


def _no_run(job_id: str) -> JobNotFoundError:
    return JobNotFoundError(job_id, noun=NO_RUN.noun)


DEFAULT_EXPERIMENT: Final = "sentiment-analysis"
LOG_PAGES: Final = Offsets(size=100, most=500)
LEVELS: Final[tuple[answers.LogLevel, ...]] = ("DEBUG", "INFO", "WARNING", "ERROR")
STATES: Final = {word: state for state, word in STATUSES.items()}
LEVEL: Final = query("level", "Lines of this level and above: DEBUG, INFO, WARNING, ERROR; default: all.", enum=list(LEVELS))
FILTERS: Final = [
    query("status", "Trainings that stand so: started, running, completed, failed, cancelled.", enum=list(STATES)),
    query("experiment_name", "Trainings of this experiment."),
]
MISSPELT: Final = InvalidError(
    "The configuration cannot be used: see config.training.batch_siz.",
    details={"config.training.batch_siz": ["Unknown field 'batch_siz'. Did you mean 'batch_size'?"]},
)
EXAMPLE: Final[dict[str, Any]] = {
    "data_path": "data/news_dataset.json",
    "output_dir": answers.OUTPUT,
    "experiment_name": answers.EXPERIMENT,
    "config": {"training": {"backbone": SHIPPED, "batch_size": 16, "learning_rate": 2e-5, "num_epochs": 3}},
}
Use = Annotated[TextRunUseCases, used(TextRunUseCases)]
RunId = Annotated[str, id_of("job", _no_run), Path(description="The training's id.", examples=[JOB_ID])]
routes = make_routes("training", under="/training")


class TextTrainIn(StrictBody):
    """A training on texts."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    data_path: StrictStr = Field(
        min_length=1, max_length=400, description="Labelled texts: a file of your data root, or `dataset:<id>` of texts or a table."
    )
    output_dir: StrictStr | None = Field(
        None, max_length=255, description="Where its files will lie in your data root; null: `outputs/<job id>`."
    )
    experiment_name: StrictStr | None = Field(
        None, description=f"The experiment, of which this makes the next version; null: `{DEFAULT_EXPERIMENT}`."
    )
    config: dict[str, Any] | None = Field(
        None,
        description="`training` (backbone, method, batch_size, learning_rate, num_epochs, random_seed …), `preprocessing` (text_column, "
        f"label_column, max_length …), `data` (train_split …). A backbone is `{SHIPPED}`, a baseline ({', '.join(BASELINES)}), or what the "
        "operator has put there; null: all as by default, or as the training had it that this one goes on from.",
    )
    resume_from: StrictStr | None = Field(
        None,
        max_length=255,
        description="What it goes on from: a folder `checkpoint-<epoch>` of your data root, an `output_dir` that has some, or the id of a "
        "training that was cancelled or failed. Its settings hold where `config` says nothing.",
    )
    log_level: answers.LogLevel = Field("INFO", description="The least level of the lines that it logs.")


@routes.post(
    "/start",
    status_code=status.HTTP_201_CREATED,
    summary="Start a training",
    response_description="The training was accepted; its credits are set aside.",
    responses=refused(FACE, MISSPELT, 402, 409, 504),
)
@starts_work
async def start_text_training(body: TextTrainIn, caller: Trainer, work: CurrentWork, use: Use) -> answers.TextTrainingStarted:
    """Make the next version of an experiment; several of one may be under way at once."""
    run = TextRun(
        data_path=body.data_path,
        experiment_name=DEFAULT_EXPERIMENT if body.experiment_name is None else body.experiment_name,
        config=body.config or {},
        output_dir=body.output_dir,
        resume_from=body.resume_from,
        log_level=body.log_level,
    )
    return started_of(await use.start(run, caller=caller, work=work))


@routes.get(
    "",
    summary="List your trainings",
    response_description="Trainings were found.",
    openapi_extra={"parameters": [*FILTERS, *PAGES.parameters]},
)
async def list_text_trainings(request: Request, caller: Reader, use: Use) -> answers.TextTrainingPage:
    """Show the newest first."""
    part = PAGES.read(request)
    word = read_word(request, "status", known=STATES)
    wanted = JobFilter(JobKind.TRAIN_TEXT, states=[STATES[word]] if word else [])
    if experiment := request.query_params.get("experiment_name"):
        try:
            model = await use.models.named(experiment, account_id=caller.account_id, kind=TEXT)
        except ModelNotFoundError:
            return page_of(answers.TextTrainingPage, [], part=part, total=0)
        wanted = replace(wanted, model_id=model.id)
    found = await use.jobs.find(caller.account_id, part, wanted)
    return page_of(answers.TextTrainingPage, [row_of(job) for job in found.items], part=part, total=found.count)


@routes.get("/{job_id}", summary="Get a training", response_description="The training as it stands.", responses=refused(FACE, NO_RUN))
async def get_text_training(job_id: RunId, caller: Reader, use: Use) -> answers.TextTraining:
    """Progress, newest metrics, and in the end what it measured and made; why it failed where it did."""
    return training_of(await use.jobs.get(job_id, account_id=caller.account_id, kind=JobKind.TRAIN_TEXT))


@routes.get(
    "/{job_id}/logs",
    summary="Read a training's log",
    response_description="Lines of the log, the oldest first.",
    responses=refused(FACE, NO_RUN),
    openapi_extra={"parameters": [LEVEL, *LOG_PAGES.parameters]},
)
async def get_text_training_logs(job_id: RunId, request: Request, caller: Reader, use: Use) -> answers.TextTrainingLogs:
    """Show lines of a level and above it; the newest 500 of all are kept."""
    part, level = LOG_PAGES.read(request), read_word(request, "level", known=LEVELS) or LEVELS[0]
    job = await use.jobs.get(job_id, account_id=caller.account_id, kind=JobKind.TRAIN_TEXT)
    shown = LEVELS[LEVELS.index(level) :]
    lines = [line for line in job.logs if line.level in shown]
    items = lines[part.skipped : part.skipped + part.size]
    return answers.TextTrainingLogs(
        job_id=job.id,
        items=[answers.TextLogLine(timestamp=line.timestamp, level=line.level, message=line.message) for line in items],
        total=len(lines),
        limit=part.size,
        offset=part.skipped,
    )


@routes.delete(
    "/{job_id}",
    summary="Cancel a training",
    response_description="Training job cancelled",
    responses=refused(FACE, NO_RUN, JobEndedError(JobState.SUCCEEDED.value), CancellationPendingError(JOB_ID)),
)
async def cancel_text_training(job_id: RunId, caller: Trainer, use: Use) -> answers.TextTrainingCancelled:
    """End it: hours that it has used are charged, its record and its newest checkpoint stay."""
    return cancelled_of(await use.stop(job_id, account_id=caller.account_id, kind=JobKind.TRAIN_TEXT))
