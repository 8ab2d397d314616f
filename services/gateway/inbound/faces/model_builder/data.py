"""Model Builder's data: files of texts that are checked and reported on before anything is trained."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Path
from pydantic import ConfigDict, Field, StrictStr
from starlette.requests import Request

from libs.chassis.errors import InvalidError
from libs.contracts.job_kinds import JobKind, shown_spec
from libs.contracts.text_checks import CheckTextsResult, CheckTextsSpec
from libs.contracts.text_config import NO_ENCODING, is_encoding
from libs.contracts.training import JobState
from libs.texts.rows import check_format
from modelbourse.answers.answer import JOB_ID
from modelbourse.answers.builder import data as answers
from modelbourse.answers.builder.files import PATH
from services.gateway.domain.files.errors import StorageFullError
from services.gateway.domain.jobs.errors import JobEndedError, JobNotFoundError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.lists import JobFilter
from services.gateway.inbound.faces.model_builder.envelope import make_routes, page_of, says
from services.gateway.inbound.faces.model_builder.face import FACE, PAGES, Reader, Trainer
from services.gateway.inbound.http.ids import id_of
from services.gateway.inbound.http.queries import query, read_word
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.http.strict_route import CurrentWork, starts_work
from services.gateway.usecases.texts.check_texts import HERE, CheckAsked, CheckTexts

STATUSES: Final[Mapping[JobState, answers.CheckStatus]] = {
    JobState.QUEUED: "pending",
    JobState.RUNNING: "pending",
    JobState.SUCCEEDED: "completed",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "cancelled",
}
STATES: Final = {word: [state for state, each in STATUSES.items() if each == word] for word in dict.fromkeys(STATUSES.values())}
FILTER: Final = query("status", f"Checks that stand so: {', '.join(STATES)}.", enum=list(STATES))
NO_COLUMN: Final = "Column 'texts' not found in dataset: it has text, label. Did you mean 'text'?"
REFUSED: Final = InvalidError(NO_COLUMN, details={"text_column": [NO_COLUMN]})
NO_CHECK: Final = JobNotFoundError(JOB_ID, noun="check")
NO_REPORT: Final = JobNotFoundError(JOB_ID, noun="report")
FULL: Final = StorageFullError("More files than your tier has room for. Delete files that are no longer used.")
DATA: Final = "A file of your data root, or `dataset:<id>`: a dataset of texts, or of a table with a column of them."
FORMAT: Final = "`json` (an array, or an object a line), `jsonl`, `csv`, `parquet`, `phrasebank` (`sentence@label` lines); null: as it is."
COLUMN: Final = "Null: the column that is called so, or by a usual name for it."
IN_THE_END: Final = ("valid", "format", "encoding", "encoding_assumed", "rows", "text_column", "label_column", "labels_count")
IN_THE_END_TOO: Final = ("token_lengths", "language", "start", "end", "out_of_fold_accuracy", "completed_at")
SEEN: Final = ("format", "encoding", "encoding_assumed", "text_column", "label_column", "labels_count", "language", "out_of_fold_accuracy")
WHYS: Final = {
    "encoding": "Parquet has no encoding.",
    "label_column": "The file has no labels.",
    "language": "No text is long enough to tell.",
    "start": "The file has no column of times.",
    "end": "The file has no column of times.",
    "error": "Nothing went wrong.",
}
UNDER_WAY, CANCELLED, SEE_ERROR, UNREAD = "It has not ended.", "It was cancelled.", "It failed: see error.", "The file cannot be read."

CheckId = Annotated[
    str, id_of("job", lambda text: JobNotFoundError(text, noun="check")), Path(description="The check's id.", examples=[JOB_ID])
]
ReportId = Annotated[
    str, id_of("job", lambda text: JobNotFoundError(text, noun="report")), Path(description="The report's id.", examples=[JOB_ID])
]
Use = Annotated[CheckTexts, used(CheckTexts)]
routes = make_routes("data", under="/data")


class DataIn(StrictBody):
    """Which texts are looked at."""

    data_path: StrictStr = Field(min_length=1, max_length=400, description=DATA)
    format: StrictStr | None = Field(None, max_length=40, description=FORMAT)
    encoding: StrictStr | None = Field(
        None, min_length=1, max_length=40, description="How the file is encoded, such as `cp1252`; null: as its bytes tell."
    )
    text_column: StrictStr | None = Field(None, min_length=1, max_length=128, description=f"The texts. {COLUMN}")
    label_column: StrictStr | None = Field(None, min_length=1, max_length=128, description=f"Their labels. {COLUMN}")
    time_column: StrictStr | None = Field(None, min_length=1, max_length=128, description=f"When they were published. {COLUMN}")
    symbol_column: StrictStr | None = Field(None, min_length=1, max_length=128, description=f"What they are about. {COLUMN}")
    group_column: StrictStr | None = Field(
        None, min_length=1, max_length=128, description="Rows of one group must not be parted by a split."
    )
    split_column: StrictStr | None = Field(
        None, min_length=1, max_length=128, description="On which side of your own split a row is. Null: `split`, `subset` or `partition`."
    )
    labels: list[StrictStr] | None = Field(None, min_length=2, max_length=20, description="Labels that there may be; null: that there are.")
    max_length: int = Field(128, ge=8, le=512, description="Tokens of a text that the model will read at most.")

    def asked(self) -> CheckAsked:
        """Return it in the platform's words. Raise InvalidError for an unknown format or encoding."""
        check_format(self.format)
        if self.encoding is not None and not is_encoding(self.encoding):
            message = NO_ENCODING.format(self.encoding)
            raise InvalidError(message, details={"encoding": [message]})
        about = self.model_dump(include=set(CheckTextsSpec.model_fields) & set(DataIn.model_fields) - {"format"}, exclude_none=True)
        return CheckAsked(data_path=self.data_path, format=self.format, about=about)  # type: ignore[arg-type] # it was checked


