"""Model Builder's exports: models made into files for other servers, and exported files that are validated."""

from typing import Annotated, Any, Final

from fastapi import Path, Query, status
from pydantic import ConfigDict, Field, StrictStr, WithJsonSchema
from starlette.requests import Request

from libs.chassis.errors import InvalidError
from libs.contracts.job_kinds import JobKind, shown_spec
from libs.contracts.names import did_you_mean
from libs.contracts.text_exports import (
    BOTH,
    FORMATS,
    NOT_VALID,
    ONNX_FILE,
    TORCHSCRIPT_FILE,
    TRITON_FOLDER,
    ExportFormat,
    ExportProgress,
    ExportResult,
    ExportSpec,
    in_formats,
    in_one_word,
)
from libs.contracts.training import JobState
from modelbourse.answers.answer import JOB_ID
from modelbourse.answers.builder import exports as answers
from modelbourse.answers.builder.said import BuilderPage
from services.gateway.domain.files.errors import StorageFullError
from services.gateway.domain.jobs.errors import JobEndedError, JobNotFoundError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.lists import JobFilter
from services.gateway.domain.registry.errors import NameNotFoundError
from services.gateway.inbound.faces.model_builder.envelope import make_routes, page_of, says
from services.gateway.inbound.faces.model_builder.face import FACE, PAGES, Exporter, Reader
from services.gateway.inbound.faces.model_builder.words import bytes_in_words
from services.gateway.inbound.http.ids import id_of
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_body import Boolean, StrictBody
from services.gateway.inbound.http.strict_route import CurrentWork, starts_work
from services.gateway.usecases.exports.export_model import ExportAsked, ExportModel
from services.gateway.usecases.jobs.keep_files import folder_of

STATUSES: Final[dict[JobState, answers.ExportStatus]] = {
    JobState.QUEUED: "pending",
    JobState.RUNNING: "pending",
    JobState.SUCCEEDED: "completed",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "cancelled",
}
STATES: Final = {word: tuple(state for state, said in STATUSES.items() if said == word) for word in STATUSES.values()}
FORMAT_WORDS: Final = (*FORMATS, BOTH)
PLACES: Final[dict[ExportFormat, str]] = {"onnx": ONNX_FILE, "torchscript": TORCHSCRIPT_FILE, "triton": TRITON_FOLDER}
NO_MODEL: Final = InvalidError(
    "There is no folder 'outputs/run/model' in your data root.",
    details={"model_path": ["There is no folder 'outputs/run/model' in your data root. Did you mean 'outputs/run_1/model'?"]},
)
NO_EXPORT: Final = JobNotFoundError(JOB_ID, noun="export")
FULL: Final = StorageFullError("More bytes of files than your tier has room for. Delete files that are no longer used.")
IN_THE_END: Final = ("validation_passed", "file_size", "file_bytes", "files", "report", "exported_at", "output_path", "output_paths")
PENDING, NOTHING_MADE, FINE = "It has not ended.", "It has made nothing: see error.", "Nothing went wrong."
CANCELLED, ONLY_LOOKED, IN_LISTS = "It was cancelled.", "A validation makes no model.", "Lists leave it out: get the export by its id."
PATH: Final = "A folder of your data root that a training has made, or a registered version: `models:/name/1`, `models:/name/Production`."
TEST_DATA: Final = "Labelled texts of your data root, on which accuracy and macro F1 of model and files are compared."

ExportId = Annotated[
    str, id_of("job", lambda text: JobNotFoundError(text, noun="export")), Path(description="The export's id.", examples=[JOB_ID])
]
Use = Annotated[ExportModel, used(ExportModel)]
routes = make_routes("export", under="/export")


class TestDataIn(StrictBody):
    """Where the test data of a request is, and which of its columns."""

    __test__ = False  # It is no test of pytest's.

    output_dir: StrictStr | None = Field(None, description="Where the files go in your data root. Default: `outputs/<export id>`.")
    test_data: StrictStr | None = Field(None, description=TEST_DATA, examples=["data/test_samples.json"])
    text_column: StrictStr | None = Field(None, max_length=128, description="Of the test data. Default: as the model was trained.")
    label_column: StrictStr | None = Field(None, max_length=128, description="Of the test data. Default: as the model was trained.")


