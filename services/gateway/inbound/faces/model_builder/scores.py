"""Model Builder's scores: the sentiment of a file of texts as a column of candles, for models of markets to learn from."""

from typing import Annotated, Any, Final

from fastapi import Path, status
from pydantic import ConfigDict, Field, StrictStr
from starlette.requests import Request

from libs.chassis.errors import InvalidError
from libs.contracts.job_kinds import JobKind, shown_spec
from libs.contracts.text_scoring import COLUMN, COUNT, SUFFIX, ScoreTextsResult, ScoreTextsSpec
from libs.contracts.training import JobState
from libs.market.datasets.column_names import KNOWN_AT
from modelbourse.answers.answer import JOB_ID
from modelbourse.answers.builder import scores as answers
from services.gateway.domain.datasets.dataset import claim_of
from services.gateway.domain.jobs.errors import CancellationPendingError, JobEndedError, JobNotFoundError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.lists import JobFilter
from services.gateway.domain.predictions.texts import NAMES, TextModelNotFoundError, TextReference
from services.gateway.inbound.faces.model_builder.envelope import make_routes, page_of
from services.gateway.inbound.faces.model_builder.face import FACE, PAGES, Reader, Trainer
from services.gateway.inbound.faces.model_builder.words import VersionWord
from services.gateway.inbound.http.ids import id_of
from services.gateway.inbound.http.queries import query, read_word
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.http.strict_route import CurrentWork, starts_work
from services.gateway.usecases.datasets.score_texts import Scoring, ScoringUseCases
from services.gateway.usecases.jobs.keep_files import folder_of

KIND: Final = JobKind.SCORE_TEXTS
STATUSES: Final[dict[JobState, answers.TextScoreStatus]] = {
    JobState.QUEUED: "pending",
    JobState.RUNNING: "running",
    JobState.SUCCEEDED: "completed",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "cancelled",
}
STATES: Final = {word: state for state, word in STATUSES.items()}
FILTER: Final = query("status", f"Scorings that stand so: {', '.join(STATES)}.", enum=list(STATES))
MEASURED: Final = ("rows", "scored", "truncated", "mean_score")
COLUMNS: Final = (COLUMN, COLUMN + KNOWN_AT, COUNT)
EXAMPLE: Final[dict[str, Any]] = {
    "model": "models:/sentiment-model/Production",
    "data_path": "data/news.csv",
    "text_column": "headline",
    "time_column": "published_at",
    "symbol_column": "ticker",
    "dataset_name": "News sentiment",
}
NO_FILE: Final = InvalidError("There is no file 'data/nws.csv'.", details={"data_path": ["Did you mean 'data/news.csv'?"]})


def _no_job(job_id: str) -> JobNotFoundError:
    return JobNotFoundError(job_id, noun=KIND.noun)


NO_JOB: Final = _no_job(JOB_ID)
Use = Annotated[ScoringUseCases, used(ScoringUseCases)]
ScoreId = Annotated[str, id_of("job", _no_job), Path(description="The scoring's id.", examples=[JOB_ID])]
routes = make_routes("predictions", under="/score")


class ScoreTextsIn(StrictBody):
    """Texts that are scored, and the candles that they belong to."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]}, protected_namespaces=())

    model: StrictStr = Field(min_length=1, max_length=200, description=NAMES)
    version: VersionWord | None = Field(None, max_length=40, description="As in `POST /api/v1/predict`.")
    stage: StrictStr | None = Field(None, max_length=20, description="In place of a version.")
    data_path: StrictStr = Field(
        min_length=1, max_length=400, description="Texts: a file of your data root, or `dataset:<id>` of texts or a table."
    )
    text_column: StrictStr | None = Field(None, max_length=128, description="Null: as its name tells (`headline`, `text` …).")
    time_column: StrictStr | None = Field(
        None, max_length=128, description="When a text was published. Null: as its name tells. A day without a clock counts as its end."
    )
    symbol_column: StrictStr | None = Field(None, max_length=128, description="Null: as its name tells (`symbol`, `ticker` …).")
    symbol: StrictStr | None = Field(None, max_length=20, description="In place of a column: the symbol of all texts.")
    dataset_name: StrictStr = Field(min_length=1, max_length=180, description="What the datasets are called, each with its symbol.")
    timeframe: StrictStr = Field("1d", description="Of the candles: 1m, 5m, 15m, 30m, 1h, 4h, 1d or 1w.")
    symbol_suffix: StrictStr = Field(
        SUFFIX, max_length=10, description="What is added to a symbol's name, so that the symbol itself stays what it is; may be empty."
    )
    tz: StrictStr = Field("UTC", max_length=64, description="IANA zone of times without one.")
    output_dir: StrictStr | None = Field(
        None, max_length=255, description="Where `scores.parquet` will lie in your data root; null: `outputs/<job id>`."
    )


@routes.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Score texts",
    response_description="The scoring was accepted; its credits are set aside.",
    responses=refused(FACE, NO_FILE, TextModelNotFoundError("news"), 402, 409, 504),
)
@starts_work
async def score_texts(body: ScoreTextsIn, caller: Trainer, work: CurrentWork, use: Use) -> answers.TextScores:
    """Make datasets of candles with the sentiment of their texts, each known at its candle's close and not before."""
    wanted = Scoring(model=TextReference(body.model, body.version, body.stage), **body.model_dump(exclude={"model", "version", "stage"}))
    return await scores_of(await use.score(wanted, kind=KIND, caller=caller, work=work), use)