class ValidateDataIn(DataIn):
    """Which texts are checked."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"data_path": PATH, "format": "json", "text_column": "text", "label_column": "label"}]}
    )


class ReportDataIn(DataIn):
    """Which texts are reported on, and where the report goes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"data_path": PATH, "output_path": answers.REPORT_PATH}]})

    output_path: StrictStr | None = Field(
        None, max_length=255, description="The page's path in your data root, which ends in .html. Null: `reports/<name of the data>.html`."
    )


@routes.post(
    "/validate", summary="Check a file of texts", response_description="The data was checked.", responses=refused(FACE, REFUSED, 402, 504)
)
@says(lambda check: _told(check.status, valid=check.valid))
@starts_work
async def validate_data(body: ValidateDataIn, caller: Trainer, work: CurrentWork, use: Use) -> answers.TextCheck:
    """Read it, and look for all that spoils a training; what takes longer than some seconds is answered as `pending`."""
    return check_of(_read(await use(body.asked(), caller=caller, work=work)))


@routes.get(
    "/validate",
    summary="List checks",
    response_description="Your checks and reports.",
    openapi_extra={"parameters": [FILTER, *PAGES.parameters]},
)
async def list_data_checks(request: Request, caller: Reader, use: Use) -> answers.TextCheckPage:
    """Show the newest first, those that reports were made of among them."""
    part, word = PAGES.read(request), read_word(request, "status", known=STATES)
    found = await use.jobs.find(caller.account_id, part, JobFilter(JobKind.CHECK_TEXTS, states=STATES[word] if word else []))
    return page_of(answers.TextCheckPage, [_row_of(job) for job in found.items], part=part, total=found.count)


@routes.get("/validate/{check_id}", summary="Get a check", response_description="How the check stands.", responses=refused(FACE, NO_CHECK))
async def get_data_check(check_id: CheckId, caller: Reader, use: Use) -> answers.TextCheck:
    """Return how it stands, and what it has found."""
    return check_of(await use.get(check_id, account_id=caller.account_id))


@routes.delete(
    "/validate/{check_id}",
    summary="Cancel a check",
    response_description="It was cancelled.",
    responses=refused(FACE, NO_CHECK, JobEndedError(JobState.SUCCEEDED), 504),
)
async def cancel_data_check(check_id: CheckId, caller: Trainer, use: Use) -> answers.TextCheck:
    """End a check, or a report by its id, that waits or runs; what it has not used comes back, and no page is written."""
    return check_of(await use.cancel(check_id, account_id=caller.account_id))


@routes.post(
    "/report",
    summary="Report on a file of texts",
    response_description="The report was written.",
    responses=refused(FACE, REFUSED, 402, FULL, 504),
)
@says(lambda report: "The report was written" if report.status == "completed" else f"Report {report.status}")
@starts_work
async def report_data(body: ReportDataIn, caller: Trainer, work: CurrentWork, use: Use) -> answers.TextReport:
    """Check it, and write what was found, with charts, as one HTML page that needs nothing else."""
    return report_of(_read(await use.report(body.asked(), output_path=body.output_path, caller=caller, work=work)))


@routes.get(
    "/report/{report_id}", summary="Get a report", response_description="How the report stands.", responses=refused(FACE, NO_REPORT)
)
async def get_data_report(report_id: ReportId, caller: Reader, use: Use) -> answers.TextReport:
    """Return how it stands, and where it is."""
    return report_of(await use.get_report(report_id, account_id=caller.account_id))


def _told(status: answers.CheckStatus, *, valid: bool | None) -> str:
    if valid is None:
        return f"Check {status}"
    return "The data can be trained on" if valid else "The data cannot be trained on as it is"