class ExportIn(TestDataIn):
    """What is exported, and how."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"model_path": answers.MODEL_PATH, "output_dir": answers.OUTPUT_DIR, "format": "onnx", "validate": True}]
        }
    )

    model_path: StrictStr = Field(min_length=1, description=PATH)
    format: Annotated[StrictStr, WithJsonSchema({"type": "string", "examples": ["onnx", "onnx,torchscript", BOTH]})] = Field(
        description="`onnx`, `torchscript`, `triton` (a repository of models), `both` (the first two), or several with commas."
    )
    is_validated: Boolean = Field(True, alias="validate", description="Whether the files must answer as the model does.")  # noqa: FBT003 - pydantic's way
    optimize: Boolean = Field(False, description="Whether it is optimised, too: a fused graph and int8 weights, each measured.")  # noqa: FBT003 - as above
    name: StrictStr | None = Field(
        None, pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="What Triton calls the model. Default: by its run, or registered name."
    )


class ValidationIn(TestDataIn):
    """Which exported file is validated."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"model_path": f"{answers.OUTPUT_DIR}/model.onnx", "test_data": "data/test_samples.json"}]}
    )

    model_path: StrictStr = Field(min_length=1, description="An exported file of your data root, which lies in its bundle.")


@routes.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Export a model",
    response_description="The export has begun.",
    responses=refused(FACE, NO_MODEL, NameNotFoundError("sentiment-model"), 402, 403, FULL, 504),
)
@says(lambda export: f"Export {export.status}")
@starts_work
async def export_model(body: ExportIn, caller: Exporter, work: CurrentWork, use: Use) -> answers.BuilderExport:
    """Make a model into files for other servers, and compare them with it; what is quick has completed when this is answered."""
    asked = ExportAsked(**body.model_dump(exclude={"format"}), formats=_formats(body.format))
    return export_of(await use(await use.spec(asked, caller=caller), caller=caller, work=work, kind=JobKind.EXPORT))


@routes.post(
    "/validate",
    status_code=status.HTTP_201_CREATED,
    summary="Validate an exported file",
    response_description="The validation has begun.",
    responses=refused(FACE, NO_MODEL, 402, 403, FULL, 504),
)
@says(lambda export: f"Validation {export.status}")
@starts_work
async def validate_export(body: ValidationIn, caller: Exporter, work: CurrentWork, use: Use) -> answers.BuilderExport:
    """Compare an exported file with the model, or with what the model answered when it was exported; the report says how close it is."""
    spec = await use.check_spec(ExportAsked(**body.model_dump()), caller=caller)
    return export_of(await use(spec, caller=caller, work=work, kind=JobKind.EXPORT))


@routes.get("", summary="List exports", response_description="Your exports.", openapi_extra={"parameters": PAGES.parameters})
async def list_exports(
    request: Request,
    caller: Reader,
    use: Use,
    word: Annotated[str | None, Query(alias="status", description="`pending`, `completed`, `failed` or `cancelled`.")] = None,
) -> BuilderPage[answers.BuilderExport]:
    """Show the newest first, validations among them."""
    if word is not None and word not in STATES:
        text = f"Unknown status '{word[:64]}'.{did_you_mean(word, STATES) or ' Known: ' + ', '.join(STATES) + '.'}"
        raise InvalidError(text, details={"status": [text]})
    part = PAGES.read(request)
    wanted = JobFilter(kind=JobKind.EXPORT, states=STATES[word] if word else ())
    page = await use.jobs.find(caller.account_id, part, wanted)
    return page_of(BuilderPage[answers.BuilderExport], [export_of(job, listed=True) for job in page.items], part=part, total=page.count)


@routes.get("/{export_id}", summary="Get an export", response_description="How it stands.", responses=refused(FACE, NO_EXPORT))
async def get_export(export_id: ExportId, caller: Reader, use: Use) -> answers.BuilderExport:
    """Return how it stands, and what it has made and measured."""
    return export_of(await use.jobs.get(export_id, account_id=caller.account_id, kind=JobKind.EXPORT))