@routes.get("", summary="List scorings", response_description="Your scorings.", openapi_extra={"parameters": [FILTER, *PAGES.parameters]})
async def list_text_scores(request: Request, caller: Reader, use: Use) -> answers.TextScorePage:
    """Show the newest first."""
    part, word = PAGES.read(request), read_word(request, "status", known=STATES)
    found = await use.jobs.find(caller.account_id, part, JobFilter(KIND, states=[STATES[word]] if word else []))
    return page_of(answers.TextScorePage, [_row_of(job) for job in found.items], part=part, total=found.count)


@routes.get("/{job_id}", summary="Get a scoring", response_description="The scoring as it stands.", responses=refused(FACE, NO_JOB))
async def get_text_scores(job_id: ScoreId, caller: Reader, use: Use) -> answers.TextScores:
    """Progress, and in the end the datasets that it made; why it failed where it did."""
    return await scores_of(await use.jobs.get(job_id, account_id=caller.account_id, kind=KIND), use)


@routes.delete(
    "/{job_id}",
    summary="Cancel a scoring",
    response_description="The scoring was cancelled.",
    responses=refused(FACE, NO_JOB, JobEndedError("SUCCEEDED"), CancellationPendingError(JOB_ID)),
)
async def cancel_text_scores(job_id: ScoreId, caller: Trainer, use: Use) -> answers.TextScores:
    """End one that waits or runs; credits that were set aside come back."""
    return await scores_of(await use.stop(job_id, account_id=caller.account_id, kind=KIND), use)


def _row_of(job: Job) -> answers.TextScoreRow:
    spec, word, result = shown_spec(ScoreTextsSpec, job.spec), STATUSES[job.state], job.result or {}
    values: dict[str, Any] = {"scored": result.get("scored"), "mean_score": result.get("mean_score"), "ended_at": job.ended_at}
    return answers.TextScoreRow(
        **values,
        job_id=job.id,
        status=word,
        progress=job.progress,
        model_id=spec.model_id,
        version=spec.version,
        data_path=spec.data.path,
        output_dir=folder_of(job.spec or {}, job_id=job.id),
        created_at=job.created_at,
        reasons={name: f"The scoring is {word}." for name, value in values.items() if value is None},
    )


async def scores_of(job: Job, use: ScoringUseCases) -> answers.TextScores:
    """Return a scoring in this face's words."""
    spec = shown_spec(ScoreTextsSpec, job.spec)
    result = None if job.result is None else ScoreTextsResult.model_validate(job.result)
    word = STATUSES[job.state]
    failed = answers.TextScoreError(code="DATA_ERROR", type=job.error.type, message=job.error.message) if job.error else None
    whys = {} if result is not None else dict.fromkeys(MEASURED, f"The scoring is {word}.")
    return answers.TextScores(
        job_id=job.id,
        status=word,
        progress=job.progress,
        stage=job.stage,
        created_at=job.created_at,
        ended_at=job.ended_at,
        estimated_cost=job.reserved_cost,
        model_id=spec.model_id,
        version=spec.version,
        data_path=spec.data.path,
        output_dir=folder_of(job.spec or {}, job_id=job.id),
        **{name: None if result is None else getattr(result, name) for name in MEASURED},
        labels=result.labels if result else {},
        left_out=result.left_out if result else {},
        without_candles=list(result.without_candles) if result else [],
        datasets=await _datasets(result, spec, account_id=job.account_id, use=use) if result else [],
        notes=list(result.notes) if result else [],
        error=failed,
        reasons=whys | ({} if job.ended_at else {"ended_at": f"The scoring is {word}."}),
    )


async def _datasets(
    result: ScoreTextsResult, spec: ScoreTextsSpec, *, account_id: str, use: ScoringUseCases
) -> list[answers.TextScoreDataset]:
    return [
        answers.TextScoreDataset(
            symbol=each.symbol,
            dataset_symbol=each.dataset_symbol,
            dataset_id=await use.score.datasets.with_claim(claim_of(each.dataset_symbol, spec.timeframe), account_id=account_id),
            timeframe=spec.timeframe,
            columns=list(COLUMNS),
            texts=each.texts,
            bars=each.bars,
            rows=each.checked.rows,
        )
        for each in result.symbols
    ]
