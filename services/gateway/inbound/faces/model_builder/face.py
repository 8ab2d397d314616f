"""Model Builder as a face: its paths, who may call, and its words for errors: `{"success": false, "error": {…}, "correlation_id", …}`."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field

from libs.chassis.errors import ErrorKind, PlatformError
from libs.chassis.logs import correlation_id
from libs.contracts.envelope import JsonObject, Moment
from services.gateway.domain.accounts.caller import Caller, Scope
from services.gateway.domain.datasets.errors import DatasetNotReadyError
from services.gateway.domain.errors import UnreadableRequestError, WrongStateError
from services.gateway.domain.jobs.errors import JobEndedError
from services.gateway.domain.models.errors import ModelArchivedError, ModelNotTrainedError
from services.gateway.inbound.faces.model_builder.words import BAD_REQUEST, CODES, FAILED, JOB_WORDS
from services.gateway.inbound.http.errors import FailingRule, RangeNotSatisfiableError, standard_body
from services.gateway.inbound.http.face import Access, Face
from services.gateway.inbound.http.paging import Offsets
from services.gateway.inbound.http.security import needs

# How its lists are walked.
PAGES: Final = Offsets(size=20)
# What the state of a thing does not allow now: 409 here.
CONFLICTS: Final = (DatasetNotReadyError, JobEndedError, ModelArchivedError, ModelNotTrainedError, WrongStateError)


class BuilderProblem(BaseModel):
    """What is wrong."""

    code: str = Field(description="Stable, for programs: `VALIDATION_ERROR`, `RESOURCE_NOT_FOUND` …")
    message: str = Field(description="For people.")
    details: dict[str, Any] = Field(
        description="The first `field` that is wrong with its `issue`, and all of them by field under `fields`; empty where no field is."
    )
    failing: list[FailingRule] = Field(
        default_factory=list, description="Of a promotion that does not pass its gate, what fails as numbers."
    )


class BuilderError(BaseModel):
    """An error."""

    success: Literal[False] = Field(description="False: an answer has true.")
    error: BuilderProblem = Field(description="What is wrong, and where.")
    correlation_id: str | None = Field(description="The request's X-Correlation-Id, or one that was made for it.")
    timestamp: Moment = Field(description="When it was refused (UTC).")


def error_body(error: PlatformError) -> JsonObject:
    """Say an error as the document's "Error Response" has it."""
    said = standard_body(error)
    problem = said["error"] | {"code": code_of(error, standard=said["error"]["code"]), "details": _details(error)}
    return {"success": False, "error": problem, "correlation_id": correlation_id(), "timestamp": said["timestamp"]}


def code_of(error: PlatformError, *, standard: str) -> str:
    """Return what the document calls an error; `standard` is the platform's word for it."""
    if isinstance(error, UnreadableRequestError):
        return BAD_REQUEST
    if isinstance(error, CONFLICTS):
        return CODES[ErrorKind.CONFLICT]
    own = error.code.upper()
    return own if own in FAILED else CODES.get(error.kind, standard)


def _details(error: PlatformError) -> JsonObject:
    if isinstance(error, JobEndedError):
        said = f"The job is {JOB_WORDS.get(error.state, error.state)}."
        return {"field": "status", "issue": said, "fields": {"status": [said]}}
    first = next(((field, texts[0]) for field, texts in error.details.items() if texts), None)
    return {} if first is None else {"field": first[0], "issue": first[1], "fields": error.details}


FACE: Final = Face(
    name="model_builder",
    title="Model Builder",
    prefixes=("/api/v1",),
    error_body=error_body,
    error_model=BuilderError,
    statuses={ErrorKind.INVALID: 422},
    exceptions={UnreadableRequestError: 400, RangeNotSatisfiableError: 416},
    conflicts=CONFLICTS,
    access=Access.CLOSED,
    nouns={
        "health": "Whether the service works, and what it has.",
        "keys": "API keys for programs: made, listed, revoked.",
        "files": "Your data root: files that trainings read, and that they made.",
        "data": "Data sets of texts, checked and reported on before anything is trained.",
        "training": "Trainings of text models: started, followed, cancelled.",
        "export": "Models made into files for other servers.",
        "registry": "Versions of models by name, as MLflow has them.",
        "predictions": "What a model says of texts, and of a whole data set.",
    },
)
# Whoever may do something may look at what it is done with.
LOOKERS: Final = (Scope.READ, Scope.TRAIN, Scope.EXPORT, Scope.REGISTER)
Reader = Annotated[Caller, needs(*LOOKERS)]
Trainer = Annotated[Caller, needs(Scope.TRAIN)]
Exporter = Annotated[Caller, needs(Scope.EXPORT)]
Registrar = Annotated[Caller, needs(Scope.REGISTER)]
Predictor = Annotated[Caller, needs(Scope.PREDICT)]
# Who trains brings what it is trained on.
Keeper = Annotated[Caller, needs(Scope.WRITE, Scope.TRAIN)]