def _read(job: Job) -> Job:
    """Return the job. Raise InvalidError, by the fields of the request, where its file cannot be read."""
    result = _result(job)
    if result is not None and result.refused:
        details = {field: list(texts) for field, texts in result.refused.items()}
        raise InvalidError(" ".join(text for texts in details.values() for text in texts), details=details)
    return job


def _result(job: Job) -> CheckTextsResult | None:
    return CheckTextsResult.model_validate(job.result, extra="ignore") if job.result else None


def check_of(job: Job) -> answers.TextCheck:
    """Return a check as it stands."""
    spec, result = shown_spec(CheckTextsSpec, job.spec), _result(job)
    values: dict[str, Any] = dict.fromkeys((*IN_THE_END, *IN_THE_END_TOO))
    if result is not None:
        values |= {name: getattr(result, name) for name in ("valid", "start", "end")} | {"completed_at": job.ended_at}
        values |= {"token_lengths": result.token_lengths and result.token_lengths.model_dump()}
        values |= {} if result.refused else {name: getattr(result, name) for name in ("rows", *SEEN)}
    findings = [answers.TextFinding(**each.model_dump(mode="json")) for each in result.findings] if result else []
    error = _error(job, result)
    return answers.TextCheck(
        **values,
        check_id=job.id,
        status=_status(job, result),
        data_path=spec.data.path,
        columns=list(result.columns) if result else [],
        label_distribution=result.label_distribution if result else {},
        errors=_errors(result),
        warnings=[each.message for each in result.warnings] if result else [],
        findings=findings,
        suggestions=[each.suggestion for each in findings],
        notes=list(result.notes) if result else [],
        created_at=job.created_at,
        error=error,
        reasons=_reasons(job, result, nulls=[name for name, value in {**values, "error": error}.items() if value is None]),
    )


def _row_of(job: Job) -> answers.TextCheckRow:
    spec, result = shown_spec(CheckTextsSpec, job.spec), _result(job)
    status = _status(job, result)
    path = _page_of(spec)
    values: dict[str, Any] = {"output_path": path, "valid": result.valid if result else None, "completed_at": job.ended_at}
    whys = dict.fromkeys(values, f"The check is {status}.") | {"output_path": "It is a check without a report."}
    return answers.TextCheckRow(
        **values,
        check_id=job.id,
        status=status,
        data_path=spec.data.path,
        created_at=job.created_at,
        reasons={name: whys[name] for name, value in values.items() if value is None},
    )


def _page_of(spec: CheckTextsSpec) -> str | None:
    """Return where a report goes; None for a check alone."""
    if not spec.report:
        return None
    return spec.report if spec.output_dir == HERE else f"{spec.output_dir}/{spec.report}"


def report_of(job: Job) -> answers.TextReport:
    """Return a report as it stands."""
    spec, result = shown_spec(CheckTextsSpec, job.spec), _result(job)
    error = _error(job, result)
    page = result.files.get(spec.report) if result else None
    values: dict[str, Any] = {
        "generated_at": job.ended_at if page is not None else None,
        "file_bytes": page.size if page is not None else None,
        "valid": result.valid if result else None,
        "rows": result.rows if result and not result.refused else None,
    }
    return answers.TextReport(
        **values,
        report_id=job.id,
        status=_status(job, result),
        data_path=spec.data.path,
        output_path=_page_of(spec) or "",
        errors=_errors(result),
        warnings=[each.message for each in result.warnings] if result else [],
        error=error,
        reasons=_reasons(job, result, nulls=[name for name, value in {**values, "error": error}.items() if value is None]),
    )


def _errors(result: CheckTextsResult | None) -> list[str]:
    if result is None:
        return []
    return [text for texts in result.refused.values() for text in texts] or [each.message for each in result.errors]


def _status(job: Job, result: CheckTextsResult | None) -> answers.CheckStatus:
    return "failed" if result is not None and result.refused else STATUSES[job.state]


def _error(job: Job, result: CheckTextsResult | None) -> answers.TextCheckError | None:
    """Return why there is no check: the job has failed, or has found that the file cannot be read."""
    message = job.error.message if job.error else " ".join(_errors(result)) if result is not None and result.refused else None
    return None if message is None else answers.TextCheckError(code="VALIDATION_ERROR", message=message)


def _reasons(job: Job, result: CheckTextsResult | None, *, nulls: list[str]) -> dict[str, str]:
    """Say why values are null."""
    if result is None:
        why = {JobState.FAILED: SEE_ERROR, JobState.CANCELLED: CANCELLED}.get(job.state, UNDER_WAY)
        return dict.fromkeys(nulls, why)
    known = WHYS | result.reasons
    if "label_noise" in known:
        known["out_of_fold_accuracy"] = known["label_noise"]
    if "start" in known:
        known["end"] = known["start"]
    unread = dict.fromkeys(nulls, UNREAD) if result.refused else {}
    return {name: known["error"] if name == "error" else unread.get(name) or known.get(name) or UNREAD for name in nulls}