@routes.delete(
    "/{export_id}",
    summary="Cancel an export",
    response_description="It was cancelled.",
    responses=refused(FACE, NO_EXPORT, JobEndedError(JobState.SUCCEEDED), 504),
)
async def cancel_export(export_id: ExportId, caller: Exporter, use: Use) -> answers.BuilderExport:
    """End one that waits or runs; hours that it has not used come back."""
    return export_of(await use.stop(export_id, account_id=caller.account_id, kind=JobKind.EXPORT))


def export_of(job: Job, *, listed: bool = False) -> answers.BuilderExport:
    """Return an export as it stands, in this face's words; in lists without its files and its report."""
    spec = shown_spec(ExportSpec, job.spec)
    folder = folder_of(job.spec or {}, job_id=job.id)
    told = dict.fromkeys(IN_THE_END) | _made(job, folder=folder)
    if listed:
        told |= dict.fromkeys(("files", "report"))
    return answers.BuilderExport(
        **told,
        export_id=job.id,
        task="validation" if spec.checks else "export",
        model_path=spec.model_path,
        output_dir=folder,
        format=format_of(spec),
        optimize=spec.optimize,
        status=STATUSES[job.state],
        progress=job.progress,
        stage=job.stage,
        created_at=job.created_at,
        error=None if job.error is None else answers.BuilderExportError(code="EXPORT_ERROR", message=job.error.message),
        reasons=_reasons(job, spec, told, listed=listed),
    )


def _made(job: Job, *, folder: str) -> dict[str, Any]:
    """Return what is known of an export that has ended: of one that has not passed, its report."""
    if job.result is None:
        if job.partial is None or job.error is None or job.error.type != NOT_VALID:
            return {}
        known = ExportProgress.model_validate(job.partial, extra="ignore")
        return {"validation_passed": False, "report": known.report.model_dump(mode="json"), "files": _files(known.files, folder=folder)}
    result = ExportResult.model_validate(job.result, extra="ignore")
    paths = {name: f"{folder}/{path}" for name, path in result.outputs.items()}
    return {
        "output_paths": paths or None,
        "output_path": next(iter(paths.values()), None),
        "validation_passed": result.validation_passed,
        "file_size": bytes_in_words(result.size),
        "file_bytes": result.size,
        "files": _files(result.files, folder=folder),
        "report": None if result.report is None else result.report.model_dump(mode="json"),
        "exported_at": job.ended_at,
    }


def _files(files: dict[str, Any], *, folder: str) -> list[answers.BuilderExportedFile]:
    return [
        answers.BuilderExportedFile(path=f"{folder}/{name}", size=each.size, sha256=each.sha256) for name, each in sorted(files.items())
    ]


def _reasons(job: Job, spec: ExportSpec, told: dict[str, Any], *, listed: bool) -> dict[str, str]:
    """Say why a value is null."""
    ends = {JobState.SUCCEEDED: ONLY_LOOKED, JobState.FAILED: NOTHING_MADE, JobState.CANCELLED: CANCELLED}
    whys = dict.fromkeys(IN_THE_END, ends.get(job.state, PENDING))
    whys |= ExportResult.model_validate(job.result, extra="ignore").reasons if job.result else {}
    if spec.is_validated is False and spec.checks is None:
        whys["validation_passed"] = whys["report"] = "The export was asked not to validate."
    if listed:
        whys |= dict.fromkeys(("files", "report"), IN_LISTS)
    whys["error"] = {JobState.CANCELLED: CANCELLED}.get(job.state, FINE if job.state.ended else PENDING)
    nulls = {name for name, value in told.items() if value is None} | (set() if job.error else {"error"})
    return {name: why for name, why in whys.items() if name in nulls}


def format_of(spec: ExportSpec) -> str:
    """Return the formats of an export in a word; of a validation, the file's."""
    if spec.checks:
        return "torchscript" if spec.checks.endswith(".pt") else "onnx"
    return in_one_word(spec.formats)


def _formats(word: str) -> tuple[ExportFormat, ...]:
    """Read `format`. Raise InvalidError that names the word that is none, and the nearest that is one."""
    if formats := in_formats(word):
        return formats
    unknown = next((each.strip() for each in word.split(",") if each.strip().lower() not in FORMAT_WORDS), word)
    near = did_you_mean(unknown, FORMAT_WORDS)
    text = f"Unknown format '{unknown[:64]}'.{near} There are {', '.join(FORMAT_WORDS)}; several with commas."
    raise InvalidError(text, details={"format": [text]})
